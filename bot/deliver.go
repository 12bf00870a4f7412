package bot

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
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
	// Unsought says that there may be more, which could not be looked for.
	Unsought bool `json:"unsought,omitempty"`
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

// delivery is what delivers, by what owes it.
type delivery struct {
	incidents *incidentDelivery
	pages     *pageDelivery
	alerts    *alertDelivery
	oncall    *oncallDelivery
	groups    *userGroups
}

// deliverers are the deliverers of all effects, by kind.
func (d delivery) deliverers() map[string]courier.Deliver {
	i, a, o := d.incidents, d.alerts, d.oncall
	all := map[string]courier.Deliver{
		string(incident.CreateRoom):  i.level(i.deliverRoom),
		string(incident.ShowCard):    i.level(i.deliverCard),
		string(incident.ShowNews):    i.level(i.deliverNews),
		string(incident.ShowTopic):   i.level(i.deliverTopic),
		string(incident.ShowLinks):   i.level(i.deliverLinks),
		string(incident.InviteOne):   i.edge(i.deliverInvite),
		string(incident.PostEvent):   i.edge(i.deliverPost),
		string(incident.TellAll):     i.edge(i.deliverTell),
		string(incident.ShowNobody):  i.edge(i.deliverNobody),
		string(incident.FetchPin):    reading(desk.Told, i.deliverFetch),
		string(incident.ShowMark):    i.edge(i.deliverMark),
		string(incident.PostDraftIn): i.level(i.deliverDraft),
		string(incident.ReadMissed):  i.level(i.deliverMissed),
		desk.IncidentAlertKind:       reading(desk.ReadIncidentAlert, deliverIncidentAlert),
		desk.NoticeKind:              d.pages.deliverNotice,
		desk.WordKind:                reading(desk.ReadWord, o.deliverWord),
		desk.AskKind:                 o.deliverAsk,
		desk.HintKind:                o.deliverHint,
		desk.GroupKind:               reading(desk.ReadWord, d.groups.deliverGroup),
		desk.AlertCardKind:           reading(desk.ReadCardRef, a.deliverAlert),
		desk.StormCardKind:           reading(desk.ReadStorm, a.deliverStorm),
		desk.KeptKind:                reading(desk.ReadKept, a.deliverKept),
		desk.TallyKind:               reading(desk.ReadTally, a.deliverTally),
	}
	for kind, deliver := range all {
		all[kind] = listening(deliver)
	}
	for _, m := range methods {
		all[desk.NotifyPrefix+string(m)] = d.pages.deliverNotify
	}
	return all
}

// reading delivers what the body of an effect says.
func reading[T any](read func([]byte) (T, error), deliver func(context.Context, courier.Job, T) courier.Result) courier.Deliver {
	return func(ctx context.Context, j courier.Job) courier.Result {
		body, err := read(j.Body)
		if err != nil {
			return dead(err.Error()).Result
		}
		return deliver(ctx, j, body)
	}
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
