package oncall

import (
	"fmt"
	"slices"
)

// FileConflicts names, in sentences, what a file says against what people changed
// in chat; the changes made in chat hold.
func FileConflicts(r Record, file Schedule, zones *Zones) []string {
	out, zones := []string{}, zones.orBest()
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, j := range r.Joins {
		i := slices.IndexFunc(file.Layers, func(l Layer) bool { return l.Name == j.Layer })
		switch {
		case i < 0:
			say("%s joined layer %q in chat, and the file has no such layer", j.Person, j.Layer)
		case !slices.Contains(file.Layers[i].Rotation.People, j.Person):
			say("%s joined layer %q in chat and stays; the file does not name them yet", j.Person, j.Layer)
		}
	}
	for i := range r.Overrides {
		o := &r.Overrides[i]
		if o.endedInChat() && slices.Contains(file.Overrides, o.Override) {
			say("%s was taken back in chat and stays so; the file still has it", o.why("", zones))
		}
		if o.Source == FromFile || o.Ended != nil {
			continue
		}
		for _, f := range file.Overrides {
			theirs := StoredOverride{Made: Made{Zone: file.TimeZone}, Override: f}
			if f.Replaces != "" && f.Replaces == o.Replaces && f.Person != o.Person && o.meets(&theirs, zones) {
				say("the file's %s meets one made in chat, %s", theirs.why("", zones), o.why(o.By, zones))
			}
		}
	}
	for _, s := range r.Shadows {
		if s.endedInChat() && slices.Contains(file.Shadows, s.Shadow) {
			say("%s no longer shadows %s by a change in chat; the file still says so", s.Person, s.With)
		}
	}
	for _, o := range r.TimeOff {
		if o.endedInChat() && slices.Contains(file.TimeOff, o.TimeOff) {
			say("the time off of %s from %s to %s was taken back in chat and stays so; the file still has it", o.Person, o.From, o.To)
		}
	}
	return out
}

// endedInChat says whether people took back what a file said.
func (m *Made) endedInChat() bool { return m.Source == FromFile && m.EndedBy == FromChat }

func (o *StoredOverride) meets(other *StoredOverride, zones *Zones) bool {
	a, b := o.span(zones)
	x, y := other.span(zones)
	return max(a, x) < min(b, y)
}
