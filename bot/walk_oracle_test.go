package bot_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// findings collects what is wrong, in the place of a test.
type findings struct {
	testing.TB
	list []string
}

func (f *findings) Helper()                      {}
func (f *findings) Error(args ...any)            { f.list = append(f.list, fmt.Sprint(args...)) }
func (f *findings) Errorf(s string, args ...any) { f.list = append(f.list, fmt.Sprintf(s, args...)) }

// wrong says what is not as it must be when all is well again.
func (w *walk) wrong() []string {
	f, ctx := &findings{TB: w.t}, w.t.Context()
	all, err := w.bot.Desk().Latest(ctx, 1000)
	if err != nil {
		f.Error(err)
	}
	var events []incident.Event
	for _, i := range all {
		its, err := w.bot.Desk().Events(ctx, i.ID)
		if err != nil {
			f.Error(err)
		}
		events = append(events, its...)
		w.shown(f, i)
	}
	w.answered(f, events)
	w.pinned(f, all)
	w.delivered(f, events)
	w.quiet(f)
	watchtest.Check(f, w.bot.Desk())
	report, err := w.bot.Desk().Verify(ctx)
	if err != nil || len(report.Problems) > 0 {
		f.Errorf("verify says %v (%v)", report.Problems, err)
	}
	if h := w.bot.Health(); !h.Ready || len(h.Problems) > 0 {
		f.Errorf("health says %+v", h)
	}
	return f.list
}

// shown checks that an incident has one channel, one card and one announcement, which tell
// the truth.
func (w *walk) shown(f *findings, i incident.Incident) {
	says := []string{i.ID, i.Severity.String(), map[incident.Status]string{incident.Open: "open", incident.Resolved: "resolved", incident.Closed: "closed"}[i.Status], strings.Fields(i.Title)[0]}
	if i.Lead != "" {
		says = append(says, "<@U0"+strings.ToUpper(i.Lead)+">")
	}
	if i.Update != nil {
		says = append(says, strings.Fields(i.Update.Text)[0])
	}
	truth := func(name string, m slacksim.Message) {
		for _, s := range says {
			if !strings.Contains(m.AllText(), s) {
				f.Errorf("%s of %s does not say %q: %q", name, i.ID, s, m.AllText())
			}
		}
	}
	rooms := 0
	for _, ch := range w.sim.Channels() {
		if ch.Creator == w.sim.BotUserID() && strings.HasPrefix(ch.Name, strings.ToLower(i.ID)+"-") {
			rooms++
		}
	}
	if rooms > 1 || i.Room.State == incident.RoomPending {
		f.Errorf("%s has %d channels and its room is %+v", i.ID, rooms, i.Room)
	}
	news := w.posted("announce/" + i.ID + "@")
	if len(news) != 1 {
		f.Errorf("%s has %d announcements", i.ID, len(news))
	}
	for _, m := range news {
		truth("the announcement", m)
	}
	room, _ := w.sim.Channel(i.Room.Channel)
	if i.Room.State == incident.RoomOpen && i.Status != incident.Closed && (room.Archived || !slices.Contains(room.Members, w.sim.BotUserID())) {
		f.Errorf("%s is worked on in #%s: archived %v, members %v", i.ID, room.Name, room.Archived, room.Members)
	}
	cards := w.posted("card/" + i.ID + "@")
	cards = slices.DeleteFunc(cards, func(m slacksim.Message) bool { ch, _ := w.sim.Channel(m.Channel); return ch.Archived })
	if len(cards) != 1 && !room.Archived {
		f.Errorf("%s has %d cards", i.ID, len(cards))
	}
	for _, m := range cards {
		truth("the card", m)
		if i.Room.State == incident.RoomOpen && (m.Channel != room.ID || !slices.ContainsFunc(w.sim.Pins(room.ID), func(p slacksim.Pin) bool { return p.TS == m.TS })) {
			f.Errorf("the card of %s is not in its channel, or not pinned", i.ID)
		}
	}
}

// answered checks that what was answered as done happened once, what was refused did not,
// and what has no answer not twice; and that there is an answer.
func (w *walk) answered(f *findings, events []incident.Event) {
	for _, a := range w.acts {
		said := a.answer.Text()
		for _, m := range a.answer.Responses() {
			said = m.AllText()
		}
		if !a.formed && a.err == nil && a.answer.Error == "" && said == "" {
			f.Errorf("%s typed %q and was not answered", a.who, a.typed)
		}
		times := 0
		for _, e := range events {
			if a.token != "" && (strings.Contains(e.Text, a.token) || strings.Contains(e.Title, a.token)) {
				times++
			}
		}
		unknown := a.err != nil || a.answer.Error != "" || strings.Contains(said, "Not confirmed yet") || strings.Contains(a.typed, "Not confirmed yet")
		refused := strings.Contains("\n"+said, "\n> ") || a.formed && !a.done
		twice := slices.ContainsFunc(w.acts, func(b *act) bool { return b != a && b.token == a.token })
		switch {
		case a.token == "":
		case times > 1, times == 0 && !unknown && !refused, times == 1 && refused && !unknown && !twice:
			f.Errorf("%s typed %q, was answered %q (%v %s), and it is on a timeline %d times", a.who, a.typed, said, a.err, a.answer.Error, times)
		}
	}
}

// pinned checks that each message that somebody pins stands on a timeline once as it is now,
// and no other does.
func (w *walk) pinned(f *findings, all []incident.Incident) {
	stands := map[string]int{}
	for _, i := range all {
		events, err := w.bot.Desk().Events(w.t.Context(), i.ID)
		if err != nil {
			f.Error(err)
		}
		for _, l := range incident.Timeline(events, incident.PlainNames) {
			if l.Kind == incident.PinEntered && !l.Withdrawn && l.Quote != "" {
				stands[l.Quote]++
			}
		}
	}
	for _, ch := range w.sim.Channels() {
		for _, m := range w.sim.Messages(ch.ID) {
			if !strings.HasPrefix(m.Text, "mw") {
				continue
			}
			want := 0
			for _, r := range m.Reactions {
				if r.Name == "pushpin" && slices.ContainsFunc(r.Users, func(u string) bool { return u != guest }) {
					want = 1
				}
			}
			if slices.ContainsFunc(w.sim.Pins(ch.ID), func(p slacksim.Pin) bool { return p.TS == m.TS && p.User != guest }) {
				want = 1
			}
			unread := ch.Archived && !slices.Contains(ch.Members, w.sim.BotUserID()) // Slack shows the bot nothing there
			if stands[m.Text] != want && (!unread || stands[m.Text] > 1) {
				f.Errorf("%q in #%s (archived %v) is on a timeline %d times, want %d", m.Text, ch.Name, ch.Archived, stands[m.Text], want)
			}
			delete(stands, m.Text)
		}
	}
	for text := range stands {
		f.Errorf("%q is on a timeline, and nobody says so now", text)
	}
}

// delivered checks that nothing is owed, that people know of what was given up, and that
// what was sent to pages lives as long as they do.
func (w *walk) delivered(f *findings, events []incident.Event) {
	owed, err := w.store.Effects(w.t.Context(), 0, 10_000, storage.Pending, storage.Dead)
	if err != nil {
		f.Error(err)
	}
	for _, e := range owed {
		told := strings.HasPrefix(e.Target, "page/") || slices.ContainsFunc(events, func(v incident.Event) bool { return v.Kind == incident.DeliveryFailed })
		if e.State == storage.Dead && !told || e.State == storage.Pending && time.Since(e.Created) > 2*time.Minute {
			f.Errorf("%s is %s since %v: %s", e.Target, e.State, time.Since(e.Created), e.Note)
		}
	}
	for _, who := range members {
		for _, m := range w.sim.DMs(who) {
			_, op, _ := strings.Cut(string(m.Metadata), `"op":"page/`)
			id, _, found := strings.Cut(op, "/")
			if !found || !strings.Contains(string(m.Blocks), "v1.page.ack") {
				continue
			}
			if p, err := w.bot.Desk().PageOf(w.t.Context(), id); err != nil || p.AnsweredBy != "" && p.Due.IsZero() || p.Status == "ended" {
				f.Errorf("a copy of %s at %s has its buttons; the page is %s (%v)", id, who, p.Status, err)
			}
		}
	}
}

// quiet checks that no text raises a mention of many, and that the bot invited no guest.
func (w *walk) quiet(f *findings) {
	for _, ch := range w.sim.Channels() {
		for _, m := range w.sim.Messages(ch.ID) {
			var blocks any
			_ = json.Unmarshal(m.Blocks, &blocks) // none are no JSON
			if m.User == w.sim.BotUserID() && raises.MatchString(m.Text+inMarkdown(blocks)) {
				f.Errorf("a mention is raised in #%s: %q", ch.Name, m.AllText())
			}
		}
	}
	for _, c := range w.sim.Calls("conversations.invite") {
		if strings.Contains(c.Args["users"], guest) {
			f.Errorf("a guest is invited: %v", c.Args)
		}
	}
}

// raises is what notifies many people.
var raises = regexp.MustCompile(`<!(channel|here|everyone)`)

// inMarkdown is the text of blocks in which Slack looks for mentions.
func inMarkdown(block any) (out string) {
	switch b := block.(type) {
	case []any:
		for _, part := range b {
			out += inMarkdown(part)
		}
	case map[string]any:
		if b["type"] == "mrkdwn" {
			out = fmt.Sprint(b["text"])
		}
		for _, part := range b {
			out += inMarkdown(part)
		}
	}
	return out
}
