package oncall

// Schedule is a watch bill as people write it. Times are strings as in the file:
// RFC 3339 with any offset, or a local wall time such as "2026-01-05T09:00:00".
// The zero value of every optional field means that it was left out.
type Schedule struct {
	Name      string     `json:"name"`
	TimeZone  string     `json:"time_zone"`            // IANA name
	Layers    []Layer    `json:"layers,omitempty"`     // a later layer wins where it has somebody
	Overrides []Override `json:"overrides,omitempty"`  // applied after the layers, in list order
	Pools     []Pool     `json:"pools,omitempty"`      // groups that rotations may draw from
	Shadows   []Shadow   `json:"shadows,omitempty"`    // people who learn beside somebody
	TimeOff   []TimeOff  `json:"time_off,omitempty"`   // raises conflicts, never removes anybody
	Holidays  []Holiday  `json:"holidays,omitempty"`   // public holidays of this schedule
	Calendars *Calendars `json:"calendars,omitempty"`  // files with more of both; only in a file that people write
	MinRest   string     `json:"min_rest,omitempty"`   // shortest rest between two shifts of one person, such as "11h"
	Uncovered bool       `json:"uncovered,omitempty"`  // time with nobody is meant: gaps are not reported
	Note      string     `json:"note,omitempty"`       // for people
	Channel   string     `json:"channel,omitempty"`    // where handoffs and warnings are posted
	UserGroup string     `json:"user_group,omitempty"` // the chat group that follows this schedule
}

// Layer is one rotation with the hours in which it stands. Where a layer has
// nobody it is transparent: the layers before it show through.
type Layer struct {
	Name     string   `json:"name,omitempty"`
	Rotation Rotation `json:"rotation"`
	Hours    []Window `json:"hours,omitempty"`    // none: always
	Start    string   `json:"start,omitempty"`    // nobody before
	End      string   `json:"end,omitempty"`      // nobody from then on
	Holidays string   `json:"holidays,omitempty"` // "" | "only" | "except"
}

// The kinds of rotation.
const (
	Hourly  = "hourly"
	Daily   = "daily"
	Weekly  = "weekly"
	Monthly = "monthly"
	Cron    = "cron"
)

// Rotation says whose turn it is. Shift 0 begins at Start; shift k at the reading
// of Start plus k times Length hours, days, weeks or months, added on the
// calendar; for a cron rotation at every Length-th reading of the expression
// after Start.
type Rotation struct {
	Type     string   `json:"type"`
	Length   int      `json:"length,omitempty"` // in units of Type; left out: 1
	Start    string   `json:"start"`
	People   []string `json:"people,omitempty"`    // in order; a name may stand twice
	TimeZone string   `json:"time_zone,omitempty"` // left out: the schedule's; hours, start and end are read in it too
	Cron     string   `json:"cron,omitempty"`      // five fields, evaluated on readings
	Offset   int      `json:"offset,omitempty"`    // turns ahead of the order: 1 makes a secondary of a primary's roster

	Pools   []string `json:"pools,omitempty"`   // draws from these pools of the schedule instead of People
	Pattern []string `json:"pattern,omitempty"` // per turn the seats: "dev+sre" is one of each, "any" is any pool
	Seats   int      `json:"seats,omitempty"`   // people at once when there is no pattern; left out: 1
	Quota   []Quota  `json:"quota,omitempty"`   // seats that must be filled from a pool
}

// Quota asks for at least so many people of a pool in every turn.
type Quota struct {
	Pool    string `json:"pool"`
	AtLeast int    `json:"at_least"`
}

// Pool is a group of people that rotations draw from in order.
type Pool struct {
	Name   string   `json:"name"`
	People []string `json:"people,omitempty"`
}

// Window is a stretch of the day on certain weekdays. It belongs to the local day
// on which it starts; an end not later than its start is the next day's.
type Window struct {
	Days []string `json:"days,omitempty"` // mon … sun; none: every day
	From string   `json:"from"`           // "09:00"
	To   string   `json:"to"`             // "17:00"; "24:00" is the end of the day
}

// Override puts a person on call for From <= t < To. With Replaces it acts only
// while that person is on call; without, Person is on call as well. With Replaces
// and no Person the replaced person is taken off and nobody comes instead.
type Override struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Person   string `json:"person,omitempty"`
	Replaces string `json:"replaces,omitempty"`
	Swap     string `json:"swap,omitempty"` // neighbours with the same name are one exchange, applied at once
	Note     string `json:"note,omitempty"`
}

// The kinds of shadow.
const (
	ShadowKind        = "shadow"         // gets a copy of every page, is never escalated to
	ReverseShadowKind = "reverse_shadow" // leads while the mentor stands behind
)

// Shadow lets a person learn beside another. With kind "shadow" Person gets a copy
// of what With gets; with "reverse_shadow" Person stands in With's place and With
// joins after JoinAfter without acknowledgement.
type Shadow struct {
	Person    string `json:"person"`
	With      string `json:"with"`
	Kind      string `json:"kind,omitempty"` // left out: "shadow"
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
	JoinAfter string `json:"join_after,omitempty"` // reverse shadow only; left out: "10m"
}

// TimeOff is time in which a person should not be on call. From and To may be
// dates; then the last day is included.
type TimeOff struct {
	Person string `json:"person"`
	From   string `json:"from"`
	To     string `json:"to"`
	Note   string `json:"note,omitempty"`
}

// Holiday is a public holiday in the schedule's zone, or in the zone of a layer
// that asks for holidays.
type Holiday struct {
	Date string `json:"date"`           // "2026-12-25"
	Days int    `json:"days,omitempty"` // left out: 1
	Name string `json:"name,omitempty"`
}

// Calendars name iCalendar files, seen from the file in which they stand. Whoever reads
// that file puts what they hold among Holidays and TimeOff before a schedule is used:
// nothing here opens files.
type Calendars struct {
	Holidays []string `json:"holidays,omitempty"`
	TimeOff  []string `json:"time_off,omitempty"`
}

// Problem is one thing wrong with a schedule. Path leads to the value, relative to
// the schedule, such as "layers[0].rotation.time_zone".
type Problem struct {
	Path       string `json:"path"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

// String is the problem in one line.
func (p Problem) String() string {
	s := p.Message
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Suggestion != "" {
		s += "; " + p.Suggestion
	}
	return s
}
