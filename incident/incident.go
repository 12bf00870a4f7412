package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Status is where an incident stands.
type Status string

// The statuses of an incident.
const (
	Open     Status = "open"
	Resolved Status = "resolved"
	Closed   Status = "closed"
)

// Severity runs from 1, the worst, to 4.
type Severity int

// DefaultSeverity is that of an incident declared without one.
const DefaultSeverity Severity = 3

func (s Severity) String() string { return "SEV" + strconv.Itoa(int(s)) }

// Pages says whether an incident of this severity pages without being asked.
func (s Severity) Pages() bool { return s >= 1 && s <= 3 }

// ParseSeverity reads "2", "sev2" or "SEV-2".
func ParseSeverity(text string) (Severity, error) {
	t := strings.ToLower(strings.TrimSpace(text))
	if number, ok := strings.CutPrefix(t, "sev"); ok {
		t = strings.TrimLeft(number, "- ")
	}
	n, err := strconv.Atoi(t)
	if err != nil || n < 1 || n > 4 || strings.HasPrefix(t, "+") {
		return 0, &Error{Invalid, fmt.Sprintf("%q is not a severity. Severities are 1 (worst) to 4.", Clip(text, 40))}
	}
	return Severity(n), nil
}

// Actor is who did something and how they reached Watchbill.
type Actor struct {
	// Person is the name in the configuration, or the Slack user id of somebody
	// the configuration does not name; TokenPrefix and a name for an API token that
	// speaks for nobody; empty for Watchbill itself.
	Person string `json:"person,omitempty"`
	// Via is "slack", "cli", "alert", or "api:" and the name of the API token; empty
	// for Watchbill itself.
	Via string `json:"via,omitempty"`
	// Guest marks people from outside the workspace: guests and strangers of
	// shared channels.
	Guest bool `json:"guest,omitempty"`
}

// TokenPrefix begins the Person of an API token that speaks for nobody: "token:ci".
const TokenPrefix = "token:"

// ViaAPI is the Via of what comes with the API token of that name.
func ViaAPI(token string) string { return "api:" + token }

// Machine says whether it is an API token that speaks for nobody: it can neither
// answer a page nor lead.
func (a Actor) Machine() bool { return strings.HasPrefix(a.Person, TokenPrefix) }

// Door is how they reached Watchbill, and the name of the API token if it was by one.
func (a Actor) Door() (via, token string) {
	via, token, _ = strings.Cut(a.Via, ":")
	return via, token
}

// Bounds of what a record holds.
const (
	MaxTitle   = 200  // characters of a title
	MaxText    = 4000 // characters of a note, an update, a reason
	MaxPins    = 200  // messages pinned at the same time
	MaxInvited = 300  // people remembered as invited
	MaxPages   = 200  // pages of one incident, those that are over too
	MaxCalling = 50   // those of them that nobody has answered yet
)

// Incident is the current truth about one incident.
type Incident struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	Status   Status   `json:"status"`
	Service  string   `json:"service,omitempty"`
	Reporter Actor    `json:"reporter"`
	// Lead is the incident commander; Answered says that they said so: by
	// declaring, acknowledging or being told off to it by themselves.
	Lead     string    `json:"lead,omitempty"`
	Answered bool      `json:"answered,omitempty"`
	Declared time.Time `json:"declared"`
	Resolved time.Time `json:"resolved,omitzero"`
	Closed   time.Time `json:"closed,omitzero"`
	// Update is the last status update.
	Update *Said `json:"update,omitempty"`
	// Room is where the incident is worked on in Slack.
	Room Room `json:"room"`
	// Pages are the pages opened for the incident, by id, and whether they are
	// still unanswered.
	Pages []PageState `json:"pages,omitempty"`
	// Unpaged says why nobody was paged at the declaration, or when it was opened again;
	// empty: somebody was.
	Unpaged string `json:"unpaged,omitempty"`
	// Calls says that it was opened again, and nobody is paged for that yet. It never stands
	// in a store: who is paged, or why nobody is, is part of the same commit.
	Calls bool `json:"calls,omitempty"`
	// Pins are the messages that are on the timeline, by "channel/ts".
	Pins map[string]Pin `json:"pins,omitempty"`
	// Invited are the people asked into the room, in the order of asking.
	Invited []string `json:"invited,omitempty"`
	// Reopened counts how often it was reopened.
	Reopened int `json:"reopened,omitempty"`
	// Draft is where the postmortem draft was posted.
	Draft string `json:"draft,omitempty"`
}

// Said is something a person said at a time.
type Said struct {
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// RoomState says where the incident is worked on.
type RoomState string

// The states of a room.
const (
	// RoomPending: the channel is asked for and not there yet.
	RoomPending RoomState = "pending"
	// RoomOpen: the incident has a channel of its own.
	RoomOpen RoomState = "open"
	// RoomThread: there is no usable channel; the announcement's thread serves.
	RoomThread RoomState = "thread"
)

// Room is the incident's place in Slack.
type Room struct {
	State   RoomState `json:"state"`
	Name    string    `json:"name,omitempty"`
	Channel string    `json:"channel,omitempty"`
	// Why says why the announcement's thread serves instead of a channel.
	Why string `json:"why,omitempty"`
}

// PageState is what the incident knows about one of its pages.
type PageState struct {
	ID   string `json:"id"`
	Open bool   `json:"open"`
	// Whom are the people or places it was last sent to, Told all that it was ever
	// sent to, at most MaxInvited.
	Whom []string `json:"whom,omitempty"`
	Told []string `json:"told,omitempty"`
	// Paused are those told whose notifications are paused, Failed those it could
	// not reach; both until they are told again.
	Paused []string `json:"paused,omitempty"`
	Failed []string `json:"failed,omitempty"`
	// Declined are those who said that they cannot take it, until they are told again.
	Declined []string `json:"declined,omitempty"`
	By       string   `json:"by,omitempty"` // who acknowledged
	// Until is when the page comes again, because By has snoozed it.
	Until time.Time `json:"until,omitzero"`
	// Nobody is the sequence of the last event that said that it reaches nobody; 0: none
	// did.
	Nobody uint64 `json:"nobody,omitempty"`
}

// Pin is a message on the timeline.
type Pin struct {
	// Entry is the sequence of the event that put it there.
	Entry uint64 `json:"entry"`
	// By are those who want it there, by their Marker ("dev1:pushpin", "pin"), each with
	// the time of their last word; a removal may be heard before its addition.
	By map[string]Mark `json:"by"`
	// Fetched says that the text is known, Gone that the message was deleted.
	Fetched bool `json:"fetched,omitempty"`
	Gone    bool `json:"gone,omitempty"`
	// AsOf is when the text that is known was written, as Slack says it; empty: with
	// the message. What is older comes late and says nothing new.
	AsOf string `json:"as_of,omitempty"`
}

// Mark is one person's last word on a pin.
type Mark struct {
	On bool   `json:"on"`
	TS string `json:"ts"` // Slack's event_ts: what is greater came later
}

// Held says whether anybody still wants the message on the timeline.
func (p Pin) Held() bool {
	for _, m := range p.By {
		if m.On {
			return true
		}
	}
	return false
}

// Active says whether the incident still wants work: it is neither resolved nor
// closed.
func (i Incident) Active() bool { return i.Status == Open }

// OpenPages returns the ids of the pages nobody has answered.
func (i Incident) OpenPages() []string {
	var ids []string
	for _, p := range i.Pages {
		if p.Open {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// clone copies what Apply changes, so that the record given to it stays as it was.
func (i Incident) clone() Incident {
	i.Pages = slices.Clone(i.Pages)
	i.Invited = slices.Clone(i.Invited)
	pins := make(map[string]Pin, len(i.Pins))
	for k, p := range i.Pins {
		by := make(map[string]Mark, len(p.By)+1)
		for who, m := range p.By {
			by[who] = m
		}
		p.By = by
		pins[k] = p
	}
	i.Pins = pins
	return i
}

// Clip cuts text to at most max characters, and shows that it did.
func Clip(text string, max int) string {
	if len(text) <= max || utf8.RuneCountInString(text) <= max {
		return text
	}
	kept := 0
	for at := range text {
		if kept == max-1 {
			text = text[:at]
			break
		}
		kept++
	}
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD")) + "…"
}

// ChannelName is the name of an incident's channel: the prefix, the number and
// the title in the letters Slack allows, at most 80 characters.
func ChannelName(prefix, id, title string) string {
	number := id[strings.LastIndexByte(id, '-')+1:]
	name := prefix + number
	var b strings.Builder
	dash := true
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
			dash = false
		case !dash:
			b.WriteByte('-')
			dash = true
		}
	}
	slug := strings.Trim(b.String(), "-")
	const longest = 60 // leaves room for a suffix, and for a phone's screen
	if len(slug) > longest {
		slug = slug[:longest]
		if cut := strings.LastIndexByte(slug, '-'); cut > longest/2 {
			slug = slug[:cut]
		}
	}
	if slug == "" {
		return name
	}
	return name + "-" + slug
}
