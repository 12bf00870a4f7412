package incident

import "strconv"

// Effect is something that an event owes to the outside world.
type Effect struct {
	Kind   EffectKind
	Target string // what it writes to; what is kept about a delivery is kept by target
	Level  bool   // it shows the record: one unsettled effect per target is enough
	Queue  string // effects of one queue go out one at a time, in order
	Rank   Rank
	After  string // a target that must have been delivered before
	// Event is what an edge effect tells; level effects render the record.
	Event *Event
}

// EffectKind names who delivers an effect. Kinds are stored.
type EffectKind string

// The kinds of effects.
const (
	CreateRoom  EffectKind = "slack.room"     // open the channel
	ShowCard    EffectKind = "slack.card"     // the card in the room shows the record
	ShowTopic   EffectKind = "slack.topic"    // so does the channel's topic
	ShowLinks   EffectKind = "slack.links"    // and its bookmarks
	ShowNews    EffectKind = "slack.announce" // and the announcement
	InviteOne   EffectKind = "slack.invite"   // ask one person into the room
	PostEvent   EffectKind = "slack.post"     // tell the room what happened
	TellAll     EffectKind = "slack.tell"     // tell the incidents channel
	ShowNobody  EffectKind = "slack.nobody"   // tell it that a page reaches nobody, and then what became of that
	FetchPin    EffectKind = "slack.fetch"    // read the text of a pinned message
	ShowMark    EffectKind = "slack.mark"     // the check mark shows that it is on the timeline
	PostDraftIn EffectKind = "slack.draft"    // post the postmortem draft
	ReadMissed  EffectKind = "slack.missed"   // read from the room's history what people did while nobody listened
)

// Rank orders effects: what wakes people goes before what shows, and that before
// what chats.
type Rank int

// The ranks. Pages are the paging package's.
const (
	RankCard    Rank = 2
	RankChatter Rank = 3
)

// Effects lists what the event owes, given the record after it. It is asked once,
// when the event is decided.
func Effects(i Incident, e Event) []Effect {
	f := effects{id: i.ID}
	f.nobody(i, e)
	switch e.Kind {
	case Declared:
		f.add(Effect{Kind: CreateRoom, Target: f.room(), Queue: "slack/room/" + i.ID, Rank: RankCard})
		f.shows(ShowNews, ShowCard, ShowTopic, ShowLinks)
	case LeadSet:
		f.shows(ShowCard, ShowNews, ShowTopic)
		if e.By.Person != "" && e.Page == "" { // else the card, or the acknowledgement, says it
			f.post(PostEvent, e)
		}
	case SeveritySet, WasReopened, WasResolved:
		f.shows(ShowCard, ShowNews, ShowTopic)
		f.post(PostEvent, e)
	case Noted:
		if via, _ := e.By.Door(); via == "cli" || via == "api" { // else it was typed in the room, or stays with who typed it
			f.post(PostEvent, e)
		}
	case WasClosed:
		f.shows(ShowCard, ShowNews, ShowTopic)
		f.post(PostDraftIn, e)
	case Paged, PagePaused, PageEnded:
		f.shows(ShowCard, ShowNews)
	case AlertFired, AlertOver:
		f.shows(ShowCard)
		f.post(PostEvent, e)
	case Updated, Unpaged, PageNobody, PageFailed, PageDeclined, PageEscalated, PageAcknowledged, PageSpent, PageHandedOver, PageSnoozed, PageResumed:
		f.shows(ShowCard, ShowNews)
		f.post(PostEvent, e)
	case RoomOpened:
		f.shows(ShowCard, ShowNews, ShowTopic, ShowLinks)
	case RoomBack:
		f.shows(ShowCard, ShowNews, ShowTopic, ShowLinks)
		f.post(PostEvent, e) // in the thread, for those who followed there
		f.missed(e)
	case RoomLost:
		f.shows(ShowNews, ShowCard)
		f.post(PostEvent, e)
	case Invited:
		f.add(Effect{Kind: InviteOne, Target: "invite/" + i.ID + "/" + e.Person + "/" + strconv.FormatUint(e.Seq, 10),
			Queue: "slack/invite/" + i.ID, Rank: RankCard, After: f.room(), Event: &e})
	case PinEntered:
		f.add(Effect{Kind: FetchPin, Target: "fetch/" + i.ID + "/" + strconv.FormatUint(e.Seq, 10), Queue: "slack/fetch/" + i.ID, Rank: RankCard, Event: &e})
	case PinText, PinWithdrawn:
		f.add(Effect{Kind: ShowMark, Target: "mark/" + i.ID + "/" + PinKey(e.Channel, e.TS), Level: true, Queue: "slack/mark/" + i.ID, Rank: RankCard, Event: &e})
	case DraftPosted:
		f.shows(ShowCard, ShowNews, ShowLinks)
	case DeliveryFailed:
		f.post(TellAll, e)
	case WasDown:
		f.post(PostEvent, e)
		f.missed(e)
	case WasCutOff, RoomLeft:
		f.missed(e)
	}
	return f.list
}

// Redraw asks that the messages of an incident that have buttons show what they do not
// get from the record.
func Redraw(i Incident) []Effect {
	f := effects{id: i.ID}
	f.shows(ShowCard)
	f.nobody(i, Event{Kind: PageNobody})
	return f.list
}

// effects collects what one event of the incident owes.
type effects struct {
	id   string
	list []Effect
}

func (f *effects) room() string { return "room/" + f.id }

func (f *effects) add(e Effect) { f.list = append(f.list, e) }

// shows asks that each of the kinds shows the record. The announcement needs no
// room; the rest is in it.
func (f *effects) shows(kinds ...EffectKind) {
	for _, k := range kinds {
		name := string(k[len("slack."):])
		e := Effect{Kind: k, Target: name + "/" + f.id, Level: true, Queue: "slack/" + name + "/" + f.id, Rank: RankCard, After: f.room()}
		if k == ShowNews {
			e.After = ""
		}
		f.add(e)
	}
}

// nobody asks that what told of pages that reach nobody shows what became of them.
func (f *effects) nobody(i Incident, e Event) {
	switch e.Kind {
	case PageNobody, Paged, PageAcknowledged, PageSnoozed, PageHandedOver, PageResumed, PageEnded, LeadSet, WasResolved, WasReopened, WasClosed:
	default:
		return
	}
	for _, p := range i.Pages {
		if p.Nobody != 0 {
			f.add(Effect{Kind: ShowNobody, Target: "nobody/" + f.id + "/" + strconv.FormatUint(p.Nobody, 10), Level: true, Queue: "slack/tell", Rank: RankChatter,
				Event: &Event{Seq: p.Nobody, Kind: PageNobody, Page: p.ID}})
		}
	}
}

// missed asks that the room's history is read for what nobody heard.
func (f *effects) missed(e Event) {
	f.add(Effect{Kind: ReadMissed, Target: "missed/" + f.id + "/" + strconv.FormatUint(e.Seq, 10), Queue: "slack/fetch/" + f.id, Rank: RankCard, After: f.room(), Event: &e})
}

// post asks that the event is told, once.
func (f *effects) post(k EffectKind, e Event) {
	name := string(k[len("slack."):])
	out := Effect{Kind: k, Target: name + "/" + f.id + "/" + strconv.FormatUint(e.Seq, 10), Queue: "slack/post/" + f.id, Rank: RankChatter, After: f.room(), Event: &e}
	if k == TellAll {
		out.Queue, out.After = "slack/tell", ""
	}
	f.add(out)
}
