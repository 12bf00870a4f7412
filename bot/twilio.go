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

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// callbackTime bounds the work on one callback: Twilio waits 15 seconds.
const callbackTime = 8 * time.Second

// heardFromTwilio takes replies to SMS, keys pressed in calls, and what became of
// messages.
func (b *Bot) heardFromTwilio(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), callbackTime)
	defer cancel()
	c, err := b.senders.Hook().Read(r)
	if err != nil {
		var bad *notify.HookError
		status := http.StatusBadRequest
		if errors.As(err, &bad) {
			status = bad.Status
		}
		b.log.Warn().Err(err).Msg("callback")
		http.Error(w, http.StatusText(status), status)
		return
	}
	switch c.Kind {
	case notify.SMSReply:
		xml(w, notify.SMSTwiML(b.replied(ctx, c, "sms")))
	case notify.CallKeys:
		if c.Reply.Verb == "" {
			xml(w, notify.VoiceMenuTwiML("That key means nothing here."))
			return
		}
		xml(w, notify.VoiceTwiML(b.replied(ctx, c, "voice")))
	default:
		if err := b.became(ctx, c); err != nil {
			b.log.Error().Err(err).Msg("record what became of a message")
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
func (b *Bot) replied(ctx context.Context, c notify.Callback, via string) string {
	person, ok := b.settings.PersonByPhone(c.Phone)
	if !ok {
		return "" // a stranger learns nothing
	}
	if c.Reply.Verb == notify.OptOut || c.Reply.Verb == notify.OptIn {
		b.log.Warn().Str("person", person.Name).Str("verb", string(c.Reply.Verb)).Msg("somebody told Twilio to stop, or to start again, sending them messages")
		return "" // Twilio answers by itself
	}
	in := desk.In{By: incident.Actor{Person: person.Name, Via: via}, Cause: c.Cause}
	page := cmp.Or(c.Reply.Page, c.Page)
	said, err := b.answerTold(ctx, in, page, c.Reply)
	if err == nil {
		return said
	}
	if text, _, refused := desk.Refusal(err); refused {
		return httpd.Outside(replied.ReplaceAllString(text, "`$1`"))
	}
	b.log.Error().Err(err).Str("page", page).Msg("answer by phone")
	return notRecorded
}

const notRecorded = "Not recorded: try again, or answer in Slack."

// answerTold answers a page by phone, or the last of which the person was told if none is
// named. Of others nothing is taken: a sender's number is weaker a proof than a login.
func (b *Bot) answerTold(ctx context.Context, in desk.In, page string, r notify.Reply) (string, error) {
	if page == "" {
		last, err := b.lastTold(ctx, in.By.Person, r.Verb)
		if err != nil {
			return "", fmt.Errorf("look for the page of a reply: %w", err)
		}
		if last == "" {
			return "No page of yours is open: somebody has answered it, or it is over.", nil
		}
		return b.answerByPhone(ctx, in, last, r)
	}
	told, err := b.wasTold(ctx, in.By.Person, page)
	if err != nil {
		return "", err
	}
	if !told {
		return "Of " + page + " you were not told: by phone you answer what was sent to you. Use Slack, or the watchbill command.", nil
	}
	return b.answerByPhone(ctx, in, page, r)
}

// wasTold says whether a notice of a page, or of one about an incident, went to a person.
func (b *Bot) wasTold(ctx context.Context, person, id string) (bool, error) {
	var pages []paging.Page
	if strings.HasPrefix(id, "INC-") {
		if _, err := b.desk.Incident(ctx, id); err != nil {
			return false, err
		}
		var err error
		if pages, err = b.desk.PagesOf(ctx, id); err != nil {
			return false, err
		}
	} else {
		p, err := b.desk.PageOf(ctx, id)
		if err != nil {
			return false, err
		}
		pages = append(pages, p)
	}
	return slices.ContainsFunc(pages, func(p paging.Page) bool {
		return slices.ContainsFunc(p.Notices, func(n paging.Notice) bool { return n.To.Person == person })
	}), nil
}

// replied are the commands that sentences name and that a reply understands as well.
var replied = regexp.MustCompile("`/inc ((?:ack|escalate|decline|snooze|handover|resolve) (?:PAGE|INC)-[^`]*)`")

// answerByPhone does what a reply says with a page, and says what that did.
func (b *Bot) answerByPhone(ctx context.Context, in desk.In, page string, r notify.Reply) (string, error) {
	var did desk.Answer
	var err error
	switch r.Verb {
	case notify.Acknowledge:
		did, err = b.desk.Acknowledge(ctx, in, page)
	case notify.Escalate:
		did, err = b.desk.Escalate(ctx, in, page, -1)
	case notify.Decline:
		did, err = b.desk.Decline(ctx, in, page)
	case notify.Snooze:
		did, err = b.desk.Snooze(ctx, in, page, cmp.Or(r.Wait, httpd.UsualSnooze))
	case notify.HandOver:
		var to string
		if r.Rest == "" {
			return "To whom? Reply: handover " + page + " NAME", nil
		}
		if to, err = b.desk.Named(r.Rest); err == nil {
			did, err = b.desk.HandOver(ctx, in, page, to)
		}
	case notify.Resolve:
		return b.resolvedByPhone(ctx, in, page, r)
	default:
		return fmt.Sprintf("For %s reply 1 to acknowledge, 2 to escalate, 3 if you cannot. Or: snooze 30m, handover NAME, resolve %s", page, page), nil
	}
	if err != nil {
		return "", err
	}
	return httpd.Answered(string(r.Verb), in.By.Person, did, b.people.Display, b.now().In(b.people.Zone(in.By.Person))), nil
}

// resolvedByPhone ends a page that the reply names, or resolves an incident that it
// names: neither is done to one that was only guessed.
func (b *Bot) resolvedByPhone(ctx context.Context, in desk.In, page string, r notify.Reply) (string, error) {
	if strings.HasPrefix(page, "INC-") {
		did, err := b.desk.Change(ctx, in, page, incident.Resolve{By: in.By, Text: r.Rest})
		return httpd.Answered(httpd.Resolve, in.By.Person, did, b.people.Display, b.now()), err
	}
	p, about, _, err := b.desk.PageShown(ctx, page)
	if err != nil {
		return "", err
	}
	switch of := about.ID; {
	case p.Status == paging.Ended:
		return httpd.Answered(httpd.Resolve, in.By.Person, desk.Answer{Page: page, Paged: p}, b.people.Display, b.now()), nil
	case strings.HasPrefix(of, "INC-"):
		return fmt.Sprintf("%s is about %s (%s) and ends with it. If that is over, reply: resolve %s", page, of, incident.Clip(about.Title, 80), of), nil
	case r.Page == "":
		return fmt.Sprintf("If %s (%s) is over, reply: resolve %s", page, incident.Clip(about.Title, 80), page), nil
	}
	did, err := b.desk.EndPage(ctx, in, page, r.Rest)
	return httpd.Answered(httpd.Resolve, in.By.Person, did, b.people.Display, b.now()), err
}

// lastTold is the page of which a person was told last and that a verb can be meant for:
// an open one, or for what is done later too one that they have; empty: none.
func (b *Bot) lastTold(ctx context.Context, person string, verb notify.Verb) (string, error) {
	pages, err := b.desk.OpenPages(ctx, 10_000)
	if err != nil {
		return "", err
	}
	if verb == notify.Snooze || verb == notify.HandOver || verb == notify.Resolve {
		held, err := b.desk.PagesHeldBy(ctx, person, 1000)
		if err != nil {
			return "", err
		}
		pages = append(pages, held...)
	}
	var last paging.Page
	var at time.Time
	for _, p := range pages {
		for _, n := range slices.Backward(p.Notices) {
			if n.To.Person == person && n.At.After(at) {
				last, at = p, n.At
			}
		}
	}
	return last.ID, nil
}

// became records what became of a message or call that Twilio had taken.
func (b *Bot) became(ctx context.Context, c notify.Callback) error {
	var page string
	var number int
	if _, err := fmt.Sscanf(strings.Replace(c.Attempt, "/", " ", 2), "page %s %d", &page, &number); err != nil || c.Delivery == notify.Underway {
		return nil // not ours, or nothing to say yet
	}
	report := paging.Report{Notice: number, Fate: paging.Delivered, Provider: c.ID}
	if c.Delivery == notify.Failed {
		report.Fate, report.Why = paging.Failed, c.Reason
	}
	err := b.desk.Reported(ctx, c.Cause, page, report)
	if _, _, refused := desk.Refusal(err); refused {
		return nil
	}
	return err
}
