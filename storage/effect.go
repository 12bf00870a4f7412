package storage

import "time"

// Class orders effects between destinations: what wakes people goes first.
type Class int

// The classes, in the order in which they are sent.
const (
	Page Class = iota + 1
	Card
	Chatter
)

// State is where an effect stands.
type State string

// The states of an effect. Pending rows are waiting or out on a lease; the
// others are settled and stay readable for SettledLife.
const (
	Pending   State = "pending"
	Done      State = "done"
	Dead      State = "dead"
	Withdrawn State = "withdrawn"
	Folded    State = "folded"
)

// Shows says whether what was owed has been shown, alone or with others.
func (s State) Shows() bool { return s == Done || s == Folded }

func (s State) known() bool {
	return s == Pending || s == Dead || s == Withdrawn || s.Shows()
}

// Effect is something owed to the outside world.
type Effect struct {
	// ID is given by the store, rising: the order within a destination.
	ID uint64 `json:"id"`
	// Target is what the effect writes to ("card/INC-1"). The receipt of a
	// delivery is kept by target.
	Target string `json:"target"`
	// Level effects ("the card shows the record") have one unsettled row per
	// target; edge effects ("post this") have a target of their own.
	Level bool `json:"level,omitempty"`
	// Kind says which deliverer handles it ("slack.card").
	Kind string `json:"kind"`
	// Dest is the queue: rows of one destination go out one at a time in order
	// of ID. It begins with the medium ("slack/room/INC-1").
	Dest  string `json:"dest"`
	Class Class  `json:"class"`
	// After names a target whose receipt must be there before this may go.
	After string `json:"after,omitempty"`
	// Record and Seq name the record that owes it and, for a level effect, the
	// sequence the target must show at least.
	Record Ref    `json:"record"`
	Seq    uint64 `json:"seq"`
	// Body is JSON that the deliverer understands.
	Body []byte `json:"body,omitempty"`
	// Created is when it was decided, for a level effect the oldest decision that
	// its target may not show yet; NotBefore the earliest next attempt.
	Created   time.Time `json:"created"`
	NotBefore time.Time `json:"not_before,omitzero"`
	// Attempts counts leases; LeaseUntil is when the present one runs out.
	Attempts   int       `json:"attempts,omitempty"`
	LeaseUntil time.Time `json:"lease_until,omitzero"`
	State      State     `json:"state"`
	// Settled is when it left Pending.
	Settled time.Time `json:"settled,omitzero"`
	// Note says why it was retried, withdrawn or given up.
	Note string `json:"note,omitempty"`
}

// LeaseRequest asks for effects to deliver. A store hands out, by class and
// then by ID, rows that are pending, not before Now, not on a valid lease, whose
// After target has a receipt, and that are first of their destination: the row
// with the lowest ID among the unsettled rows of the destination. Two rows of
// one destination are never out at once.
type LeaseRequest struct {
	Now   time.Time
	Until time.Time
	Limit int
	// Except leaves alone destinations that begin with one of these.
	Except []string
	// Furthest is until when a row with a note, which was tried, can have to wait. One that
	// waits longer was put off by a clock that has been set back since, and is free; zero:
	// it may wait for any time.
	Furthest time.Time
	// Early are rows that need not wait any longer: what they waited for is over.
	Early []uint64
}

// Leases are the effects handed out, and when to ask again: the earliest time at
// which a row that is waiting may become free by itself (zero: none; Now: there
// are more than Limit).
type Leases struct {
	Leased []Leased
	Next   time.Time
}

// Leased is an effect on a lease: Attempts is the number to settle it with.
type Leased struct {
	Effect
	// Receipt is what is kept about Target, After about the target waited for.
	Receipt      []byte
	AfterReceipt []byte
}

// Settlement is the outcome of one attempt. Folded may also settle a row that is
// not out on a lease: whoever has the first row of a destination tells the rows
// behind it, which nobody else can have.
type Settlement struct {
	ID      uint64
	Attempt int
	// State Pending keeps the row for another attempt at NotBefore. Done or Folded
	// of a level effect whose wanted Seq has risen above Seq keeps it pending too.
	State     State
	Seq       uint64
	NotBefore time.Time
	At        time.Time
	Note      string
	// Receipt replaces what is kept about the target; nil leaves it, an empty
	// slice removes it.
	Receipt []byte
	// Free takes back the attempt: nothing was tried, for example because of a
	// rate limit.
	Free bool
}
