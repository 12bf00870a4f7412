package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrInvalid is returned by Commit for changes that no store accepts, whatever
// it holds: a mistake of the caller, not of the moment.
var ErrInvalid = errors.New("the change is not valid")

// MaxName is the greatest length in bytes of a name: a kind, an id, an index
// key, a target, a destination or the key of a cause.
const MaxName = 1024

// CheckChanges reports, wrapped in ErrInvalid, what is wrong with changes by
// themselves. Every engine calls it before it looks at what it holds.
func CheckChanges(changes []Change) error {
	if err := checkCauses(changes); err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		if err := checkRecord(c); err != nil {
			return err
		}
		for j := range c.Put {
			if err := checkEffect(&c.Put[j]); err != nil {
				return err
			}
		}
		for j := range c.Settle {
			if err := checkSettlement(&c.Settle[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Moment is the time of a commit: the latest time at which something in it was
// decided, recorded or settled; zero if it names none. What a commit withdraws
// is settled then, and retention counts from then.
func Moment(changes []Change) time.Time {
	var latest time.Time
	see := func(t time.Time) {
		if t.After(latest) {
			latest = t
		}
	}
	for i := range changes {
		c := &changes[i]
		for j := range c.Events {
			see(c.Events[j].Recorded)
		}
		for j := range c.Put {
			see(c.Put[j].Created)
		}
		for j := range c.Settle {
			see(c.Settle[j].At)
		}
		for j := range c.Causes {
			see(c.Causes[j].At)
		}
	}
	return Time(latest)
}

func checkCauses(changes []Change) error {
	var seen []string
	for i := range changes {
		for j := range changes[i].Causes {
			c := &changes[i].Causes[j]
			if err := checkName("the key of a cause", c.Key); err != nil {
				return err
			}
			if c.At.IsZero() {
				return invalid("cause %q has no time", c.Key)
			}
			seen = append(seen, c.Key)
		}
	}
	slices.Sort(seen)
	for i := 1; i < len(seen); i++ {
		if seen[i] == seen[i-1] {
			return invalid("cause %q is given twice", seen[i])
		}
	}
	return nil
}

func checkRecord(c *Change) error {
	r := c.Record
	if r == nil {
		if len(c.Events) > 0 {
			return invalid("there are events without a record")
		}
		return nil
	}
	if len(c.Events) == 0 || r.Seq != c.Base+uint64(len(c.Events)) {
		return invalid("%s moves from %d to %d with %d events", r.Ref, c.Base, r.Seq, len(c.Events))
	}
	for i := range c.Events {
		e := &c.Events[i]
		if e.Seq != c.Base+uint64(i)+1 {
			return invalid("event %d of %s stands where %d belongs", e.Seq, r.Ref, c.Base+uint64(i)+1)
		}
		if err := checkName("the kind of an event", e.Kind); err != nil {
			return err
		}
	}
	if last := c.Events[len(c.Events)-1].Hash; len(last) == 0 || !bytes.Equal(last, r.Head) {
		return invalid("the events of %s are not sealed, or its head is not their last hash", r.Ref)
	}
	return checkStored(r)
}

// checkStored checks what a record says by itself.
func checkStored(r *Record) error {
	if err := checkName("a kind", r.Kind); err != nil {
		return err
	}
	if err := checkName("an id", r.ID); err != nil {
		return err
	}
	if y := r.Due.UTC().Year(); y > 9999 || y < 1 {
		return invalid("%s is due in the year %d", r.Ref, y)
	}
	return checkIndex(r)
}

func checkIndex(r *Record) error {
	for i, e := range r.Index {
		if err := checkName("an index", e.Index); err != nil {
			return err
		}
		if err := checkName("an index key", e.Key); err != nil {
			return err
		}
		for _, f := range r.Index[:i] {
			if f.Index == e.Index && f.Key == e.Key {
				return invalid("%s holds the key %q of the index %q twice", r.Ref, e.Key, e.Index)
			}
		}
	}
	return nil
}

func checkEffect(e *Effect) error {
	if err := checkName("the target of an effect", e.Target); err != nil {
		return err
	}
	if err := checkName("the kind of an effect", e.Kind); err != nil {
		return err
	}
	if err := checkName("the destination of an effect", e.Dest); err != nil {
		return err
	}
	if e.After != "" {
		if err := checkName("the target that an effect waits for", e.After); err != nil {
			return err
		}
	}
	if e.Class < Page || e.Class > Chatter {
		return invalid("effect %q has the class %d", e.Target, e.Class)
	}
	return nil
}

func checkSettlement(s *Settlement) error {
	switch {
	case !s.State.known():
		return invalid("effect %d is settled as %q", s.ID, s.State)
	case s.Free && s.State != Pending:
		return invalid("effect %d is settled as %s and its attempt taken back", s.ID, s.State)
	}
	return nil
}

func checkName(what, name string) error {
	switch {
	case name == "":
		return invalid("%s is empty", what)
	case len(name) > MaxName:
		return invalid("%s is %d bytes long, more than %d", what, len(name), MaxName)
	case strings.IndexByte(name, 0) >= 0:
		return invalid("%s contains a NUL byte", what)
	}
	return nil
}

// CheckNumber reports, wrapped in ErrInvalid, what is wrong with a kind of number.
func CheckNumber(kind string) error { return checkName("the kind of a number", kind) }

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
