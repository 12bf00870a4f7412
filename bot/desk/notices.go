package desk

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// NoticeKind is the kind of the effect that shows one notice of a page in Slack.
// NotifyPrefix and a method make the kind of one that tells a person in another way.
const (
	NoticeKind   = "slack.page"
	NotifyPrefix = "notify."
)

// Notice names a notice of a page; it is the body of a NoticeKind effect, and of
// those whose kinds begin with NotifyPrefix.
type Notice struct {
	Page   string `json:"page"`
	Notice int    `json:"notice"`
}

// newestCopies are the last copies in Slack to each recipient: those that people look at.
func newestCopies(notices []paging.Notice) []paging.Notice {
	last := map[paging.Recipient]int{}
	for _, n := range notices {
		if n.Way() == paging.Slack && n.Fate != paging.Failed {
			last[n.To] = n.N
		}
	}
	return slices.DeleteFunc(slices.Clone(notices), func(n paging.Notice) bool { return n.Way() != paging.Slack || last[n.To] != n.N })
}

// showNotices owes, for each notice in Slack, that its message shows the page and what
// it is about: it is settled only when neither has moved since. Once the page is answered
// the newest copies change first, and those before them always after the cards: Slack takes
// about one edit in a second, and a page that was repeated for an hour has dozens of copies.
func (u *unit) showNotices(p paging.Page, notices []paging.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	seq, err := subjectOf(p.Subject).at(u, p)
	if err != nil {
		return err
	}
	if p.Status != paging.Open { // the copy that is read first comes last
		notices = slices.Clone(notices)
		slices.Reverse(notices)
	}
	newest := newestCopies(p.Notices)
	for _, n := range notices {
		if n.Way() != paging.Slack {
			continue
		}
		f, err := u.noticeEffect(p, n)
		if err != nil {
			return err
		}
		f.Level, f.Kind, f.Dest, f.Seq = true, NoticeKind, "slack/to/"+n.To.String(), u.pages[p.ID].seq+seq
		shown := n.Fate == paging.Sent || n.Fate == paging.Delivered
		old := !slices.ContainsFunc(newest, func(o paging.Notice) bool { return o.N == n.N })
		switch {
		case shown && old: // it keeps none of another page waiting
			f.Dest = "slack/old/" + n.To.String()
		case shown:
			f.Dest = "slack/shown/" + n.To.String()
		}
		switch {
		case old && (shown || p.Status != paging.Open):
			f.Class = storage.Chatter
		case p.Status != paging.Open:
			f.Class = storage.Card
		}
		u.put = append(u.put, f)
	}
	return nil
}

// sendNotices owes notices that are new. In Slack they show the page from then on;
// what went another way cannot be taken back, and is told once.
func (u *unit) sendNotices(p paging.Page, notices []paging.Notice) error {
	for _, n := range notices {
		if n.Way() == paging.Slack {
			continue
		}
		f, err := u.noticeEffect(p, n)
		if err != nil {
			return err
		}
		f.Kind, f.Dest = NotifyPrefix+string(n.Way()), string(n.Way())+"/"+n.To.String()
		u.put = append(u.put, f)
	}
	return u.showNotices(p, notices)
}

func (u *unit) noticeEffect(p paging.Page, n paging.Notice) (storage.Effect, error) {
	body, err := json.Marshal(Notice{Page: p.ID, Notice: n.N})
	if err != nil {
		return storage.Effect{}, fmt.Errorf("encode effect: %w", err)
	}
	return storage.Effect{Target: NoticeTarget(p.ID, n.N), Class: storage.Page, Record: pageRef(p.ID),
		Seq: u.pages[p.ID].seq, Body: body, Created: u.at}, nil
}

// NoticeTarget names what shows a notice of a page.
func NoticeTarget(page string, notice int) string { return fmt.Sprintf("page/%s/%d", page, notice) }
