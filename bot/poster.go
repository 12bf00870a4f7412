package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// poster posts and edits messages within Slack's limits, and judges what Slack refuses.
type poster struct {
	client *slackio.Client
	limits limits
	now    func() time.Time
}

// limits hold what is sent to Slack's limits.
type limits struct {
	chats *slackio.Limiter // of all but pages
	pages *slackio.Limiter // what chats must never hold up
}

func (l limits) of(class storage.Class) *slackio.Limiter {
	if class == storage.Page {
		return l.pages
	}
	return l.chats
}

// ask asks Slack, to which nothing is owed, whether it is there.
func (p *poster) ask(ctx context.Context, _ string) courier.Result {
	if _, err := p.client.AuthTest(ctx); err != nil {
		return p.failed(courier.Job{}, "auth.test", err).Result
	}
	return courier.Result{}
}

// optional are the methods that the bot can do without: when their scope is
// missing, only their own effect is given up.
var optional = map[string]bool{
	"bookmarks.list": true, "bookmarks.add": true, "bookmarks.edit": true, "pins.add": true, "reactions.add": true, "reactions.remove": true,
	"pins.list": true, "dnd.info": true, "files.getUploadURLExternal": true, "conversations.setTopic": true, "conversations.invite": true,
	"conversations.history": true, "conversations.replies": true,
}

// mostTries is how often a call is repeated that Slack refuses for a reason
// nobody has heard of.
const mostTries = 5

// failure is an attempt that did not succeed: its result, and what Slack's answer was.
type failure struct {
	courier.Result
	class slackio.Class
	code  string
}

// later is the failure of an attempt that could not be made yet.
func (p *poster) later(wait time.Duration, why string) *failure {
	return &failure{Result: courier.Result{State: storage.Pending, Untried: true, At: p.now().Add(wait), Note: why}}
}

// dead is the failure of an attempt that no repetition can help.
func dead(why string) *failure {
	return &failure{Result: courier.Result{State: storage.Dead, Note: why}}
}

// failed turns the error of a call into the failure of its attempt.
func (p *poster) failed(j courier.Job, method string, err error) *failure {
	f := slackio.Classify(method, err)
	r := &failure{Result: courier.Result{State: storage.Pending, Note: note(f)}, class: f.Class, code: f.Code}
	now := p.now()
	switch f.Class {
	case slackio.RateLimited:
		p.limits.of(j.Class).Penalise(f.Method, "", now, now.Add(f.RetryAfter))
		r.Untried, r.At = true, now.Add(f.RetryAfter)
	case slackio.Retry:
		r.Untried = true
		r.At = now.Add(patience(j, now))
		r.Hold = holds(f.Code)
	case slackio.Unknown:
		r.Hold = holds(f.Code)
	case slackio.Fatal:
		if f.Code == "missing_scope" && optional[f.Method] {
			r.State = storage.Dead
			return r
		}
		r.Untried, r.Hold, r.HoldFor = true, medium, probeEvery
		r.At = now.Add(time.Second)
	case slackio.Invalid:
		if j.Attempts >= mostTries {
			r.State = storage.Dead
		}
	default:
		r.State = storage.Dead
	}
	return r
}

// probeEvery is how often Slack is asked again after it refused the token.
const probeEvery = 30 * time.Second

// holds says which medium waits: all of Slack, when it cannot be reached.
func holds(code string) string {
	switch code {
	case "dns", "dial", "tls", "timeout", "broken", "http_502", "http_503", "http_504":
		return medium
	}
	return ""
}

// patience grows with the age of what is delivered.
func patience(j courier.Job, now time.Time) time.Duration {
	most := 30 * time.Second
	if j.Class == storage.Page {
		most = 5 * time.Second
	}
	return min(most, max(300*time.Millisecond, now.Sub(j.Created)/4))
}

func note(f slackio.Failure) string {
	s := f.Method + ": " + cmp.Or(f.Unreached(), f.Code)
	if f.Detail != "" && !strings.Contains(f.Detail, f.Code) {
		s += " (" + f.Detail + ")"
	}
	if f.Needed != "" {
		s += "; the app needs the scope " + f.Needed
	}
	return incident.Clip(s, 300)
}

// allow waits shortly for Slack's limits, or says when to come again.
func (p *poster) allow(ctx context.Context, j courier.Job, method, channel string) *failure {
	for {
		now := p.now()
		ok, at := p.limits.of(j.Class).Reserve(method, channel, now)
		if ok {
			return nil
		}
		wait := at.Sub(now)
		if wait > time.Second {
			return p.later(wait, "waiting for Slack's limit on "+method)
		}
		select {
		case <-time.After(max(wait, time.Millisecond)):
		case <-ctx.Done():
			return p.later(wait, "waiting for Slack's limit on "+method)
		}
	}
}

// posting is a message that is to be posted.
type posting struct {
	place slackio.Posted // the channel, and the thread in it
	slackui.Message
	op    string    // by which it is found again
	since time.Time // not posted before
}

// post posts a message once: when an earlier attempt may have happened, it is
// looked up before it is repeated.
func (p *poster) post(ctx context.Context, j courier.Job, m posting) (slackio.Found, *failure) {
	if j.Again() {
		found, ok, fail := p.findOwn(ctx, j, m)
		if fail != nil || ok {
			return found, fail
		}
	}
	return p.send(ctx, j, m, toldKey, strconv.Itoa(len(j.Fold)))
}

// send posts a message that carries who owes it, and one thing more.
func (p *poster) send(ctx context.Context, j courier.Job, m posting, key, value string) (slackio.Found, *failure) {
	payload := map[string]string{slackio.OpKey: m.op, "incident": j.Record.ID, key: value}
	posted, fail := p.say(ctx, j, m.place, m.Message, payload)
	return slackio.Found{Posted: posted, Payload: payload}, fail
}

// say posts a message with what it carries for us.
func (p *poster) say(ctx context.Context, j courier.Job, place slackio.Posted, m slackui.Message, payload map[string]string) (slackio.Posted, *failure) {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return slackio.Posted{}, dead("encode blocks: " + err.Error())
	}
	if fail := p.allow(ctx, j, "chat.postMessage", place.Channel); fail != nil {
		return slackio.Posted{}, fail
	}
	posted, err := p.client.PostMessage(ctx, slackio.Post{Channel: place.Channel, ThreadTS: place.TS, Text: m.Text, Blocks: blocks,
		Metadata: slackio.Metadata{EventType: "watchbill", Payload: payload}})
	if err != nil {
		return slackio.Posted{}, p.failed(j, "chat.postMessage", err)
	}
	return posted, nil
}

// toldKey is how many posts behind its own a message tells: one that was sent and
// whose answer was lost may have told fewer than wait by now.
const toldKey = "told"

// findOwn looks twice: reading may lag a little behind posting.
func (p *poster) findOwn(ctx context.Context, j courier.Job, m posting) (slackio.Found, bool, *failure) {
	for try := range 2 {
		if try > 0 {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		found, ok, err := p.client.FindOwn(ctx, m.place.Channel, m.place.TS, m.since.Add(-time.Minute), m.op)
		if err != nil {
			return found, false, p.failed(j, "conversations.history", err)
		}
		if ok {
			return found, true, nil
		}
	}
	return slackio.Found{}, false, nil
}

// show makes a message of ours show what it should: it is posted the first time
// and edited after that, unless it shows so already.
func (p *poster) show(ctx context.Context, j courier.Job, place slackio.Posted, m slackui.Message, since time.Time) (receipt, *failure) {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return receipt{}, dead("encode blocks: " + err.Error())
	}
	sum := sha256.Sum256(append([]byte(m.Text), blocks...))
	hash := hex.EncodeToString(sum[:8])
	r := readReceipt(j.Receipt)
	if r.TS != "" && (r.Channel == place.Channel || place.Channel == "") {
		if r.Hash == hash {
			return r, nil
		}
		if fail := p.allow(ctx, j, "chat.update", ""); fail != nil {
			return r, fail
		}
		err := p.client.UpdateMessage(ctx, slackio.Edit{Channel: r.Channel, TS: r.TS, Text: clipText(m.Text), Blocks: blocks})
		if err == nil {
			r.Hash, r.Unheard = hash, m.Unheard
			return r, nil
		}
		if code := slackio.Classify("chat.update", err).Code; code != "message_not_found" && code != "edit_window_closed" && code != "cant_update_message" {
			return r, p.failed(j, "chat.update", err)
		}
	}
	posted, fail := p.post(ctx, j, posting{place, m, j.Target + "@" + place.Channel, since})
	if fail != nil {
		return r, fail
	}
	return receipt{Channel: posted.Channel, TS: posted.TS, Hash: hash, Unheard: m.Unheard}, nil
}

// clipText keeps the text of an edit within what Slack accepts there.
func clipText(s string) string { return incident.Clip(s, 3900) }

// whyArchived is why an incident goes on elsewhere whose channel was archived.
const whyArchived = "its channel was archived, and Slack does not let apps bring it back"

// roomLost says whether a failure means that the incident's channel cannot be
// used any more, and how to say so.
func roomLost(f *failure) (why string, lost bool) {
	switch f.code {
	case "is_archived", "is_inactive":
		return whyArchived, true
	case "channel_not_found":
		return "its channel is gone, or Watchbill was removed from it", true
	case "not_in_channel":
		return "Watchbill was removed from its channel", true
	}
	return "", false
}

// direct sends a person a message. It is sent again when an earlier attempt may
// have succeeded: told twice is better than not told.
func (p *poster) direct(ctx context.Context, j courier.Job, to string, m slackui.Message) (receipt, *failure) {
	posted, fail := p.say(ctx, j, slackio.Posted{Channel: to}, m, map[string]string{slackio.OpKey: j.Target})
	return receipt{Channel: posted.Channel, TS: posted.TS}, fail
}
