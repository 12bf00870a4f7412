package storage

import (
	"errors"
	"fmt"
	"io"
)

// mostGiven bounds the numbers of a dump, so that those that follow do not overflow.
const mostGiven = 1 << 53

// Whole is next for Load, and every engine's Load reads through it: rows are handed on as
// long as they are those of a whole dump. Its error says what is wrong: the dump is cut off,
// has a format that this program does not read, or holds what a store never does or what
// Verify would call a problem (without folds).
func Whole(next func() (Portable, error)) func() (Portable, error) {
	d := &dumped{verifier: newVerifier(nil)}
	return func() (Portable, error) {
		p, err := next()
		switch {
		case errors.Is(err, io.EOF) && d.last == nil:
			return p, errors.New("the dump is cut off: its last row is missing")
		case errors.Is(err, io.EOF):
			d.finish()
		case err == nil:
			err = d.next(&p)
		}
		if problems := d.report.Problems; len(problems) > 0 {
			return p, errors.New(problems[0].String())
		}
		return p, err
	}
}

// dumped is what was seen of a dump.
type dumped struct {
	*verifier
	begun          bool
	last           *Last
	effect, commit uint64 // the latest
	target         string // of the latest receipt
}

func (d *dumped) next(p *Portable) error {
	set := 0
	for _, is := range []bool{p.Format != 0, p.Record != nil, p.Events != nil, p.Effect != nil, p.Receipt != nil, p.Number != nil, p.Commit != nil, p.Last != nil} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return fmt.Errorf("it says %d things, and must say one", set)
	case d.last != nil || d.begun == (p.Format != 0):
		return errors.New("a dump begins with its format, and ends with what was given out last")
	}
	d.begun = true
	if err := d.alone(p); err != nil {
		return err
	}
	return d.row(*p)
}

// alone checks a row by itself, and that rows of its kind rise.
func (d *dumped) alone(p *Portable) error {
	switch {
	case p.Format < 0:
		return fmt.Errorf("there is no format %d", p.Format)
	case p.Record != nil:
		return checkStored(p.Record)
	case p.Events != nil:
		for i := range p.Events.Events {
			if err := checkName("the kind of an event", p.Events.Events[i].Kind); err != nil {
				return err
			}
		}
	case p.Effect != nil:
		if e := p.Effect; e.ID <= d.effect || e.ID > mostGiven || !e.State.known() {
			return fmt.Errorf("the effect %d with the state %q cannot follow the effect %d", e.ID, e.State, d.effect)
		}
		d.effect = p.Effect.ID
		return checkEffect(p.Effect)
	case p.Receipt != nil:
		if p.Receipt.Target <= d.target {
			return fmt.Errorf("the receipt of %q cannot follow that of %q", p.Receipt.Target, d.target)
		}
		d.target = p.Receipt.Target
		return checkName("the target of a receipt", p.Receipt.Target)
	case p.Number != nil:
		if _, twice := d.numbers[p.Number.Kind]; twice || p.Number.Last > mostGiven {
			return fmt.Errorf("the number of %q cannot be %d, or is given twice", p.Number.Kind, p.Number.Last)
		}
		return CheckNumber(p.Number.Kind)
	case p.Commit != nil:
		d.commit = p.Commit.Position
		return checkCauses([]Change{{Causes: p.Commit.Causes}})
	case p.Last != nil:
		d.last = p.Last
		if l := d.last; l.Effect < d.effect || l.Position < d.commit || l.Swept > l.Position || max(l.Effect, l.Position) > mostGiven {
			return errors.New("what was given out last lies before what is there, or beyond all bounds")
		}
	}
	return nil
}
