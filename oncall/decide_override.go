package oncall

import (
	"slices"
	"strings"
	"time"
)

const maxStored = 5000

// Limits on overrides that people type: beyond is a slip, such as 2206 for 2026. What
// lasts longer is a change of the rotation.
const (
	maxOverride = instant(2 * 366 * day)
	farOverride = instant(10 * 366 * day)
)

func (d *decision) addOverride(c AddOverride) *Error {
	o := c.Override
	o.Swap = ""
	if len(d.record.Overrides) >= maxStored {
		return errorf(CodeConflict, "Schedule %q already has %d overrides, those of the last year among them. Change its rotation instead.", d.record.Name, maxStored)
	}
	check := &compiler{zones: d.zones}
	z := check.zone("", d.record.current().Schedule.TimeZone)
	made := check.override("", &o, z)
	if err := firstProblem(check); err != nil {
		return err
	}
	switch now := instantOf(d.now); {
	case made.to <= now:
		return errorf(CodeInvalid, "That time is over since %s. Give an end in the future.", d.when(made.to.time()))
	case made.to-made.from > maxOverride:
		return errorf(CodeInvalid, "That is longer than two years. Ask for a shorter time, or change the rotation.")
	case made.to-now > farOverride:
		return errorf(CodeInvalid, "That is more than ten years ahead. Correct its year.")
	}
	d.add(c.By.Name, o)
	return nil
}

// add stores overrides made by one command and returns their ids.
func (d *decision) add(by string, list ...Override) []string {
	var stored []StoredOverride
	var ids []string
	for _, o := range list {
		m := d.made("O", FromChat, by)
		stored = append(stored, StoredOverride{Made: m, Seq: d.lastID, Override: o})
		ids = append(ids, m.ID)
	}
	d.emit(Event{Kind: OverridesAdded, By: by, Overrides: stored})
	return ids
}

func (d *decision) removeOverride(c RemoveOverride) *Error {
	i := slices.IndexFunc(d.record.Overrides, func(o StoredOverride) bool { return strings.EqualFold(o.ID, c.ID) })
	if i < 0 {
		return errorf(CodeNotFound, "There is no override %s in schedule %q.", truncate(c.ID, 20), d.record.Name)
	}
	o := &d.record.Overrides[i]
	if _, to := o.span(d.zones); o.Ended != nil || to <= instantOf(d.now) {
		return errorf(CodeConflict, "Override %s is already over.", o.ID)
	}
	var ids []string
	for _, leg := range d.record.Overrides {
		if leg.ID == o.ID || o.Swap != "" && leg.Swap == o.Swap {
			ids = append(ids, leg.ID)
		}
	}
	d.end(OverridesEnded, ids, c.By.Name, FromChat)
	return nil
}

func (d *decision) addTimeOff(c AddTimeOff) *Error {
	if err := d.own(c.By, c.TimeOff.Person, "note time off"); err != nil {
		return err
	}
	if len(d.record.TimeOff) >= maxStored {
		return errorf(CodeConflict, "Schedule %q already has %d entries of time off.", d.record.Name, maxStored)
	}
	check := &compiler{zones: d.zones}
	z := check.zone("", d.record.current().Schedule.TimeZone)
	to := check.absence("", &c.TimeOff, z).to
	if err := firstProblem(check); err != nil {
		return err
	}
	if to <= instantOf(d.now) {
		return errorf(CodeInvalid, "That time is over since %s. Give an end in the future.", d.when(to.time()))
	}
	m := d.made("T", FromChat, c.By.Name)
	d.emit(Event{Kind: TimeOffAdded, By: c.By.Name, TimeOff: &StoredTimeOff{m, c.TimeOff}})
	return nil
}

func (d *decision) removeTimeOff(c RemoveTimeOff) *Error {
	o, ok := standingID(d.record.TimeOff, c.ID)
	if !ok {
		return errorf(CodeNotFound, "There is no time off %s in schedule %q.", truncate(c.ID, 20), d.record.Name)
	}
	if err := d.own(c.By, o.Person, "take back time off"); err != nil {
		return err
	}
	d.end(TimeOffEnded, []string{o.ID}, c.By.Name, FromChat)
	return nil
}

// own refuses those who act for others without being admins.
func (d *decision) own(by Actor, person, what string) *Error {
	if by.Name == person || by.Admin {
		return nil
	}
	return errorf(CodeForbidden, "Only %s or an admin can %s here.", person, what)
}

func (d *decision) setShadow(c SetShadow) *Error {
	check := &compiler{zones: d.zones}
	z := check.zone("", d.record.current().Schedule.TimeZone)
	q := check.shadow("", &c.Shadow, z)
	if err := firstProblem(check); err != nil {
		return err
	}
	if q.to <= instantOf(d.now) {
		return errorf(CodeInvalid, "That time is over since %s. Give an end in the future.", d.when(q.to.time()))
	}
	if len(d.record.Shadows) >= maxStored {
		return errorf(CodeConflict, "Schedule %q already has %d shadows.", d.record.Name, maxStored)
	}
	d.replaceShadow(c.By.Name, c.Shadow)
	return nil
}

func (d *decision) replaceShadow(by string, s Shadow) {
	d.endShadows(by, s.Person)
	m := d.made("S", FromChat, by)
	d.emit(Event{Kind: ShadowSet, By: by, Shadow: &StoredShadow{m, s}})
}

// endShadows ends all that a person shadows.
func (d *decision) endShadows(by, person string) {
	var ids []string
	for _, s := range d.record.Shadows {
		if _, to := s.span(d.zones); s.Person == person && s.Ended == nil && to > instantOf(d.now) {
			ids = append(ids, s.ID)
		}
	}
	d.end(ShadowEnded, ids, by, FromChat)
}

func (d *decision) endShadow(c EndShadow) *Error {
	s, ok := standingID(d.record.Shadows, c.ID)
	if !ok {
		return errorf(CodeNotFound, "There is no shadow %s in schedule %q.", truncate(c.ID, 20), d.record.Name)
	}
	if _, to := s.span(d.zones); to <= instantOf(d.now) {
		return errorf(CodeConflict, "Shadow %s is already over.", s.ID)
	}
	d.end(ShadowEnded, []string{s.ID}, c.By.Name, FromChat)
	return nil
}

// graduate moves a learner one step on.
func (d *decision) graduate(c Graduate) *Error {
	s, ok := d.record.Shadowing(c.Person, d.now)
	if !ok {
		return errorf(CodeInvalid, "%s is not shadowing anybody in schedule %q. Set a shadow first.", truncate(c.Person, maxName), d.record.Name)
	}
	if s.Kind != ReverseShadowKind {
		return d.setShadow(SetShadow{By: c.By, Shadow: Shadow{Person: s.Person, With: s.With, Kind: ReverseShadowKind, JoinAfter: c.JoinAfter, To: s.To}})
	}
	next, joined := d.record.current().Schedule, []Join{}
	next.Layers = slices.Clone(next.Layers)
	for k := range next.Layers {
		r := &next.Layers[k].Rotation
		if slices.Contains(r.People, s.With) && !slices.Contains(r.People, s.Person) {
			r.People = insertAfter(r.People, s.With, s.Person)
			joined = append(joined, Join{Layer: next.Layers[k].Name, Person: s.Person, After: s.With, By: c.By.Name, At: d.now})
		}
	}
	if len(joined) == 0 {
		return errorf(CodeInvalid, "%s stands in no rotation that %s could join. Add %s to the file.", s.With, s.Person, s.Person)
	}
	at := d.now
	v := Version{EffectiveAt: &at, Schedule: next, Anchors: d.anchors(&next), By: c.By.Name}
	d.endShadows(c.By.Name, s.Person)
	for _, j := range joined {
		d.emit(Event{Kind: Joined, By: c.By.Name, Join: &j})
	}
	d.emit(Event{Kind: VersionApplied, By: c.By.Name, Name: d.record.Name, Version: &v})
	return nil
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
