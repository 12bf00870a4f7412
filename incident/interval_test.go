package incident

import (
	"testing"
	"time"
)

// ev is an event so many minutes after noon.
func ev(k Kind, minutes int, person string) Event {
	return Event{Kind: k, At: noon.Add(time.Duration(minutes) * time.Minute), Person: person, Answered: k == LeadSet && person != ""}
}

func TestMeasure(t *testing.T) {
	const unknown = -1
	for _, c := range []struct {
		name                                 string
		events                               []Event
		acknowledge, command, resolve, inAll int
	}{
		{"nothing", nil, unknown, unknown, unknown, unknown},
		{"declared", []Event{ev(Declared, 0, "")}, unknown, unknown, unknown, unknown},
		{"a simple one", []Event{ev(Declared, 0, ""), ev(Paged, 1, ""), ev(PageAcknowledged, 4, "sre1"), ev(LeadSet, 5, "sre1"), ev(WasResolved, 30, ""), ev(WasClosed, 60, "")}, 3, 5, 30, 30},
		{"everything at once", []Event{ev(Declared, 0, ""), ev(Paged, 0, ""), ev(PageAcknowledged, 0, "sre1"), ev(LeadSet, 0, "sre1"), ev(WasResolved, 0, "")}, 0, 0, 0, 0},
		{"closed without a resolution", []Event{ev(Declared, 0, ""), ev(WasClosed, 20, "")}, unknown, unknown, 20, 20},
		{"never resolved", []Event{ev(Declared, 0, ""), ev(Updated, 20, "")}, unknown, unknown, unknown, unknown},
		{"reopened and open", []Event{ev(Declared, 0, ""), ev(WasResolved, 10, ""), ev(WasReopened, 15, "")}, unknown, unknown, unknown, unknown},
		{"reopened once", []Event{ev(Declared, 0, ""), ev(WasResolved, 10, ""), ev(WasReopened, 15, ""), ev(WasResolved, 40, "")}, unknown, unknown, 40, 35},
		{"reopened after it was closed", []Event{ev(Declared, 0, ""), ev(WasResolved, 10, ""), ev(WasClosed, 12, ""), ev(WasReopened, 15, ""), ev(WasClosed, 20, "")}, unknown, unknown, 20, 15},
		{"reopened twice", []Event{ev(Declared, 0, ""), ev(WasResolved, 10, ""), ev(WasReopened, 20, ""), ev(WasResolved, 25, ""), ev(WasReopened, 30, ""), ev(WasResolved, 60, "")}, unknown, unknown, 60, 45},
		{"the first page and the first answer count", []Event{ev(Declared, 0, ""), ev(Paged, 2, ""), ev(Paged, 7, ""), ev(PageAcknowledged, 9, "sre2"), ev(PageAcknowledged, 11, "sre1")}, 7, unknown, unknown, unknown},
		{"answered by nobody", []Event{ev(Declared, 0, ""), ev(Paged, 2, ""), ev(PageAcknowledged, 5, ""), ev(PageAcknowledged, 9, "sre1")}, 7, unknown, unknown, unknown},
		{"answered without a page", []Event{ev(Declared, 0, ""), ev(PageAcknowledged, 5, "sre1")}, unknown, unknown, unknown, unknown},
		{"answered before the page", []Event{ev(Declared, 0, ""), ev(Paged, 8, ""), ev(PageAcknowledged, 5, "sre1")}, unknown, unknown, unknown, unknown},
		{"named and silent", []Event{ev(Declared, 0, ""), ev(LeadSet, 2, ""), ev(LeadSet, 6, "sre1"), ev(LeadSet, 9, "sre2")}, unknown, 6, unknown, unknown},
		{"led before it was declared", []Event{ev(Declared, 5, ""), ev(LeadSet, 2, "sre1")}, unknown, unknown, unknown, unknown},
		{"resolved before it was declared", []Event{ev(Declared, 5, ""), ev(WasResolved, 2, "")}, unknown, unknown, unknown, unknown},
		{"a clock that went back once", []Event{ev(Declared, 0, ""), ev(WasResolved, 60, ""), ev(WasReopened, 90, ""), ev(WasResolved, 80, "")}, unknown, unknown, 80, unknown},
	} {
		m := Measure(c.events)
		for name, s := range map[string]struct {
			got  *time.Duration
			want int
		}{"to acknowledge": {m.ToAcknowledge, c.acknowledge}, "to command": {m.ToCommand, c.command}, "to resolve": {m.ToResolve, c.resolve}, "open": {m.Open, c.inAll}} {
			switch {
			case s.want == unknown && s.got != nil:
				t.Errorf("%s: %s is %v, want it unknown", c.name, name, *s.got)
			case s.want != unknown && (s.got == nil || *s.got != time.Duration(s.want)*time.Minute):
				t.Errorf("%s: %s is %v, want %d minutes", c.name, name, s.got, s.want)
			}
		}
	}
}
