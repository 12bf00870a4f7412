package desk

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// Config is what a desk needs.
type Config struct {
	Store storage.Store
	// Settings are the teams, services, schedules and policies.
	Settings *configs.Config
	// Cards says that the cards of alerts are to be delivered.
	Cards bool
	// People knows who is who in Slack; nil: an empty directory.
	People *Directory
	// Now is the time; nil: time.Now.
	Now func() time.Time
	// Wake is called after every commit that owes something to the outside world
	// or moved a due time. It must not block.
	Wake func()
	// Broken is called when a store cannot be trusted any more. It must not block.
	Broken func(error)
	Log    zerolog.Logger
}

// Desk takes commands and answers queries. All methods may be called from many
// goroutines.
type Desk struct {
	Config

	// Its parts, each with the fields that it needs.
	*lanes      // where commands wait
	*queries    // incidents and pages
	*plans      // schedules that are known
	*schedules  // commands on them
	*names      // who is meant
	*reach      // how people are reached
	*rights     // on schedules
	*heartbeats // of integrations
	*media      // that fail

	began      time.Time
	configured map[string]bool // integrations, as their alerts name them
	zones      *oncall.Zones
	versions   *versions

	alerts  *alertIndex
	waiting atomic.Int64 // signals
	signed  signatures
	pruned  time.Time // of RunAlerts
	looked  time.Time // of followIncidents
	// clockSeen is what the clock showed when followClock looked last.
	clockSeen time.Time
	tallied   time.Time // until when tellTallies has nothing to tell
}

// New returns a desk.
func New(c Config) *Desk {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.People == nil {
		c.People = NewDirectory(c.Settings, nil, nil)
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	if c.Broken == nil {
		c.Broken = func(error) {}
	}
	c.People.follow(c.Now)
	configured := map[string]bool{}
	if c.Settings != nil {
		for _, name := range c.Settings.IntegrationNames() {
			configured[name] = true
		}
	}
	zones, known := oncall.NewZones(nil), &versions{by: map[storage.Ref]version{}}
	d := &Desk{Config: c, began: c.Now(), configured: configured, zones: zones, versions: known, alerts: newAlertIndex(), media: &media{}}
	d.lanes = newLanes(d.serve)
	d.queries = &queries{store: c.Store, versions: known}
	d.plans = &plans{store: c.Store, settings: c.Settings, zones: zones, now: c.Now, log: c.Log}
	d.names = &names{settings: c.Settings, people: c.People, plans: d.plans, now: c.Now}
	d.reach = &reach{settings: c.Settings, people: c.People, store: c.Store, versions: known}
	d.rights = &rights{settings: c.Settings, people: c.People}
	d.schedules = &schedules{settings: c.Settings, lanes: d.lanes, plans: d.plans, rights: d.rights, now: c.Now}
	d.heartbeats = &heartbeats{settings: c.Settings, by: map[string]*pulse{}}
	return d
}

// In is who asks, and the identity of the input: the same cause twice changes
// nothing and gets the same answer.
type In struct {
	By    incident.Actor
	Cause string
	// Asked is a digest of what is asked, for causes that people choose: one that
	// comes again with something else is refused. Empty: the cause is believed.
	Asked string
	// Again: they have seen that they declared or said the same a moment ago, and want it
	// once more.
	Again bool
	// Words are what somebody said besides answering a page: a note on its incident.
	Words string
	// Advice is what whoever asks to change a schedule is told besides; it is kept with
	// the answer, since it would not be the same after the change.
	Advice Advice
}

// Advice is what speaks against a change of a schedule, or could help with it.
type Advice struct {
	Warnings []string      `json:"warnings,omitempty"`
	Fairest  *oncall.Taker `json:"fairest,omitempty"` // who would take the time over
}

// Answer says what a command did. It is kept with its cause.
type Answer struct {
	// Incident, Page, Alert and Silence are the ids of what it is about, if any.
	Incident string `json:"incident,omitempty"`
	Page     string `json:"page,omitempty"`
	Alert    string `json:"alert,omitempty"`
	Silence  string `json:"silence,omitempty"`
	// Changed says that something was recorded; false: it stood so already.
	Changed bool `json:"changed,omitempty"`
	// Exists says that the same person asked for the same a moment ago: it is
	// shown, not done again.
	Exists bool `json:"exists,omitempty"`
	// Text says what happened to an alert, or what still fires of an incident that is
	// over, in sentences.
	Text []string `json:"text,omitempty"`
	// Unpaged says why nobody was paged, when that was to be expected.
	Unpaged string `json:"unpaged,omitempty"`
	// Paged is the page after the command, or when the answer was repeated.
	Paged paging.Page `json:"-"`
	// First and Last are the sequences of what the command made happen to the
	// incident; zero: nothing.
	First uint64 `json:"first,omitempty"`
	Last  uint64 `json:"last,omitempty"`
	Asked string `json:"asked,omitempty"` // of its In
	// Now is the incident after the command, or when the answer was repeated; Events
	// are those from First to Last.
	Now    incident.Incident `json:"-"`
	Events []incident.Event  `json:"-"`
	// Alike are the open incidents that may be the same outage as the one declared, the
	// likeliest first.
	Alike []incident.Incident `json:"-"`
	// Repeated says that the same cause came before.
	Repeated bool `json:"-"`
	// Schedule is the schedule it is about, if any, and Roster what became of it; a
	// repeated answer has no Roster.
	Schedule string          `json:"schedule,omitempty"`
	Spans    []Span          `json:"spans,omitempty"`
	Roster   *ScheduleAnswer `json:"-"`
	Advice   Advice          `json:"advice,omitzero"`
}

// Span is what a command made happen to a schedule: the first and the last sequence.
type Span struct {
	Schedule string `json:"schedule"`
	First    uint64 `json:"first"`
	Last     uint64 `json:"last"`
}

// Error is a refusal that is the desk's own; Message is for the person who asked.
type Error struct {
	Code    incident.Code
	Message string
}

func (e *Error) Error() string { return e.Message }

func refuse(c incident.Code, format string, args ...any) error {
	return &Error{c, fmt.Sprintf(format, args...)}
}

// ErrFull is returned when the disk is full and what was asked would open something
// new.
var ErrFull = storage.ErrFull

// KeyReused is the code of the refusal of a cause that came before with something
// else asked.
const KeyReused incident.Code = "key_reused"

// ErrNotRecorded is returned when a command was given up before anything was
// written: repeating it is safe.
var ErrNotRecorded = errors.New("not recorded: it took too long, and nothing was changed")

// PendingError is returned when the time ran out while a command was being
// written. Its outcome follows on Done.
type PendingError struct {
	Done <-chan Result
}

func (e *PendingError) Error() string { return "not confirmed yet: it is still being written" }

// Result is what became of a command.
type Result struct {
	Answer Answer
	Err    error
}
