package oncall

import (
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// randomCommand is something somebody might ask at now; it may well be refused.
func randomCommand(r *rand.Rand, record *Record, zone string, now time.Time) Command {
	people := []string{"a", "b", "c", "d", "e"}
	person := func() string { return people[r.Intn(5)] }
	moment := func() time.Time { return now.Add(time.Duration(r.Intn(30*24)-72) * time.Hour) }
	by := Actor{Name: person(), Admin: r.Intn(3) > 0}
	from := moment()
	to := from.Add(time.Duration(1+r.Intn(200)) * time.Hour)
	id := func(letter string) string { return letter + []string{"1", "2", "3", "5", "8", "13"}[r.Intn(6)] }
	if n := len(record.Requests); n > 0 && r.Intn(3) == 0 {
		q := record.Requests[n-1]
		return []Command{AcceptCover{By: by, ID: q.ID}, AcceptSwap{Actor{Name: q.Other}, q.ID}, WithdrawRequest{Actor{Name: q.Person}, q.ID}, DeclineSwap{by, q.ID}}[r.Intn(4)]
	}
	switch r.Intn(12) {
	case 0, 1, 2:
		return ApplyFile{By: by, Schedule: randomSchedule(r, zone, now.Year()), AllowGaps: true}
	case 3, 4:
		return AddOverride{by, Override{From: rfc(from), To: rfc(to), Person: person(), Replaces: []string{"", person()}[r.Intn(2)]}}
	case 5:
		return RemoveOverride{by, id("O")}
	case 6:
		return RequestCover{By: by, Person: person(), From: from, To: to}
	case 7:
		return ProposeSwap{By: by, Person: person(), From: from, To: to, Other: person(), OtherFrom: from.AddDate(0, 0, 7), OtherTo: to.AddDate(0, 0, 9)}
	case 8:
		return SetShadow{by, Shadow{Person: "n", With: person(), Kind: []string{"", ReverseShadowKind}[r.Intn(2)]}}
	case 9:
		return Graduate{By: by, Person: "n"}
	case 10:
		return AddTimeOff{by, TimeOff{Person: person(), From: rfc(from), To: rfc(to)}}
	}
	return Tick{}
}

// TestWhatWasTrueThenStaysTrue lets people and files change schedules for years, and
// asks at the end about every time that was asked about when it was now.
func TestWhatWasTrueThenStaysTrue(t *testing.T) {
	r, zones := seeded(t), NewZones(nil)
	for _, zone := range sampledZones(r, 6) {
		type answer struct {
			at  time.Time
			who []Duty
		}
		var record Record
		var history []Folded
		var asked []answer
		now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 120 {
			now = now.Add(time.Duration(1+r.Intn(20*24)) * time.Hour)
			command := randomCommand(r, &record, zone, now)
			events, err := Decide(record, command, now, zones)
			if _, known := err.(*Error); err != nil && !known {
				t.Fatalf("%T: %v", command, err)
			}
			for i, e := range events {
				if e.Folded != nil {
					history = append(history, *e.Folded)
				}
				if before := record.Seq; true {
					record = Apply(record, events[i])
					if record.Seq != before+1 {
						t.Fatalf("%s: seq %d after %d", e.Kind, record.Seq, before)
					}
				}
			}
			p, err := CompileRecord(record, zones)
			if err != nil {
				t.Fatalf("%s after %+v: %v", zone, command, err)
			}
			if len(record.Versions) == 0 {
				continue
			}
			agree(t, p, now)
			asked = append(asked, answer{now, p.OnCall(now)})
		}
		p, err := CompileRecord(record.With(history...), zones)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range asked {
			if got := p.OnCall(a.at); !slices.Equal(plain(got), plain(a.who)) {
				t.Fatalf("%s: at %v it was %v, and now it was %v", zone, a.at, a.who, got)
			}
		}
	}
}

// plain leaves the words out: a file may say the same override in other words.
func plain(duties []Duty) []string {
	var out []string
	for _, d := range duties {
		out = append(out, d.Person+" "+d.Kind)
	}
	return out
}

// TestNobodyOnDutyIsMoved changes the people of a rotation again and again.
func TestNobodyOnDutyIsMoved(t *testing.T) {
	r, zones := seeded(t), NewZones(nil)
	all := strings.Fields("a b c d e f g")
	for _, zone := range sampledZones(r, 15) {
		s := randomSchedule(r, zone, 2026)
		s.Layers, s.Overrides, s.Shadows = s.Layers[:1], nil, nil
		s.Layers[0].Hours = nil
		s.Layers[0].Rotation.Start = "2026-01-01T09:00:00"
		now := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
		var record Record
		for range 30 {
			now = now.Add(time.Duration(r.Intn(400)) * time.Hour)
			list := slices.Clone(all)
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			s.Layers = slices.Clone(s.Layers)
			s.Layers[0].Rotation.People = list[:1+r.Intn(7)]
			was, err := CompileRecord(record, zones)
			if err != nil {
				t.Fatal(err)
			}
			events, err := Decide(record, ApplyFile{Schedule: s, AllowGaps: true}, now, zones)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				record = Apply(record, e)
			}
			is, err := CompileRecord(record, zones)
			if err != nil {
				t.Fatal(err)
			}
			before, after := People(was.OnCall(now)), People(is.OnCall(now))
			if len(was.eras) > 1 || len(was.eras[0].layers) > 0 {
				if slices.Contains(s.Layers[0].Rotation.People, before[0]) && before[0] != after[0] {
					t.Fatalf("%s at %v: %s was on duty and stays in %v, but %s is", zone, now, before[0], s.Layers[0].Rotation.People, after[0])
				}
				// Handoffs come when they would have come.
				a, b := was.Shifts(now, now.AddDate(0, 2, 0)), is.Shifts(now, now.AddDate(0, 2, 0))
				if len(a) != len(b) || !a[0].End.Equal(b[0].End) {
					t.Fatalf("%s at %v: the handoff moved", zone, now)
				}
			}
			order := s.Layers[0].Rotation.People
			i := slices.Index(order, after[0])
			next := is.Shifts(now, now.AddDate(0, 3, 0))
			for k := 1; k < len(next); k++ {
				steps := int(next[k].Turn - next[0].Turn)
				if want := order[(i+steps)%len(order)]; next[k].Person != want {
					t.Fatalf("%s at %v: turn %d is %s, want %s of %v", zone, now, next[k].Turn, next[k].Person, want, order)
				}
			}
		}
	}
}

func TestRemovingWhoIsOnDutyIsOneHandoff(t *testing.T) { // cases 33 and 34
	s := tell(t, weekly("a b c"), "2026-01-01T00:00:00Z")
	s.do(ApplyFile{By: lead, Schedule: weekly("a c"), AllowGaps: true}, "2026-01-14T12:00:00Z")
	p, err := CompileRecord(s.record, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Handoffs(at(t, "2026-01-13T00:00:00Z"), at(t, "2026-01-20T00:00:00Z"))
	want := []Handoff{
		{at(t, "2026-01-14T12:00:00Z"), []string{"b"}, []string{"c"}, []string{"c"}},
		{at(t, "2026-01-19T09:00:00Z"), []string{"c"}, []string{"a"}, []string{"a"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	secondary := func(people string) Schedule {
		s := weekly(people)
		s.Layers[0].Rotation.Offset = 1
		return s
	}
	s = tell(t, secondary("a b"), "2026-01-01T00:00:00Z")
	s.then("2026-01-06T00:00:00Z b")
	s.refuse(ApplyFile{By: lead, Schedule: secondary("a")}, "2026-01-06T12:00:00Z", CodeConflict, "would leave nobody on call")
	s.do(ApplyFile{By: lead, Schedule: secondary("a"), AllowGaps: true}, "2026-01-06T12:00:00Z")
	s.then("2026-01-06T12:00:00Z ", "2026-01-14T00:00:00Z ")
	if got := Warnings(secondary("a")); len(got) != 1 {
		t.Errorf("warnings: %v", got)
	}
}
