package oncall

import "time"

// Preview is what applying a file would do.
type Preview struct {
	Change    Change    `json:"change"`
	Conflicts []string  `json:"conflicts"` // with what people changed in chat
	Warnings  []Problem `json:"warnings"`
	Events    []Event   `json:"-"` // what [Decide] would answer if gaps are allowed
}

// PreviewFile says what a file would change for people from now on, for as long as
// ahead, without changing anything. The error is that of [Decide].
func PreviewFile(r Record, file ApplyFile, now time.Time, ahead time.Duration) (Preview, error) {
	file.AllowGaps = true
	zones := NewZones(nil)
	events, err := Decide(r, file, now, zones)
	if err != nil {
		return Preview{}, err
	}
	next := r
	for _, e := range events {
		next = Apply(next, e)
	}
	after, err := CompileRecord(next, zones)
	if err != nil {
		return Preview{}, err
	}
	var before *Plan
	if r.current() != nil {
		if before, err = CompileRecord(r, zones); err != nil {
			return Preview{}, err
		}
	}
	return Preview{
		Change:    Diff(before, after, now, now.Add(ahead)),
		Conflicts: FileConflicts(r, file.Schedule, zones),
		Warnings:  Warnings(file.Schedule),
		Events:    events,
	}, nil
}
