package incident

import (
	"slices"
	"time"
)

// Kind names what happened. Kinds are stored; they never change their meaning.
type Kind string

// The kinds of events.
const (
	Declared          Kind = "declared"
	LeadSet           Kind = "lead_set"
	SeveritySet       Kind = "severity_set"
	Updated           Kind = "updated"
	Noted             Kind = "noted"
	WasResolved       Kind = "resolved"
	WasReopened       Kind = "reopened"
	WasClosed         Kind = "closed"
	Paged             Kind = "paged"
	Unpaged           Kind = "unpaged"
	PagePaused        Kind = "page_paused"
	PageFailed        Kind = "page_failed"
	PageDeclined      Kind = "page_declined"
	PageEscalated     Kind = "page_escalated"
	PageAcknowledged  Kind = "page_acknowledged"
	PageSpent         Kind = "page_spent"
	PageSkipped       Kind = "page_skipped"
	PageAnsweredAgain Kind = "page_answered_again"
	PageHandedOver    Kind = "page_handed_over"
	PageSnoozed       Kind = "page_snoozed"
	PageResumed       Kind = "page_resumed" // an acknowledgement, or a snooze, is over; Text says why, if neither ran out
	PageNobody        Kind = "page_nobody"  // nobody is left who could be told
	PageEnded         Kind = "page_ended"
	RoomOpened        Kind = "room_opened"
	RoomLost          Kind = "room_lost"
	RoomBack          Kind = "room_back" // a channel that was lost is there again
	RoomLeft          Kind = "room_left" // Watchbill was thrown out of it, and goes back
	Invited           Kind = "invited"
	PinMarked         Kind = "pin_marked"
	PinEntered        Kind = "pinned"
	PinWithdrawn      Kind = "unpinned"
	PinText           Kind = "pin_text"
	PinEdited         Kind = "pin_edited"
	PinDeleted        Kind = "pin_deleted"
	DraftPosted       Kind = "draft_posted"
	DeliveryFailed    Kind = "delivery_failed"
	AlertFired        Kind = "alert_fired"
	AlertOver         Kind = "alert_over"
	WasDown           Kind = "was_down"    // Watchbill itself did not run
	WasCutOff         Kind = "was_cut_off" // it ran, and heard nothing from Slack
)

// Event is one thing that happened to an incident. Which of the fields are set
// depends on Kind; everything needed to render the event is in it.
type Event struct {
	// Seq, Kind, At (when it happened) and Recorded (when it was written down)
	// are kept beside the payload by the store.
	Seq      uint64    `json:"-"`
	Kind     Kind      `json:"-"`
	At       time.Time `json:"-"`
	Recorded time.Time `json:"-"`

	By Actor `json:"by,omitzero"`

	ID       string   `json:"id,omitempty"`    // declared: the incident's id
	Title    string   `json:"title,omitempty"` // declared
	Service  string   `json:"service,omitempty"`
	Severity Severity `json:"severity,omitempty"`
	Was      string   `json:"was,omitempty"` // what stood there before: a severity, a lead
	Text     string   `json:"text,omitempty"`

	Person   string `json:"person,omitempty"`   // lead_set, invited, page_*: whom it is about
	Answered bool   `json:"answered,omitempty"` // lead_set: they have said that they lead; page_acknowledged: they lead by it; unpaged: whoever would be is here

	// Calls says that somebody must be paged anew: reopened.
	Calls bool `json:"calls,omitempty"`

	Page string   `json:"page,omitempty"` // page_*, paged: PAGE-n
	Whom []string `json:"whom,omitempty"` // paged: people, or "channel:…"
	Step int      `json:"step,omitempty"` // paged: the step of the policy, from 1
	// Floor says that those are told who are told when nobody else is left.
	Floor   bool   `json:"floor,omitempty"`   // paged
	Method  string `json:"method,omitempty"`  // page_failed: how; empty: Slack
	Snoozed bool   `json:"snoozed,omitempty"` // page_resumed: it was a snooze that is over

	Channel string `json:"channel,omitempty"`  // room_*, pins: Slack's id
	Name    string `json:"name,omitempty"`     // room_*, declared: the channel's name
	TS      string `json:"ts,omitempty"`       // pins: the message
	Thread  string `json:"thread,omitempty"`   // pins: the message's thread, if it is in one
	Author  string `json:"author,omitempty"`   // pin_text: who wrote the message
	Mark    string `json:"mark,omitempty"`     // pin_marked: "person:how"
	On      bool   `json:"on,omitempty"`       // pin_marked
	EventTS string `json:"event_ts,omitempty"` // pins: when it was done, as Slack says it
	Entry   uint64 `json:"entry,omitempty"`    // pins: the sequence of the entry it is about
	Link    string `json:"link,omitempty"`     // draft_posted, pin_text
	Alert   string `json:"alert,omitempty"`    // alert_*: ALERT-n, whose title is Title

	Until time.Time `json:"until,omitzero"` // was_*: when it was over, At being when it began; page_snoozed: when it comes again
}

// Apply returns the record after the event. It only copies what the event says;
// an event of an unknown kind changes nothing.
func Apply(i Incident, e Event) Incident {
	i = i.clone()
	switch e.Kind {
	case Declared:
		i = Incident{ID: e.ID, Title: e.Title, Severity: e.Severity, Status: Open, Service: e.Service,
			Reporter: e.By, Declared: e.At, Room: Room{State: RoomPending, Name: e.Name}}
	case LeadSet:
		i.Lead, i.Answered = e.Person, e.Answered
	case SeveritySet:
		i.Severity = e.Severity
	case Updated:
		i.Update = &Said{Text: e.Text, By: e.By.Person, At: e.At}
	case WasResolved:
		i.Status, i.Resolved = Resolved, e.At
	case WasClosed:
		i.Status, i.Closed = Closed, e.At
		if i.Resolved.IsZero() {
			i.Resolved = e.At
		}
	case WasReopened:
		i.Status, i.Resolved, i.Closed = Open, time.Time{}, time.Time{}
		i.Reopened++
		if e.Calls {
			i.Calls, i.Unpaged = true, ""
		}
	case Paged, Unpaged, PagePaused, PageFailed, PageDeclined, PageAcknowledged, PageHandedOver, PageSnoozed, PageResumed, PageNobody, PageEnded:
		applyPage(&i, e)
	case RoomOpened, RoomBack:
		i.Room = Room{State: RoomOpen, Channel: e.Channel, Name: e.Name}
	case RoomLost:
		i.Room = Room{State: RoomThread, Channel: e.Channel, Name: e.Name, Why: e.Text}
	case Invited:
		i.Invited = append(i.Invited, e.Person)
	case PinMarked, PinEntered, PinWithdrawn, PinText, PinEdited, PinDeleted:
		applyPin(&i, e)
	case DraftPosted:
		i.Draft = e.Link
	}
	return i
}

func applyPage(i *Incident, e Event) {
	if e.Kind == Unpaged {
		i.Unpaged, i.Calls = e.Text, false
		return
	}
	at := -1
	for n := range i.Pages {
		if i.Pages[n].ID == e.Page {
			at = n
		}
	}
	if at < 0 {
		i.Pages = append(i.Pages, PageState{ID: e.Page, Open: true})
		at = len(i.Pages) - 1
	}
	p := i.Pages[at]
	switch e.Kind {
	case Paged:
		p.Whom, p.Told = e.Whom, with(p.Told, e.Whom...)
		p.Paused, p.Failed, p.Declined = without(p.Paused, e.Whom), without(p.Failed, e.Whom), without(p.Declined, e.Whom)
		p.Open, p.By, p.Until = true, "", time.Time{}
		i.Unpaged, i.Calls = "", false
	case PagePaused:
		p.Paused = with(p.Paused, e.Person)
	case PageFailed:
		p.Failed = with(p.Failed, e.Person)
	case PageDeclined:
		p.Declined = with(p.Declined, e.Person)
	case PageAcknowledged:
		p.Open, p.By, p.Until = false, e.Person, time.Time{}
	case PageSnoozed:
		p.Open, p.By, p.Until = false, e.By.Person, e.Until
	case PageHandedOver, PageResumed:
		p.Open, p.By, p.Until = true, "", time.Time{}
	case PageNobody:
		i.Calls = false
		p.Whom, p.Paused, p.Open, p.By, p.Until, p.Nobody = nil, nil, true, "", time.Time{}, e.Seq
	case PageEnded:
		p.Open, p.Until = false, time.Time{}
	}
	i.Pages[at] = p
}

// with is the list and those of more that are not in it; the list itself stays as
// it was.
func with(list []string, more ...string) []string {
	list = slices.Clone(list)
	for _, m := range more {
		if !slices.Contains(list, m) && len(list) < MaxInvited {
			list = append(list, m)
		}
	}
	return list
}

// without is the list less those that are gone; nil when nobody is left.
func without(list, gone []string) []string {
	var out []string
	for _, l := range list {
		if !slices.Contains(gone, l) {
			out = append(out, l)
		}
	}
	return out
}

func applyPin(i *Incident, e Event) {
	key := PinKey(e.Channel, e.TS)
	p, ok := i.Pins[key]
	if !ok {
		p.By = map[string]Mark{}
	}
	switch e.Kind {
	case PinMarked:
		p.By[e.Mark] = Mark{On: e.On, TS: e.EventTS}
	case PinEntered:
		p.Entry, p.Fetched, p.Gone, p.AsOf = e.Seq, false, false, ""
	case PinWithdrawn:
		p.Entry, p.Fetched = 0, false
	case PinText:
		p.Fetched, p.AsOf = true, max(p.AsOf, e.EventTS)
	case PinEdited, PinDeleted:
		p.Gone, p.AsOf = e.Kind == PinDeleted, max(p.AsOf, e.EventTS)
	}
	i.Pins[key] = p
}

// PinKey is how a record names a message.
func PinKey(channel, ts string) string { return channel + "/" + ts }
