package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// commitTime bounds one commit. A caller may give up earlier.
const commitTime = 10 * time.Second

// serve decides the jobs one after another and stores them in one commit. When
// somebody else was faster, or the outcome is unknown, it reads and decides again:
// causes make the repeat harmless. What one job alone cannot have must not spoil
// the others: they are then served one by one.
func (d *Desk) serve(jobs []*job) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	const tries = 5
	var err, doubt error
	for range tries {
		var judged bool
		if judged, err = d.attempt(ctx, jobs); err == nil {
			return
		}
		if errors.Is(err, storage.ErrUnknown) {
			doubt = err
		} else if judged {
			doubt = nil // the causes were not there, and it was not stored now
		}
		if !passing(err) {
			break
		}
	}
	if doubt != nil {
		err = doubt
	}
	switch {
	case errors.Is(err, storage.ErrUnknown), errors.Is(err, storage.ErrClosed):
		d.Broken(err)
	case errors.Is(err, context.DeadlineExceeded):
		err = ErrNotRecorded
	case errors.Is(err, storage.ErrConflict):
	case len(jobs) > 1: // on a full disk, some may be vital
		for _, j := range jobs {
			d.serve([]*job{j})
		}
		return
	}
	for _, j := range jobs {
		j.result = &Result{Err: err}
	}
}

// passing says whether deciding again may help. A stale lease does not come back:
// whoever has it now reports.
func passing(err error) bool {
	var dup *storage.DuplicateError
	return errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrTaken) || errors.Is(err, storage.ErrUnknown) || errors.As(err, &dup)
}

// unstored says whether a failed commit has certainly stored nothing, and found what
// it was decided on as it was.
func unstored(err error) bool {
	var dup *storage.DuplicateError
	known := errors.As(err, &dup)
	for _, e := range []error{storage.ErrFull, storage.ErrStale, storage.ErrInvalid, context.DeadlineExceeded, context.Canceled} {
		known = known || errors.Is(err, e)
	}
	return known && !errors.Is(err, storage.ErrUnknown)
}

// attempt decides all jobs on one unit and commits it. An error concerns all;
// judged says that the store was asked to commit.
func (d *Desk) attempt(ctx context.Context, jobs []*job) (judged bool, err error) {
	u := d.newUnit(ctx)
	for _, j := range jobs {
		if err := d.decide(u, j); err != nil {
			return false, err
		}
	}
	if err := u.showAlerts(); err != nil {
		return false, err
	}
	changes, err := u.changes()
	if err != nil {
		return false, err
	}
	signed := 0
	if jobs[0].alerts {
		if changes, signed, err = u.withSignatures(changes); err != nil {
			return false, err
		}
	}
	if len(changes) == 0 {
		d.learnAlerts(u)
		return false, nil
	}
	if err := d.Store.Commit(ctx, changes...); err != nil {
		if len(u.schedules.records) > 0 {
			d.plans.doubt()
		}
		if !unstored(err) {
			d.doubtAlerts(u)
		}
		return true, fmt.Errorf("commit %s: %w", u.what(), err)
	}
	d.plans.learn(u.schedules.compiled)
	d.learnAlerts(u)
	d.signed.stored(signed)
	u.learn()
	if slices.ContainsFunc(changes, stirs) {
		d.Wake()
	}
	return true, nil
}

// stirs says whether a change is the courier's or the watch's business.
func stirs(c storage.Change) bool {
	return len(c.Put) > 0 || len(c.Settle) > 0 || c.Record != nil && !c.Record.Due.IsZero()
}

// decide runs one job on the unit. A refusal is the job's own result and leaves
// no trace in the unit; an error that concerns the store, or of a free job, stops the
// attempt.
func (d *Desk) decide(u *unit, j *job) error {
	if j.free {
		return d.run(u, j)
	}
	if kept, again, err := u.kept(j.cause); err != nil {
		return err
	} else if again {
		return u.repeat(j, kept)
	}
	mark, before := u.mark(), u.decided()
	if err := d.run(u, j); err != nil {
		u.rewind(mark)
		if !refusal(err) {
			return err
		}
		if len(j.settle) == 0 {
			return nil
		}
	}
	if u.decided() > before || len(j.settle) > 0 || j.told {
		u.settle = append(u.settle, j.settle...)
		return u.addCause(j.cause, &j.result.Answer)
	}
	return nil
}

// kept is the answer to a cause that was committed before, or is in the unit.
func (u *unit) kept(cause string) (answer []byte, found bool, err error) {
	if answer, found, err = u.d.Store.Cause(u.ctx, cause); err != nil {
		return nil, false, fmt.Errorf("look up cause: %w", err)
	} else if !found {
		answer, found = u.causes[cause]
	}
	return answer, found, nil
}

// readAnswer reads the answer that was kept with a cause; a refusal if something else
// was asked.
func readAnswer(kept []byte, asked string) (Answer, error) {
	again := Answer{Repeated: true}
	if err := json.Unmarshal(kept, &again); err != nil {
		return again, fmt.Errorf("decode the answer of a cause: %w", err)
	}
	if again.Asked != asked {
		return again, refuse(KeyReused, "That key came before with another request. Use a new one for each thing you ask, and the same one only to repeat it.")
	}
	return again, nil
}

// repeat gives a job the answer that was kept with its cause.
func (u *unit) repeat(j *job, kept []byte) error {
	again, err := readAnswer(kept, j.asked)
	if refusal(err) {
		j.result = &Result{Err: err}
		return nil
	}
	if err != nil {
		return err
	}
	if again.Now, err = u.now(again.Incident); err == nil && again.First > 0 {
		again.Events, err = u.between(again.Incident, again.First, again.Last)
	}
	if err == nil && again.Page != "" {
		again.Paged, err = u.page(again.Page)
	}
	j.result = &Result{Answer: again}
	return err
}

// run runs a job for its result. A panic becomes an error: the input that caused it
// may come again, and others must be served.
func (d *Desk) run(u *unit, j *job) (err error) {
	j.result = nothing
	defer func() {
		if p := recover(); p != nil {
			d.Log.Error().Interface("panic", p).Bytes("stack", debug.Stack()).Msg("a command panicked")
			err = fmt.Errorf("decide: panic: %v", p)
		}
		if err != nil {
			j.result = &Result{Err: err}
		}
	}()
	if j.free {
		_, err = j.run(u)
		return err
	}
	j.result = &Result{}
	a := &j.result.Answer
	if *a, err = j.run(u); err == nil {
		a.Asked = j.asked
		if n := len(a.Events); n > 0 {
			a.First, a.Last = a.Events[0].Seq, a.Events[n-1].Seq
		}
	}
	return err
}
