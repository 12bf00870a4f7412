package storage

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps records, events and effects. All methods may be called from many
// goroutines. Slices that a store returns belong to the caller. A limit of 0
// means no limit.
type Store interface {
	// Commit applies the changes together. When it returns nil they are
	// durable; every compare-and-swap, unique index entry, cause and lease held.
	// Errors: ErrInvalid, *DuplicateError, ErrStale, ErrConflict and ErrTaken (if
	// several apply, the first in this order) mean that nothing was stored;
	// unique entries are judged by how the whole commit leaves them. ErrFull that nothing was stored for want of space;
	// ErrUnknown that the outcome must be read back; a context error that the
	// change was withdrawn before it was written, unless ErrUnknown says else.
	Commit(ctx context.Context, changes ...Change) error

	// Number returns the next number of a kind ("INC", "PAGE"), rising from 1.
	// A number that was in a successful commit is never handed out again; gaps
	// are allowed. A kind that is no name is ErrInvalid.
	Number(ctx context.Context, kind string) (uint64, error)

	// Get returns one record, or ErrNotFound.
	Get(ctx context.Context, ref Ref) (Record, error)

	// List returns the records that hold an entry of the index whose key begins
	// with prefix and is greater than after, by rising key (records that share
	// a key: by kind and id), at most limit. What is read in pages needs keys
	// that no two records share.
	List(ctx context.Context, index, prefix, after string, limit int) ([]Row, error)

	// Events returns a record's events with Seq greater than after, in order,
	// at most limit (0: all).
	Events(ctx context.Context, ref Ref, after uint64, limit int) ([]Event, error)

	// Changed returns the commits that changed a record, after the position, in
	// the order in which they happened, at most limit. Positions rise, with
	// gaps: a commit that moved no record is not shown.
	Changed(ctx context.Context, after uint64, limit int) ([]Commit, error)

	// Due returns the records whose due time is not later than until, earliest
	// first, at most limit.
	Due(ctx context.Context, until time.Time, limit int) ([]DueRow, error)

	// Cause returns the answer kept for a cause that was committed, and whether
	// there is one. Causes are kept for at least CauseLife.
	Cause(ctx context.Context, key string) (answer []byte, found bool, err error)

	// Lease hands out effects to be delivered. See LeaseRequest.
	Lease(ctx context.Context, req LeaseRequest) (Leases, error)

	// Effects returns effects by rising ID for people and checks: those in one
	// of the states (none given: all), ID greater than after, at most limit.
	Effects(ctx context.Context, after uint64, limit int, states ...State) ([]Effect, error)

	// Receipt returns what delivery keeps about a target, nil if nothing.
	Receipt(ctx context.Context, target string) ([]byte, error)

	// Sweep forgets what has outlived its use at now: causes older than
	// CauseLife, settled effects and commit positions older than SettledLife.
	// One call does a bounded amount of work and says whether more is left.
	Sweep(ctx context.Context, now time.Time) (more bool, err error)

	// Dump calls f with everything in the store, from one consistent moment, in
	// an order that Load accepts. The rows are portable between engines.
	Dump(ctx context.Context, f func(Portable) error) error

	// Load fills an empty store from rows of Dump; next returns io.EOF at the
	// end. A store that is not empty is refused, and so is what is not a whole
	// dump (see Whole): the store stays empty.
	Load(ctx context.Context, next func() (Portable, error)) error

	// Close waits for commits under way and releases the store.
	Close() error
}

// How long a store keeps what only matters for a while.
const (
	CauseLife   = 48 * time.Hour
	SettledLife = 30 * 24 * time.Hour
)

// Errors that a store returns, to be tested with errors.Is.
var (
	// ErrNotFound is returned when there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrConflict is returned when a record is no longer at the change's Base.
	ErrConflict = errors.New("the record has changed")
	// ErrTaken is returned when a unique index entry belongs to another record.
	ErrTaken = errors.New("a unique index entry is taken")
	// ErrStale is returned when a settlement names an attempt that is not the
	// effect's last one: its lease has passed to somebody else.
	ErrStale = errors.New("the lease has passed on")
	// ErrFull is returned when there is no space for new work.
	ErrFull = errors.New("the disk is full")
	// ErrUnknown is returned when a commit may or may not have happened.
	ErrUnknown = errors.New("the outcome of the commit is unknown")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("the store is closed")
	// ErrSwept is returned by Changed, in a *SweptError, when positions after the given one
	// have been swept: start again from the records, or from the last that was swept.
	ErrSwept = errors.New("that position has been swept")
)

// DuplicateError says that a cause was committed before, and with what answer.
type DuplicateError struct {
	Key    string
	Answer []byte
}

func (e *DuplicateError) Error() string { return fmt.Sprintf("cause %q was committed before", e.Key) }

// SweptError is an ErrSwept that says which position was swept last.
type SweptError struct{ Last uint64 }

func (e *SweptError) Error() string { return ErrSwept.Error() }

func (e *SweptError) Unwrap() error { return ErrSwept }

// Ref names a record: its kind ("incident") and its id within the kind ("INC-42").
type Ref struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

func (r Ref) String() string { return r.Kind + " " + r.ID }

// Record is the current truth about one thing, as a store keeps it.
type Record struct {
	Ref
	// Seq is the sequence number of the record's last event; events are dense
	// from 1.
	Seq uint64 `json:"seq"`
	// Head is the chain hash of the record's last event.
	Head []byte `json:"head,omitempty"`
	// Due is when the record wants a command, in UTC; zero: never.
	Due time.Time `json:"due,omitzero"`
	// Index is the complete set of index entries of the record.
	Index []Entry `json:"index,omitempty"`
	// Body is the record itself as JSON; only the desk decodes it.
	Body []byte `json:"body"`
}

// Entry is a place of a record in an index. Keys contain no NUL byte. A unique
// entry can be held by one record only.
type Entry struct {
	Index  string `json:"index"`
	Key    string `json:"key"`
	Unique bool   `json:"unique,omitempty"`
}

// Row is a record found through an index.
type Row struct {
	Key string
	Record
}

// DueRow is a record that is due.
type DueRow struct {
	Ref
	At time.Time
}

// Event is one thing that happened to a record.
type Event struct {
	Seq  uint64 `json:"seq"`
	Kind string `json:"kind"`
	// At is when it happened, Recorded when Watchbill wrote it down, both in UTC
	// to the microsecond.
	At       time.Time `json:"at"`
	Recorded time.Time `json:"recorded"`
	// Salt and Body are the payload (JSON). An erased event has neither, and
	// Digest instead.
	Salt []byte `json:"salt,omitempty"`
	Body []byte `json:"body,omitempty"`
	// Digest is the salted hash of an erased payload; nil while it is there.
	Digest []byte `json:"digest,omitempty"`
	// Hash chains the event to the one before it; see Seal.
	Hash []byte `json:"hash"`
}

// Change is one part of a commit: a new version of a record with the events
// that led to it (at least one), or only effects, or both. Outcomes are settled
// first, then targets withdrawn, then effects put.
type Change struct {
	// Record is the record after the change; nil: the change has no record.
	Record *Record
	// Base is the Seq the change was decided on; 0: the record must not exist.
	Base uint64
	// Events are the events Base+1 to Record.Seq, sealed.
	Events []Event
	// Put are effects to add. A level effect takes the place of the unsettled
	// row of its Target, keeps that row's ID and place (destination), when it was
	// created and what it waits for before a retry, and never lowers its Seq; ID,
	// State and Attempts are the store's.
	Put []Effect
	// Withdraw names targets whose unsettled rows are no longer wanted. A row
	// that is out on a lease stays: its courier asks again before it sends.
	Withdraw []string
	// Settle are outcomes of leased effects.
	Settle []Settlement
	// Causes are the identities of the inputs that this change answers.
	Causes []Cause
	// Vital marks work on what is already open (an acknowledgement, an
	// escalation, a settlement): it may use the space kept for a full disk.
	Vital bool
}

// Cause is the identity of an input and the answer to repeat if it comes again.
type Cause struct {
	Key    string    `json:"key"`
	Answer []byte    `json:"answer,omitempty"`
	At     time.Time `json:"at"`
}

// Commit is one commit as Changed shows it. At is its Moment, by the clock of then: in
// UTC to the microsecond, and earlier than that of the commit before it where the clock
// was set back.
type Commit struct {
	Position uint64
	At       time.Time
	Changed  []Moved
}

// Moved says which events a commit added to a record: From+1 to To.
type Moved struct {
	Ref
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Portable is one row of a dump; exactly one field is set.
type Portable struct {
	Format  int         `json:"format,omitempty"`
	Record  *Record     `json:"record,omitempty"`
	Events  *EventsOf   `json:"events,omitempty"`
	Effect  *Effect     `json:"effect,omitempty"`
	Receipt *ReceiptOf  `json:"receipt,omitempty"`
	Number  *NumberOf   `json:"number,omitempty"`
	Commit  *CommitWith `json:"commit,omitempty"`
	Last    *Last       `json:"last,omitempty"`
}

// Format is the number of the form in which dumps are written: the first row.
const Format = 1

// CheckFormat reports whether this program reads dumps of a format.
func CheckFormat(format int) error {
	if format > Format {
		return fmt.Errorf("the dump has the format %d and this program reads up to %d: use the release that wrote it, or a newer one", format, Format)
	}
	return nil
}

// EventsOf are some consecutive events of a record.
type EventsOf struct {
	Ref    Ref     `json:"ref"`
	Events []Event `json:"events"`
}

// ReceiptOf is what delivery keeps about a target.
type ReceiptOf struct {
	Target string `json:"target"`
	Body   []byte `json:"body"`
}

// NumberOf is the last number given out of a kind.
type NumberOf struct {
	Kind string `json:"kind"`
	Last uint64 `json:"last"`
}

// CommitWith is a commit with its causes and its Moment, as a dump carries it.
type CommitWith struct {
	Position uint64    `json:"position"`
	At       time.Time `json:"at,omitzero"`
	Changed  []Moved   `json:"changed,omitempty"`
	Causes   []Cause   `json:"causes,omitempty"`
}

// Last are the last effect ID and commit position that a store gave, and the
// last position that it swept: none of them is given again after a Load.
type Last struct {
	Effect   uint64 `json:"effect,omitempty"`
	Position uint64 `json:"position,omitempty"`
	Swept    uint64 `json:"swept,omitempty"`
}
