package oncall

import (
	"fmt"
	"time"
)

// GapHorizon is how far ahead a new version is searched for new gaps.
const GapHorizon = 60 * 24 * time.Hour

// Decide says what a command leads to, or refuses it with an [*Error]. It changes
// nothing; [Apply] does. now is the time of the command.
func Decide(r Record, command Command, now time.Time, zones *Zones) ([]Event, error) {
	d := &decision{record: r, now: now.UTC().Truncate(time.Microsecond), zones: zones.orBest()}
	if file, ok := command.(ApplyFile); ok {
		return d.result(d.applyFile(file))
	}
	if r.current() == nil || r.Removed != nil {
		if _, ok := command.(Tick); ok {
			return nil, nil
		}
		return nil, errorf(CodeNotFound, "There is no schedule %q.", truncate(r.Name, maxName))
	}
	switch c := command.(type) {
	case RemoveSchedule:
		return d.result(d.removeSchedule(c))
	case AddOverride:
		return d.result(d.addOverride(c))
	case RemoveOverride:
		return d.result(d.removeOverride(c))
	case RequestCover:
		return d.result(d.requestCover(c))
	case AcceptCover:
		return d.result(d.acceptCover(c))
	case WithdrawRequest:
		return d.result(d.withdraw(c))
	case ProposeSwap:
		return d.result(d.proposeSwap(c))
	case AcceptSwap:
		return d.result(d.acceptSwap(c))
	case DeclineSwap:
		return d.result(d.declineSwap(c))
	case AddTimeOff:
		return d.result(d.addTimeOff(c))
	case RemoveTimeOff:
		return d.result(d.removeTimeOff(c))
	case SetShadow:
		return d.result(d.setShadow(c))
	case EndShadow:
		return d.result(d.endShadow(c))
	case Graduate:
		return d.result(d.graduate(c))
	case Tick:
		d.tick()
		return d.result(nil)
	}
	return nil, errorf(CodeInvalid, "A schedule does not understand %T.", command)
}

// decision is one command being decided.
type decision struct {
	record Record
	now    time.Time
	zones  *Zones
	events []Event
	lastID int64
}

func (d *decision) result(err *Error) ([]Event, error) {
	if err != nil {
		return nil, err
	}
	return d.events, nil
}

// emit adds an event and lets the record follow, so that what comes after in the
// same command sees it.
func (d *decision) emit(e Event) {
	e.At = d.now
	if d.lastID > d.record.LastID {
		e.LastID = d.lastID
	}
	d.events = append(d.events, e)
	d.record = Apply(d.record, e)
}

// id gives the next number with a letter before it.
func (d *decision) id(letter string) string {
	d.lastID = max(d.lastID, d.record.LastID) + 1
	return fmt.Sprintf("%s%d", letter, d.lastID)
}

// made describes a change of this command.
func (d *decision) made(letter, source, by string) Made {
	since := d.now
	return Made{ID: d.id(letter), Source: source, By: by, At: d.now, Since: &since, Zone: d.record.current().Schedule.TimeZone}
}

func (d *decision) plan() (*Plan, *Error) {
	p, err := CompileRecord(d.record, d.zones)
	if err != nil {
		return nil, errorf(CodeInvalid, "The schedule as stored cannot be used: %v", err)
	}
	return p, nil
}

// firstProblem turns what a compiler found into an answer.
func firstProblem(c *compiler) *Error {
	if len(c.problems) == 0 {
		return nil
	}
	p := c.problems[0]
	text := p.Message
	if p.Suggestion != "" {
		text += "; " + p.Suggestion
	}
	return errorf(CodeInvalid, "That does not work: %s.", text)
}

// when writes an instant in the schedule's zone as people read it.
func (d *decision) when(t time.Time) string {
	if z, err := d.zones.zone(d.record.current().Schedule.TimeZone); err == nil {
		t = t.In(z.loc)
	}
	return t.Format("Mon 2 Jan 2006 15:04 MST")
}
