package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Write(body)
}

// replied does what somebody answered by phone and returns what to tell them.
func (b *Bot) replied(ctx context.Context, c notify.Callback, via string) string {
	person, ok := b.settings.PersonByPhone(c.Phone)
	if !ok {
		return "" // a stranger learns nothing
	}
	page := c.Reply.Page
	if page == "" {
		page = c.Page
	}
	if page == "" {
		var err error
		if page, err = b.lastTold(ctx, person.Name); err != nil {
			b.log.Error().Err(err).Msg("look for the page of a reply")
			return "Not recorded: try again, or answer in Slack."
		}
	}
	switch {
	case c.Reply.Verb == notify.OptOut, c.Reply.Verb == notify.OptIn:
		b.log.Warn().Str("person", person.Name).Str("verb", string(c.Reply.Verb)).Msg("somebody told Twilio to stop, or to start again, sending them messages")
		return "" // Twilio answers by itself
	case page == "":
		return "No page of yours is open: somebody has answered it, or it is over."
	}
	in := desk.In{By: incident.Actor{Person: person.Name, Via: via}, Cause: c.Cause}
	var did desk.Answer
	var err error
	switch c.Reply.Verb {
	case notify.Acknowledge:
		did, err = b.desk.Acknowledge(ctx, in, page)
	case notify.Escalate:
		did, err = b.desk.Escalate(ctx, in, page, -1)
	case notify.Decline:
		did, err = b.desk.Decline(ctx, in, page)
	default:
		return fmt.Sprintf("For %s reply 1 to acknowledge, 2 to escalate, 3 if you cannot.", page)
	}
	if err == nil {
		return httpd.Answered(string(c.Reply.Verb), person.Name, did, b.people.Display)
	}
	if text, _, refused := desk.Refusal(err); refused {
		return httpd.Outside(text)
	}
	b.log.Error().Err(err).Str("page", page).Msg("answer by phone")
	return "Not recorded: try again, or answer in Slack."
}

// lastTold is the open page of which a person was told last; empty: none.
func (b *Bot) lastTold(ctx context.Context, person string) (string, error) {
	pages, err := b.desk.OpenPages(ctx, 10_000)
	if err != nil {
		return "", err
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
