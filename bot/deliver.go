package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// medium is the prefix of all destinations in Slack.
const medium = "slack/"

// receipt is what delivery keeps about a target in Slack.
type receipt struct {
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"`
	Hash    string `json:"hash,omitempty"` // of what was shown last
	Pinned  bool   `json:"pinned,omitempty"`
	File    string `json:"file,omitempty"`
	// Unheard says that it tells of buttons that do not work.
	Unheard bool `json:"unheard,omitempty"`
	// Others are further copies of the message: an answer was lost, and it was sent
	// again.
	Others []receipt `json:"others,omitempty"`
}

func readReceipt(b []byte) receipt {
	var r receipt
	if json.Unmarshal(b, &r) != nil {
		return receipt{} // from another version: look again
	}
	return r
}

func (r receipt) bytes() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	return b
}

// deliverers are the deliverers of all effects, by kind.
func (b *Bot) deliverers() map[string]courier.Deliver {
	all := map[string]courier.Deliver{
		string(incident.CreateRoom):  b.deliverRoom,
		string(incident.ShowCard):    b.deliverCard,
		string(incident.ShowNews):    b.deliverNews,
		string(incident.ShowTopic):   b.deliverTopic,
		string(incident.ShowLinks):   b.deliverLinks,
		string(incident.InviteOne):   b.deliverInvite,
		string(incident.PostEvent):   b.deliverPost,
		string(incident.TellAll):     b.deliverTell,
		string(incident.ShowNobody):  b.deliverNobody,
		string(incident.FetchPin):    b.deliverFetch,
		string(incident.ShowMark):    b.deliverMark,
		string(incident.PostDraftIn): b.deliverDraft,
		string(incident.ReadMissed):  b.deliverMissed,
		desk.NoticeKind:              b.deliverNotice,
		desk.WordKind:                b.deliverWord,
		desk.AskKind:                 b.deliverAsk,
		desk.HintKind:                b.deliverHint,
		desk.AlertCardKind:           b.deliverAlert,
		desk.StormCardKind:           b.deliverStorm,
		desk.KeptKind:                b.deliverKept,
		desk.TallyKind:               b.deliverTally,
		desk.GroupKind:               b.deliverGroup,
		desk.IncidentAlertKind:       b.deliverIncidentAlert,
	}
	for kind, deliver := range all {
		all[kind] = listening(deliver)
	}
	for _, m := range methods {
		all[desk.NotifyPrefix+string(m)] = b.deliverNotify
	}
	return all
}

// listening says of a delivery in Slack whether Slack was asked at all: what is over, or
// waits, before it goes out says nothing about whether Slack can be reached.
func listening(deliver courier.Deliver) courier.Deliver {
	return func(ctx context.Context, j courier.Job) courier.Result {
		ctx, heard := slackio.Listening(ctx)
		r := deliver(ctx, j)
		r.Unasked = !heard()
		return r
	}
}

// askSlack asks Slack, to which nothing is owed, whether it is there.
func (b *Bot) askSlack(ctx context.Context, _ string) courier.Result {
	if _, err := b.client.AuthTest(ctx); err != nil {
		return b.failed(courier.Job{}, "auth.test", err).Result
	}
	return courier.Result{}
}

// missed names what people miss when a delivery is given up. What only waits on a
// right that the app was not given is said once, when it starts.
var missed = map[string]string{
	string(incident.ShowCard):    "the card of the incident",
	string(incident.ShowNews):    "the announcement",
	string(incident.InviteOne):   "an invitation to the channel",
	string(incident.PostEvent):   "a message to the channel",
	string(incident.FetchPin):    "the text of a message on the timeline",
	string(incident.PostDraftIn): "the postmortem draft",
	string(incident.ReadMissed):  "what was pinned while nobody listened",
}

// givenUp tells the incident of a delivery that was given up. What tells of that is
// not among them.
func givenUp(j courier.Job, why string) desk.Outcome {
	what, ok := missed[j.Kind]
	if !ok || strings.Contains(why, "missing_scope") {
		return desk.Outcome{}
	}
	return desk.Outcome{Incident: incident.FailDelivery{What: what + " (" + why + ")"}}
}

// done is the result of a delivery that showed the record at seq.
func done(seq uint64, r receipt) courier.Result {
	return courier.Result{State: storage.Done, Seq: seq, Receipt: r.bytes()}
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

// failure is an attempt that did not succeed: its result, and Slack's code.
type failure struct {
	courier.Result
	code string
}

// later is the failure of an attempt that could not be made yet.
func (b *Bot) later(wait time.Duration, why string) *failure {
	return &failure{Result: courier.Result{State: storage.Pending, Untried: true, At: b.now().Add(wait), Note: why}}
}

// dead is the failure of an attempt that no repetition can help.
func dead(why string) *failure {
	return &failure{Result: courier.Result{State: storage.Dead, Note: why}}
}

// failed turns the error of a call into the failure of its attempt.
func (b *Bot) failed(j courier.Job, method string, err error) *failure {
	f := slackio.Classify(method, err)
	r := &failure{Result: courier.Result{State: storage.Pending, Note: note(f)}, code: f.Code}
	now := b.now()
	switch f.Class {
	case slackio.RateLimited:
		b.limits.of(j.Class).Penalise(method, "", now, now.Add(f.RetryAfter))
		r.Untried, r.At = true, now.Add(f.RetryAfter)
	case slackio.Retry:
		r.Untried = true
		r.At = now.Add(patience(j, now))
		r.Hold = holds(f.Code)
	case slackio.Unknown:
		r.Hold = holds(f.Code)
	case slackio.Fatal:
		if f.Code == "missing_scope" && optional[method] {
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
func (b *Bot) allow(ctx context.Context, j courier.Job, method, channel string) *failure {
	for {
		now := b.now()
		ok, at := b.limits.of(j.Class).Reserve(method, channel, now)
		if ok {
			return nil
		}
		wait := at.Sub(now)
		if wait > time.Second {
			return b.later(wait, "waiting for Slack's limit on "+method)
		}
		select {
		case <-time.After(max(wait, time.Millisecond)):
		case <-ctx.Done():
			return b.later(wait, "waiting for Slack's limit on "+method)
		}
	}
}

// post posts a message once: when an earlier attempt may have happened, it is
// looked up before it is repeated.
func (b *Bot) post(ctx context.Context, j courier.Job, place slackio.Posted, m slackui.Message, op string, since time.Time) (slackio.Found, *failure) {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return slackio.Found{}, dead("encode blocks: " + err.Error())
	}
	if j.Again() {
		found, ok, fail := b.findOwn(ctx, j, place.Channel, place.TS, since, op)
		if fail != nil || ok {
			return found, fail
		}
	}
	return b.send(ctx, j, place, m.Text, blocks, map[string]string{slackio.OpKey: op, toldKey: strconv.Itoa(len(j.Fold))})
}

// send posts a message that carries who owes it.
func (b *Bot) send(ctx context.Context, j courier.Job, place slackio.Posted, text string, blocks []byte, payload map[string]string) (slackio.Found, *failure) {
	if fail := b.allow(ctx, j, "chat.postMessage", place.Channel); fail != nil {
		return slackio.Found{}, fail
	}
	payload["incident"] = j.Record.ID
	posted, err := b.client.PostMessage(ctx, slackio.Post{Channel: place.Channel, ThreadTS: place.TS, Text: text, Blocks: blocks,
		Metadata: slackio.Metadata{EventType: "watchbill", Payload: payload}})
	if err != nil {
		return slackio.Found{}, b.failed(j, "chat.postMessage", err)
	}
	return slackio.Found{Posted: posted, Payload: payload}, nil
}

// toldKey is how many posts behind its own a message tells: one that was sent and
// whose answer was lost may have told fewer than wait by now.
const toldKey = "told"

// findOwn looks twice: reading may lag a little behind posting.
func (b *Bot) findOwn(ctx context.Context, j courier.Job, channel, thread string, since time.Time, op string) (slackio.Found, bool, *failure) {
	for try := range 2 {
		if try > 0 {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		found, ok, err := b.client.FindOwn(ctx, channel, thread, since.Add(-time.Minute), op)
		if err != nil {
			return found, false, b.failed(j, "conversations.history", err)
		}
		if ok {
			return found, true, nil
		}
	}
	return slackio.Found{}, false, nil
}

// show makes a message of ours show what it should: it is posted the first time
// and edited after that, unless it shows so already.
func (b *Bot) show(ctx context.Context, j courier.Job, place slackio.Posted, m slackui.Message, since time.Time) (receipt, *failure) {
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
		if fail := b.allow(ctx, j, "chat.update", ""); fail != nil {
			return r, fail
		}
		err := b.client.UpdateMessage(ctx, slackio.Edit{Channel: r.Channel, TS: r.TS, Text: clipText(m.Text), Blocks: blocks})
		if err == nil {
			r.Hash, r.Unheard = hash, m.Unheard
			return r, nil
		}
		if code := slackio.Classify("chat.update", err).Code; code != "message_not_found" && code != "edit_window_closed" && code != "cant_update_message" {
			return r, b.failed(j, "chat.update", err)
		}
	}
	posted, fail := b.post(ctx, j, place, m, j.Target+"@"+place.Channel, since)
	if fail != nil {
		return r, fail
	}
	return receipt{Channel: posted.Channel, TS: posted.TS, Hash: hash, Unheard: m.Unheard}, nil
}

// clipText keeps the text of an edit within what Slack accepts there.
func clipText(s string) string { return incident.Clip(s, 3900) }

// record reads the incident that owes the effect.
func (b *Bot) record(ctx context.Context, j courier.Job) (incident.Incident, uint64, *failure) {
	i, seq, err := b.desk.IncidentAt(ctx, j.Record.ID)
	if err != nil {
		return i, seq, b.later(time.Second, fmt.Sprintf("read the record: %v", err))
	}
	return i, seq, nil
}

// told is the incident that an effect is about, as of which sequence, and the event that
// led to it.
func (b *Bot) told(ctx context.Context, j courier.Job) (incident.Incident, uint64, incident.Event, *failure) {
	i, seq, fail := b.record(ctx, j)
	if fail != nil {
		return i, seq, incident.Event{}, fail
	}
	e, err := desk.Told(j.Body)
	if err != nil {
		return i, seq, e, dead(err.Error())
	}
	return i, seq, e, nil
}

// place is where the incident is worked on: its channel, or the thread below its
// announcement.
func (b *Bot) place(ctx context.Context, i incident.Incident) (slackio.Posted, *failure) {
	if i.Room.State == incident.RoomOpen {
		return slackio.Posted{Channel: i.Room.Channel}, nil
	}
	return b.newsThread(ctx, i)
}

// newsThread is the thread below the incident's announcement.
func (b *Bot) newsThread(ctx context.Context, i incident.Incident) (slackio.Posted, *failure) {
	kept, err := b.store.Receipt(ctx, "announce/"+i.ID)
	r := readReceipt(kept)
	if err != nil || r.TS == "" {
		return slackio.Posted{}, b.later(time.Second, "waiting for the announcement")
	}
	return slackio.Posted{Channel: r.Channel, TS: r.TS}, nil
}

// roomLost says whether a failure means that the incident's channel cannot be
// used any more, and how to say so.
func roomLost(f *failure) (why string, lost bool) {
	switch f.code {
	case "is_archived", "is_inactive":
		return "its channel was archived, and Slack does not let apps bring it back", true
	case "channel_not_found":
		return "its channel is gone, or Watchbill was removed from it", true
	case "not_in_channel":
		return "Watchbill was removed from its channel", true
	}
	return "", false
}
