package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// callbackTime bounds the work on one callback: Twilio waits 15 seconds.
const callbackTime = 8 * time.Second

// twilio takes what people answer by phone, and what became of messages.
type twilio struct {
	settings *configs.Config
	desk     *desk.Desk
	people   *desk.Directory
	hook     *notify.TwilioHook
	log      zerolog.Logger
	now      func() time.Time
}

func (t *twilio) heard(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), callbackTime)
	defer cancel()
	c, err := t.hook.Read(r)
	if err != nil {
		var bad *notify.HookError
		status := http.StatusBadRequest
		if errors.As(err, &bad) {
			status = bad.Status
		}
		t.log.Warn().Err(err).Msg("callback")
		http.Error(w, http.StatusText(status), status)
		return
	}
	switch c.Kind {
	case notify.SMSReply:
		xml(w, notify.SMSTwiML(t.replied(ctx, c, "sms")))
	case notify.CallKeys:
		if c.Reply.Verb == "" {
			xml(w, notify.VoiceMenuTwiML("That key means nothing here."))
			return
		}
		xml(w, notify.VoiceTwiML(t.replied(ctx, c, "voice")))
	default:
		if err := t.became(ctx, c); err != nil {
			t.log.Error().Err(err).Msg("record what became of a message")
			http.Error(w, "not recorded", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func xml(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", notify.TwiMLType)
	w.Write(body)
}

// replied does what somebody answered by phone and returns what to tell them.
func (t *twilio) replied(ctx context.Context, c notify.Callback, via string) string {
	people := t.settings.PeopleByPhone(c.Phone)
	if len(people) == 0 {
		return "" // a stranger learns nothing
	}
	if c.Reply.Verb == notify.OptOut || c.Reply.Verb == notify.OptIn {
		t.log.Warn().Strs("people", people).Str("verb", string(c.Reply.Verb)).Msg("somebody told Twilio to stop, or to start again, sending them messages")
		return "" // Twilio answers by itself
	}
	page := cmp.Or(c.Reply.Page, c.Page)
	said, err := t.answer(ctx, people, desk.In{By: incident.Actor{Via: via}, Cause: c.Cause}, page, c.Reply)
	if err == nil {
		return said
	}
	if text, _, refused := desk.Refusal(err); refused {
		return httpd.Outside(replied.ReplaceAllString(text, "`$1`"))
	}
	t.log.Error().Err(err).Str("page", page).Msg("answer by phone")
	return notRecorded
}

const notRecorded = "Not recorded: try again, or answer in Slack."

// answer answers a page by the phone of some people, or the last of which they were
// told if none is named, as the one of them who was told of it last. Of others nothing is
// taken: a sender's number is weaker a proof than a login.
func (t *twilio) answer(ctx context.Context, people []string, in desk.In, named string, r notify.Reply) (string, error) {
	pages, err := t.meant(ctx, people, named, r.Verb)
	if err != nil {
		return "", fmt.Errorf("look for the page of a reply: %w", err)
	}
	page, person := lastTold(pages, people, paging.Method(in.By.Via))
	if page == "" {
		page, person = lastTold(pages, people, "")
		switch {
		case page == "" && named != "":
			return "Of " + named + " you were not told: by phone you answer what was sent to you. Use Slack, or the watchbill command.", nil
		case page == "":
			return "No page of yours is open: somebody has answered it, or it is over.", nil
		case named == "": // they answer something else, and may not have seen it
			return fmt.Sprintf("No page that was sent here is open. If you mean %s, of which you were told elsewhere, reply: %s %s", page, cmp.Or(r.Verb, notify.Acknowledge), page), nil
		}
	}
	in.By.Person = person
	return t.answered(ctx, in, cmp.Or(named, page), r)
}

// meant are the pages that a reply can mean: the one that it names, or those about the
// incident; else those that are open, and for what is done later too those that its people
// have.
func (t *twilio) meant(ctx context.Context, people []string, named string, verb notify.Verb) ([]paging.Page, error) {
	switch {
	case strings.HasPrefix(named, "INC-"):
		if _, err := t.desk.Incident(ctx, named); err != nil {
			return nil, err
		}
		return t.desk.PagesOf(ctx, named)
	case named != "":
		p, err := t.desk.PageOf(ctx, named)
		return []paging.Page{p}, err
	}
	pages, err := t.desk.OpenPages(ctx, 10_000)
	if err != nil || verb != notify.Snooze && verb != notify.HandOver && verb != notify.Resolve {
		return pages, err
	}
	for _, person := range people {
		held, err := t.desk.PagesHeldBy(ctx, person, 1000)
		if err != nil {
			return nil, err
		}
		pages = append(pages, held...)
	}
	return pages, nil
}

// lastTold is the page of which one of some people was told last by a method, or by any if
// it is empty, and who; empty: none.
func lastTold(pages []paging.Page, people []string, by paging.Method) (page, person string) {
	var at time.Time
	for _, p := range pages {
		for _, n := range slices.Backward(p.Notices) {
			if n.At.After(at) && (by == "" || n.Method == by) && slices.Contains(people, n.To.Person) {
				page, person, at = p.ID, n.To.Person, n.At
			}
		}
	}
	return page, person
}

// replied are the commands that sentences name and that a reply understands as well.
var replied = regexp.MustCompile("`/inc ((?:ack|escalate|decline|snooze|handover|resolve) (?:PAGE|INC)-[^`]*)`")

// answered does what a reply says with a page, and says what that did.
func (t *twilio) answered(ctx context.Context, in desk.In, page string, r notify.Reply) (string, error) {
	var did desk.Answer
	var err error
	switch r.Verb {
	case notify.Acknowledge:
		did, err = t.desk.Acknowledge(ctx, in, page)
	case notify.Escalate:
		did, err = t.desk.Escalate(ctx, in, page, -1)
	case notify.Decline:
		did, err = t.desk.Decline(ctx, in, page)
	case notify.Snooze:
		did, err = t.desk.Snooze(ctx, in, page, cmp.Or(r.Wait, httpd.UsualSnooze))
	case notify.HandOver:
		var to string
		if r.Rest == "" {
			return "To whom? Reply: handover " + page + " NAME", nil
		}
		if to, err = t.desk.Named(r.Rest); err == nil {
			did, err = t.desk.HandOver(ctx, in, page, to)
		}
	case notify.Resolve:
		return t.resolved(ctx, in, page, r)
	default:
		return fmt.Sprintf("For %s reply 1 to acknowledge, 2 to escalate, 3 if you cannot. Or: snooze 30m, handover NAME, resolve %s", page, page), nil
	}
	if err != nil {
		return "", err
	}
	return httpd.Answered(string(r.Verb), in.By.Person, did, t.people.Display, t.now().In(t.people.Zone(in.By.Person))), nil
}

// resolved ends a page that the reply names, or resolves an incident that it
// names: neither is done to one that was only guessed.
func (t *twilio) resolved(ctx context.Context, in desk.In, page string, r notify.Reply) (string, error) {
	if strings.HasPrefix(page, "INC-") {
		did, err := t.desk.Change(ctx, in, page, incident.Resolve{By: in.By, Text: r.Rest})
		return httpd.Answered(httpd.Resolve, in.By.Person, did, t.people.Display, t.now()), err
	}
	p, about, _, err := t.desk.PageShown(ctx, page)
	if err != nil {
		return "", err
	}
	switch of := about.ID; {
	case p.Status == paging.Ended:
		return httpd.Answered(httpd.Resolve, in.By.Person, desk.Answer{Page: page, Paged: p}, t.people.Display, t.now()), nil
	case strings.HasPrefix(of, "INC-"):
		return fmt.Sprintf("%s is about %s (%s) and ends with it. If that is over, reply: resolve %s", page, of, incident.Clip(about.Title, 80), of), nil
	case r.Page == "":
		return fmt.Sprintf("If %s (%s) is over, reply: resolve %s", page, incident.Clip(about.Title, 80), page), nil
	}
	did, err := t.desk.EndPage(ctx, in, page, r.Rest)
	return httpd.Answered(httpd.Resolve, in.By.Person, did, t.people.Display, t.now()), err
}

// became records what became of a message or call that Twilio had taken.
func (t *twilio) became(ctx context.Context, c notify.Callback) error {
	var page string
	var number int
	if _, err := fmt.Sscanf(strings.Replace(c.Attempt, "/", " ", 2), "page %s %d", &page, &number); err != nil || c.Delivery == notify.Underway {
		return nil // not ours, or nothing to say yet
	}
	report := paging.Report{Notice: number, Fate: paging.Delivered, Provider: c.ID}
	if c.Delivery == notify.Failed {
		report.Fate, report.Why = paging.Failed, c.Reason
	}
	err := t.desk.Reported(ctx, c.Cause, page, report)
	if _, _, refused := desk.Refusal(err); refused {
		return nil
	}
	return err
}
