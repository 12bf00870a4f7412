package oncall

import "time"

// Command is one change somebody asks of a schedule; the types are listed here.
type Command interface{ command() }

// Actor is who asks. Admins may act for others.
type Actor struct {
	Name  string `json:"name"`
	Admin bool   `json:"admin,omitempty"`
}

// ApplyFile makes a schedule as written in a file the one in force. The first time it
// holds for all time; later only from now on. What people changed in chat is kept.
type ApplyFile struct {
	By        Actor
	Schedule  Schedule
	AllowGaps bool // otherwise a new gap within GapHorizon is a conflict
}

// RemoveSchedule ends a schedule: from now on nobody is on call.
type RemoveSchedule struct {
	By Actor
	// UsedBy says in sentences which policies and services still refer to it; with
	// any, it is refused.
	UsedBy []string
	// Written is where a configuration has it that would bring it back; with it, it is
	// refused.
	Written string
}

// AddOverride puts somebody on call for a time.
type AddOverride struct {
	By       Actor
	Override Override
}

// RemoveOverride takes an override back from now on; of a swap, all of it.
type RemoveOverride struct {
	By Actor
	ID string
}

// RequestCover asks everybody of the schedule to take a person's shifts in a range.
type RequestCover struct {
	By       Actor
	Person   string // whose shifts; empty: By
	From, To time.Time
	Note     string
}

// AcceptCover takes a cover request; the first one wins.
type AcceptCover struct {
	By     Actor
	Person string // who takes it; empty: By
	ID     string
}

// WithdrawRequest takes back a cover request or a swap; if it was taken already, what
// is left of it is undone.
type WithdrawRequest struct {
	By Actor
	ID string
}

// ProposeSwap offers a person's shifts in one range for another's in a second one.
type ProposeSwap struct {
	By                 Actor
	Person             string // who offers; empty: By
	From, To           time.Time
	Other              string
	OtherFrom, OtherTo time.Time
	Note               string
}

// AcceptSwap agrees to a swap; only the person asked can.
type AcceptSwap struct {
	By Actor
	ID string
}

// DeclineSwap refuses a swap; only the person asked can.
type DeclineSwap struct {
	By Actor
	ID string
}

// AddTimeOff notes that a person is away; nobody is taken off call by it.
type AddTimeOff struct {
	By      Actor
	TimeOff TimeOff
}

// RemoveTimeOff takes time off back.
type RemoveTimeOff struct {
	By Actor
	ID string
}

// SetShadow lets a person learn beside another; it takes the place of what that
// person shadowed before.
type SetShadow struct {
	By     Actor
	Shadow Shadow
}

// EndShadow ends a shadow.
type EndShadow struct {
	By Actor
	ID string
}

// Graduate moves a learner one step on: from shadow to reverse shadow with the same
// mentor, and from there into the rotations in which the mentor stands.
type Graduate struct {
	By        Actor
	Person    string
	JoinAfter string // of the reverse shadow
}

// Tick lets time pass: requests nobody took expire, and what is over for more than a
// year is folded away. [NextDue] says when one is wanted.
type Tick struct{}

func (ApplyFile) command()       {}
func (RemoveSchedule) command()  {}
func (AddOverride) command()     {}
func (RemoveOverride) command()  {}
func (RequestCover) command()    {}
func (AcceptCover) command()     {}
func (WithdrawRequest) command() {}
func (ProposeSwap) command()     {}
func (AcceptSwap) command()      {}
func (DeclineSwap) command()     {}
func (AddTimeOff) command()      {}
func (RemoveTimeOff) command()   {}
func (SetShadow) command()       {}
func (EndShadow) command()       {}
func (Graduate) command()        {}
func (Tick) command()            {}
