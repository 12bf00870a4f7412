package oncall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// applyFile makes the file's schedule the next version, and brings overrides,
// shadows and time off that come from files in line with it.
func (d *decision) applyFile(c ApplyFile) *Error {
	if d.record.Name != "" && c.Schedule.Name != d.record.Name {
		return errorf(CodeInvalid, "The file is about schedule %q, not %q.", truncate(c.Schedule.Name, maxName), d.record.Name)
	}
	if _, err := Compile(c.Schedule, d.zones); err != nil {
		return errorf(CodeInvalid, "%s", err.Error())
	}
	before, first := d.record, d.record.current() == nil
	d.version(c, first)
	d.fileOverrides(c, first)
	d.fileShadows(c, first)
	d.fileTimeOff(c, first)
	if c.AllowGaps || first {
		return nil
	}
	return d.refuseGaps(before)
}

func (d *decision) refuseGaps(before Record) *Error {
	was, err := CompileRecord(before, d.zones)
	if err != nil {
		return nil // what cannot be compared cannot be worse
	}
	is, bad := d.plan()
	if bad != nil {
		return bad
	}
	change := Diff(was, is, d.now, d.now.Add(GapHorizon))
	if len(change.NewGaps) == 0 {
		return nil
	}
	var lines []string
	for i, s := range change.gapSentences() {
		if i == 5 {
			lines = append(lines, fmt.Sprintf("and %d more", len(change.NewGaps)-i))
			break
		}
		lines = append(lines, s)
	}
	return errorf(CodeConflict, "Schedule %q would leave nobody on call: %s. Cover it, or allow gaps.", d.record.Name, strings.Join(lines, "; "))
}

// version adds a version if the layers and what belongs to them differ from those in
// force.
func (d *decision) version(c ApplyFile, first bool) {
	next := d.withJoins(c.Schedule)
	next.Overrides, next.Shadows, next.TimeOff = nil, nil, nil
	v := Version{Schedule: next, By: c.By.Name}
	if !first {
		was := d.record.current()
		if d.record.Removed == nil && sameSchedule(&was.Schedule, &next) {
			return
		}
		at := d.now
		v.EffectiveAt = &at
		v.Anchors = d.anchors(&next)
	}
	d.emit(Event{Kind: VersionApplied, By: c.By.Name, Name: next.Name, Version: &v})
}

// sameSchedule compares what would be stored, in which an empty list and none are one.
func sameSchedule(a, b *Schedule) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// anchors keeps those on duty now where they are under the next layers.
func (d *decision) anchors(next *Schedule) []Anchor {
	was, err := CompileRecord(d.record, d.zones)
	if err != nil {
		return nil
	}
	is, err := Compile(*next, d.zones)
	if err != nil {
		return nil
	}
	return anchors(was.eras[len(was.eras)-1].layers, is.eras[0].layers, instantOf(d.now))
}

// withJoins adds those who joined a rotation in chat and whom the file does not know
// yet. Where the file does know them, or has lost the layer, the matter is settled.
func (d *decision) withJoins(s Schedule) Schedule {
	s.Layers = slices.Clone(s.Layers)
	for _, j := range d.record.Joins {
		i := slices.IndexFunc(s.Layers, func(l Layer) bool { return l.Name == j.Layer })
		if i < 0 || slices.Contains(s.Layers[i].Rotation.People, j.Person) || len(s.Layers[i].Rotation.Pools) > 0 {
			d.emit(Event{Kind: JoinSettled, Join: &j})
			continue
		}
		s.Layers[i].Rotation.People = insertAfter(s.Layers[i].Rotation.People, j.After, j.Person)
	}
	return s
}

func insertAfter(people []string, after, person string) []string {
	i := slices.Index(people, after)
	if i < 0 {
		i = len(people) - 1
	}
	return slices.Insert(slices.Clone(people), i+1, person)
}

// fileOverrides matches the file's list with what is stored from files, in order.
// What the file no longer has ends now; what is new, or stands in another order, is
// made now. An override that people took back in chat stays taken back.
func (d *decision) fileOverrides(c ApplyFile, first bool) {
	var ended []string
	var added []StoredOverride
	stored := slices.DeleteFunc(slices.Clone(d.record.Overrides), func(o StoredOverride) bool {
		return o.Source != FromFile || o.Ended != nil && o.EndedBy == FromFile
	})
	for _, o := range c.Schedule.Overrides {
		i := slices.IndexFunc(stored, func(s StoredOverride) bool { return s.Override == o && s.Zone == c.Schedule.TimeZone })
		if i >= 0 {
			ended = append(ended, live(stored[:i])...)
			stored = stored[i+1:]
			continue
		}
		fresh := StoredOverride{Made: d.fileMade("O", c, first), Seq: d.lastID, Override: o}
		if from, to := fresh.span(d.zones); from < to { // what is over could not come true any more
			added = append(added, fresh)
		}
	}
	d.end(OverridesEnded, append(ended, live(stored)...), c.By.Name, FromFile)
	if len(added) > 0 {
		d.emit(Event{Kind: OverridesAdded, By: c.By.Name, Overrides: added})
	}
}

// end takes changes back, if there are any.
func (d *decision) end(kind string, ids []string, by, source string) {
	if len(ids) > 0 {
		d.emit(Event{Kind: kind, By: by, Ended: ids, EndedBy: source})
	}
}

// fileMade describes a change that a file brought; the first file holds for all time.
func (d *decision) fileMade(letter string, c ApplyFile, first bool) Made {
	m := d.made(letter, FromFile, c.By.Name)
	if first {
		m.Since = nil
	}
	return m
}

func (d *decision) fileShadows(c ApplyFile, first bool) {
	ended, fresh := compareFile(d.record.Shadows, func(s *StoredShadow) Shadow { return s.Shadow }, c.Schedule.Shadows)
	d.end(ShadowEnded, ended, c.By.Name, FromFile)
	for _, s := range fresh {
		d.emit(Event{Kind: ShadowSet, By: c.By.Name, Shadow: &StoredShadow{d.fileMade("S", c, first), s}})
	}
}

func (d *decision) fileTimeOff(c ApplyFile, first bool) {
	ended, fresh := compareFile(d.record.TimeOff, func(o *StoredTimeOff) TimeOff { return o.TimeOff }, c.Schedule.TimeOff)
	d.end(TimeOffEnded, ended, c.By.Name, FromFile)
	for _, o := range fresh {
		d.emit(Event{Kind: TimeOffAdded, By: c.By.Name, TimeOff: &StoredTimeOff{d.fileMade("T", c, first), o}})
	}
}

// removeSchedule ends the schedule by a version without layers, and with it all that
// people changed and that is not over.
func (d *decision) removeSchedule(c RemoveSchedule) *Error {
	name := d.record.Name
	switch {
	case len(c.UsedBy) > 0:
		return errorf(CodeConflict, "Schedule %q cannot be removed: %s. Point that to another schedule, start Watchbill with it, and remove this one then.", name, joinAnd(c.UsedBy))
	case c.Written != "":
		return errorf(CodeConflict, "Schedule %q cannot be removed: it stands in %s, and the next start would bring it back. Take it out there, start Watchbill with that, and remove it then.", name, c.Written)
	}
	for _, q := range d.record.Requests {
		if q.Status == RequestOpen {
			d.close(q, RequestWithdrawn, c.By.Name)
		}
	}
	d.end(OverridesEnded, live(d.record.Overrides), c.By.Name, FromFile)
	d.end(ShadowEnded, live(d.record.Shadows), c.By.Name, FromFile)
	d.end(TimeOffEnded, live(d.record.TimeOff), c.By.Name, FromFile)
	s := d.record.current().Schedule
	s.Layers = nil
	at := d.now
	d.emit(Event{Kind: ScheduleRemoved, By: c.By.Name, Version: &Version{EffectiveAt: &at, Schedule: s, By: c.By.Name}})
	return nil
}
