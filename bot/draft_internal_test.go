package bot

import (
	"testing"

	"github.com/watchbill/watchbill/incident/postmortem"
)

// What was never reopened was open for as long as it took to resolve it: the message
// says that once. What is not known is said of each.
func TestDraftShowsEachLengthOnce(t *testing.T) {
	length, other := 40.0, 20.0
	d := postmortem.Draft{Intervals: []postmortem.Interval{
		{Name: "declared_to_resolved", Seconds: &length, From: 1, To: 23},
		{Name: "open", Seconds: &length, From: 1, To: 23},
		{Name: "impact_to_detected"}, {Name: "impact_to_mitigated"},
	}}
	if got := len(draftFor(d).Figures); got != 3 {
		t.Errorf("%d figures, want 3", got)
	}
	d.Intervals[1].Seconds = &other
	if got := len(draftFor(d).Figures); got != 4 {
		t.Errorf("after a reopening %d figures, want 4", got)
	}
}
