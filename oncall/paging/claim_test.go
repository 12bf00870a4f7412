package paging

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// but is the roster with some entries replaced.
func (r roster) but(more roster) roster {
	out := maps.Clone(r)
	maps.Copy(out, more)
	return out
}

// judged are the verdicts on all claims of the page, the good ones left out.
func (x *run) judged(w Witness) (wrong, open []string) {
	for _, c := range Expect(x.events).Claims() {
		v := c.Against(w)
		if v.Wrong != "" {
			wrong = append(wrong, v.Wrong)
		}
		if v.Open != "" {
			open = append(open, v.Open)
		}
	}
	return wrong, open
}

// TestEachRuleBrokenOnPurpose lets a page believe one thing while its witness knows
// another, or tells somebody whom it should not.
func TestEachRuleBrokenOnPurpose(t *testing.T) {
	truth := roster{"schedule:night": person("dev1", "sre1"), "team:sre": person("sre1", "sre2"), "group:S1": person("sre2"), "channel:ops": {{Channel: "ops"}},
		"floor": append(person("lead1"), Recipient{Channel: "incidents"})}
	sev1 := When{Severity: []string{"SEV1"}}
	nights := When{Hours: []oncall.Window{{From: "22:00", To: "06:00"}}, TimeZone: "UTC"}
	only := func(c When, targets ...Target) Policy {
		p := policy(0, targets...)
		p.Steps[0].When = c
		return p
	}
	all := func(x *run) {
		for range len(x.p.Policy.Steps) {
			x.due()
		}
	}
	for _, c := range []struct {
		name   string
		pol    Policy
		facts  Facts
		belief roster // of the page, where it differs
		truth  roster // of the witness, where it differs
		do     func(x *run)
		wrong  string
		open   string
	}{
		{name: "all is right", pol: policy(1, "schedule:night", "team:sre", "group:S1", "channel:ops"), do: all},
		{name: "somebody else on call", pol: policy(0, "schedule:night"), belief: roster{"schedule:night": person("dev1", "sre1", "lead1")},
			wrong: "told lead1 at step 1, which stood for dev1, sre1 at 2026-03-04T12:00:00Z."},
		{name: "one too few on call", pol: policy(0, "schedule:night"), belief: roster{"schedule:night": person("dev1")},
			wrong: "did not tell sre1 at step 1, which stood for dev1, sre1 at 2026-03-04T12:00:00Z: it told"},
		{name: "skipped although somebody was on call", pol: policy(0, "schedule:night", "team:sre"), belief: roster{"schedule:night": nil},
			wrong: "did not tell dev1 at step 1, which stood for dev1, sre1 at 2026-03-04T12:00:00Z: it told"},
		{name: "rightly skipped", pol: policy(0, "schedule:empty", "team:sre")},
		{name: "nobody knows who was on call", pol: policy(0, "schedule:night"), belief: roster{"schedule:night": person("lead1")}, truth: roster{"unknown:schedule": person("x")},
			open: "whom schedule:night stood for then is not known"},

		{name: "the wrong member of a team", pol: policy(0, "team:sre"), belief: roster{"team:sre": person("sre1", "dev9")},
			wrong: "did not tell sre2 at step 1, which stood for sre1, sre2 at 2026-03-04T12:00:00Z: it told"},
		{name: "one too many of a team", pol: policy(0, "team:sre"), belief: roster{"team:sre": person("sre1", "sre2", "dev9")},
			wrong: "told dev9 at step 1, which stood for sre1, sre2 at 2026-03-04T12:00:00Z."},
		{name: "a team of before the start", pol: policy(0, "team:sre"), belief: roster{"team:sre": person("dev9")}, truth: roster{"unknown:team": person("x")},
			open: "whom team:sre stood for then is not known"},
		{name: "a person beside a team of before the start", pol: Policy{Steps: []Step{{Notify: []Target{"person:sre1", "team:sre"}}}},
			belief: roster{"team:sre": person("dev9"), "person:sre1": nil}, truth: roster{"unknown:team": person("x")},
			wrong: "did not tell sre1 at step 1, which stood for sre1 at", open: "whom team:sre stood for then is not known"},
		{name: "the wrong member of a user group", pol: policy(0, "group:S1"), belief: roster{"group:S1": person("dev9")},
			wrong: "did not tell sre2 at step 1, which stood for sre2 at"},
		{name: "a user group that Slack did not tell of", pol: policy(0, "group:S1", "team:sre"), belief: roster{"group:S1": nil}, truth: roster{"unknown:group": person("x")},
			open: "whom group:S1 stood for then is not known"},

		{name: "a condition that holds", pol: only(sev1, "team:sre", "group:S1"), facts: Facts{Severity: "sev1"}},
		{name: "a condition that does not", pol: only(sev1, "team:sre", "group:S1"), facts: Facts{Severity: "SEV3"}},
		{name: "hours that are not", pol: only(nights, "team:sre", "group:S1")},
		{name: "a service that is not", pol: only(When{Service: []string{"billing"}}, "team:sre", "group:S1"), facts: Facts{Service: "checkout"}},
		{name: "a condition that came to hold", pol: Policy{Steps: []Step{{Notify: []Target{"group:S1"}}, {Notify: []Target{"team:sre"}, When: sev1}}}, facts: Facts{Severity: "SEV3"},
			do: func(x *run) {
				x.do(Restate{Facts: Facts{Severity: "SEV1"}, World: x.roster.world()})
				all(x)
			}},
		{name: "no return to a step that came to hold", pol: Policy{Steps: []Step{{Notify: []Target{"team:sre"}, When: sev1}, {Notify: []Target{"group:S1"}}}}, facts: Facts{Severity: "SEV3"},
			belief: roster{"team:sre": nil}, do: func(x *run) { x.do(Restate{Facts: Facts{Severity: "SEV1"}, World: x.roster.world()}) },
			wrong: `did not go back to step 1, which was left out before and stood for sre1, sre2 at 2026-03-04T12:00:00Z, when the page got the severity "SEV1", the service "".`},
		{name: "no return to a step that is for nobody, or was taken since", pol: Policy{Steps: []Step{{Notify: []Target{"schedule:empty"}, When: sev1}, {Notify: []Target{"team:sre"}, When: sev1}, {Notify: []Target{"group:S1"}}}}, facts: Facts{Severity: "SEV3"},
			do: func(x *run) {
				for _, severity := range []string{"SEV1", "SEV3", "SEV1"} {
					x.do(Restate{Facts: Facts{Severity: severity}, World: x.roster.world()})
					x.due()
				}
			}},
		{name: "no return to a step of which nobody knows whom it is for", pol: Policy{Steps: []Step{{Notify: []Target{"team:sre"}, When: sev1}, {Notify: []Target{"group:S1"}}}}, facts: Facts{Severity: "SEV3"},
			belief: roster{"team:sre": nil}, truth: roster{"unknown:team": person("x")}, do: func(x *run) { x.do(Restate{Facts: Facts{Severity: "SEV1"}, World: x.roster.world()}) },
			open: "whom team:sre stood for then is not known"},
		{name: "skipped although its condition held", pol: only(sev1, "team:sre", "group:S1"), facts: Facts{Severity: "SEV3"},
			do:    func(x *run) { x.events[0].Facts.Severity = "SEV1" },
			wrong: "did not tell sre1 at step 1, which stood for sre1, sre2 at"},
		{name: "skipped although it was within its hours", pol: only(nights, "team:sre", "group:S1"),
			do:    func(x *run) { x.events[0].Policy.Steps[0].When.Hours[0] = oncall.Window{From: "11:59", To: "13:00"} },
			wrong: "did not tell sre1 at step 1, which stood for sre1, sre2 at"},
		{name: "taken although its condition did not hold", pol: only(sev1, "team:sre"), facts: Facts{Severity: "SEV1"},
			do:    func(x *run) { x.events[0].Facts.Severity = "SEV2" },
			wrong: `told sre1, sre2 at step 1, which did not apply at 2026-03-04T12:00:00Z: it is only for SEV1, and the page had the severity "SEV2", the service "".`},
		{name: "hours of a zone that nobody knows", pol: only(When{Hours: nights.Hours, TimeZone: "Mars/Olympus"}, "team:sre"), belief: roster{"team:sre": person("dev9")},
			open: "whether step 1 applied then is not known"},

		{name: "a person of the last step beside a team of before the start, at the floor", pol: Policy{Steps: []Step{{Notify: []Target{"person:sre1", "team:sre"}}}},
			truth: roster{"unknown:team": person("x")},
			do: func(x *run) {
				x.roster["person:sre1"], x.roster["team:sre"] = nil, nil
				all(x)
			},
			wrong: "did not tell sre1 at its floor, which stood for sre1, lead1, channel:incidents at", open: "whom team:sre stood for then is not known\nwhom team:sre stood for then is not known"},
		{name: "the floor is right", pol: policy(0, "schedule:empty"), do: all},
		{name: "somebody of the floor is left out", pol: policy(0, "schedule:empty"), belief: roster{"floor": person("lead1")},
			wrong: "did not tell channel:incidents at its floor, which stood for lead1, channel:incidents at"},
		{name: "a stranger at the floor", pol: policy(0, "schedule:empty"), belief: roster{"floor": append(person("dev9"), truth["floor"]...)},
			wrong: "told dev9 at its floor, which stood for lead1, channel:incidents at"},
		{name: "the floor may have somebody", pol: policy(0, "schedule:empty"), belief: roster{"floor": append(person("dev9"), truth["floor"]...)}, truth: roster{"floor:may": person("dev9")}},
		{name: "nobody knows the floor", pol: policy(0, "schedule:empty"), belief: roster{"floor": person("dev9")}, truth: roster{"floor": nil, "unknown:floor": person("x")},
			open: "who stood behind the policy then is not known"},
		{name: "the floor leaves out whom the last step stands for", pol: policy(0, "team:sre"), do: func(x *run) {
			x.roster["team:sre"] = nil
			x.due()
		}, wrong: "did not tell sre1 at its floor, which stood for sre1, sre2, lead1, channel:incidents at"},
		{name: "a floor of its own", pol: Policy{Steps: []Step{{Notify: []Target{"schedule:empty"}}}, Floor: []Target{"group:S1"}}, belief: roster{"group:S1": person("dev9")},
			wrong: "did not tell sre2 at its floor, which stood for sre2 at"},
		{name: "the floor although somebody was there", pol: policy(0, "schedule:night"), belief: roster{"schedule:night": nil},
			wrong: "did not tell dev1 at step 1, which stood for dev1, sre1 at"},

		{name: "somebody is spared", pol: policy(0, "team:sre"), belief: roster{"spare:sre1": person("x")}},
		{name: "somebody is spared for a page that was not sent to them", pol: policy(0, "team:sre"), belief: roster{"spare:sre1": person("x")}, truth: roster{"never:sre1": person("x")},
			wrong: "spared sre1 at step 1, 2026-03-04T12:00:00Z, because of PAGE-9, which cannot stand for it."},

		{name: "handed over", pol: policy(0, "team:sre"), do: func(x *run) { x.do(HandOver{By: "sre1", To: "dev1", World: x.roster.world()}) }},
		{name: "handed to somebody else", pol: policy(0, "team:sre"), do: func(x *run) {
			x.do(HandOver{By: "sre1", To: "dev1", World: x.roster.world()})
			x.events[len(x.events)-2].Person = "dev2"
		}, wrong: "did not tell dev2 at its hand-over, which stood for dev2 at"},
		{name: "whose acknowledgement is over is told too", pol: Policy{AckTimeout: time.Hour, Steps: policy(0, "team:sre").Steps}, do: func(x *run) {
			x.do(Acknowledge{By: "dev7"})
			x.due()
		}},
		{name: "whose acknowledgement is over is forgotten", pol: Policy{AckTimeout: time.Hour, Steps: policy(0, "team:sre").Steps}, do: func(x *run) {
			x.do(Acknowledge{By: "dev7"})
			x.due()
			x.events[2].By = "dev8"
		}, wrong: "did not tell dev8 at step 1, which stood for sre1, sre2, dev8 at"},

		{name: "whoever came on duty is told", pol: policy(0, "schedule:night"), belief: roster{"schedule:night": person("dev1", "sre2")}, truth: roster{"schedule:night": person("sre1", "dev1")},
			do: func(x *run) {
				x.roster["schedule:night"] = person("sre1", "dev1")
				x.do(Relieve{World: x.roster.world()})
			}, wrong: "did not tell sre1 at step 1"}, // at first, and not at the relief
		{name: "a stranger comes on duty", pol: policy(0, "schedule:night"), do: func(x *run) {
			x.roster["schedule:night"] = person("dev1", "sre1", "dev9")
			x.do(Relieve{World: x.roster.world()})
		}, wrong: "told dev9 at step 1, which stood for dev1, sre1 at"},
		{name: "somebody is left in peace who is on duty", pol: Policy{Steps: []Step{{Notify: []Target{"person:ring"}, Wait: 5 * time.Minute}}}, do: func(x *run) {
			x.roster["person:ring"] = person("sre1")
			x.due()
		}, belief: roster{"person:ring": person("ring")}, wrong: "left ring in peace at 2026-03-04T12:02:00Z, and nobody else was meant in their place."},
	} {
		t.Run(c.name, func(t *testing.T) {
			believed := truth.but(c.belief)
			for _, s := range c.pol.Steps {
				for _, to := range s.Notify {
					if _, known := believed[to]; !known && strings.HasPrefix(string(to), "person:") {
						believed[to] = person(strings.TrimPrefix(string(to), "person:"))
					}
				}
			}
			x := &run{t: t, now: noon, roster: believed}
			x.do(Begin{ID: "PAGE-1", Subject: "INC-1", Policy: c.pol, Facts: c.facts, World: believed.world()})
			if c.do != nil {
				c.do(x)
			}
			wrong, open := x.judged(truth.but(c.truth).witness())
			if got := strings.Join(wrong, "\n"); (c.wrong == "") != (got == "") || !strings.HasPrefix(got, c.wrong) {
				t.Errorf("found %q, want %q", got, c.wrong)
			}
			if got := strings.Join(open, "\n"); got != c.open {
				t.Errorf("it could not judge %q, want %q", got, c.open)
			}
		})
	}
}

// TestTheFloorIsNeitherLateNorEarly plants events that the policy does not allow.
func TestTheFloorIsNeitherLateNorEarly(t *testing.T) {
	r := roster{"person:a": person("dev1"), "person:b": person("sre1"), "floor": person("lead1")}
	done := func(x *run) {
		for range 2 * len(x.p.Policy.Steps) {
			x.due()
		}
	}
	for name, c := range map[string]struct {
		tamper func(l []Event) []Event
		want   string
	}{
		"as it was": {func(l []Event) []Event { return l }, ""},
		"given up after the first step": {func(l []Event) []Event {
			return append(l[:2:2], Event{Kind: PolicySpent, At: l[1].Due}, Event{Kind: Stepped, At: l[1].Due, Step: 2, Cycle: 1, Turn: 2, Due: l[1].Due.Add(2 * time.Minute), Calls: l[1].Calls})
		}, "PAGE-1 went to its floor after step 1, before its policy was tried."},
		"begun again once too often": {func(l []Event) []Event {
			at := l[4].Due
			return append(l[:5:5], Event{Kind: Stepped, At: at, Step: 0, Cycle: 2, Turn: 5, Due: at.Add(time.Minute), Calls: l[1].Calls})
		}, "PAGE-1 went to step 1, and nothing but its floor was left."},
		"back from the floor": {func(l []Event) []Event {
			at := l[6].Due
			return append(l, Event{Kind: Stepped, At: at, Step: 0, Cycle: 2, Turn: 6, Due: at.Add(time.Minute), Calls: l[1].Calls})
		}, "PAGE-1 went to step 1, and nothing but its floor was left."},
		"a step too early": {func(l []Event) []Event {
			l[2].At, l[2].Due = l[2].At.Add(-30*time.Second), l[2].Due.Add(-30*time.Second)
			return l[:3]
		}, "PAGE-1 went on at 2026-03-04T12:00:30Z, and its policy says 2026-03-04T12:01:00Z."},
		"a round that is not counted": {func(l []Event) []Event { l[3].Cycle = 0; return l[:4] }, "PAGE-1 counts round 1 of its policy, and it is round 2."},
		"skipped, and nobody told": {func(l []Event) []Event {
			return append(l[:2:2], Event{Kind: Escalated, At: l[1].At}, Event{Kind: Skipped, At: l[1].At, Step: 1})
		}, "PAGE-1 should have taken its next step at 2026-03-04T12:00:00Z."},
	} {
		t.Run(name, func(t *testing.T) {
			x := start(t, r, policy(1, "person:a", "person:b"))
			done(x)
			events := c.tamper(x.events)
			var got []string
			for _, b := range Expect(events).Breaches(events[len(events)-1].At.Add(11 * time.Second)) {
				if b.Rule != NoticeUnsent {
					got = append(got, b.Text)
				}
			}
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("found %q, want %q", text, c.want)
			}
		})
	}
}

// TestConditionsAreReadAlikeOnTwoWays compares the auditor's reading of hours with that of
// the pages, at times of all kinds.
func TestConditionsAreReadAlikeOnTwoWays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	w := roster{}.witness()
	ins := 0
	const rounds = 20_000
	for range rounds {
		var c When
		c.TimeZone = pick("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo", "America/Havana", "Antarctica/Troll", "Africa/Casablanca")
		for range 1 + r.IntN(2) {
			h := oncall.Window{From: pick("00:00", "09:00", "9:30", "22:00", "23:59", "02:30"), To: pick("24:00", "00:00", "06:00", "17:00:30", "09:00", "22:00")}
			for range r.IntN(3) {
				h.Days = append(h.Days, pick("mon", "Tue", "wednesday", "thu", "fri", "SAT", "sunday"))
			}
			c.Hours = append(c.Hours, h)
		}
		at := noon.Add(time.Duration(r.Int64N(int64(3 * 365 * 24 * time.Hour))))
		if zone, err := time.LoadLocation(c.TimeZone); err != nil {
			t.Fatal(err)
		} else if _, change := at.In(zone).ZoneBounds(); r.IntN(2) == 0 && !change.IsZero() { // about when clocks change
			at = change.Add(time.Duration(r.Int64N(int64(30*time.Hour))) - 3*time.Hour)
		} else if c.TimeZone == "Pacific/Apia" { // there was no 30 December
			at = time.Date(2011, 12, 29, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(96 * time.Hour))))
		}
		if r.IntN(2) == 0 {
			at = at.Truncate(30 * time.Minute) // the edges of windows
		}
		applied, sure := w.applies(c, Facts{}, at)
		if want := c.unless(Facts{}, at, zones) == ""; !sure || applied != want {
			t.Fatalf("at %v, %s: got %v, want %v", at, c, applied, want)
		}
		if applied {
			ins++
		}
	}
	if ins < rounds/10 || ins > rounds*9/10 {
		t.Errorf("%d of %d were within their hours: the test shows little", ins, rounds)
	}
}

// TestTheAuditorIsContentWithWhateverHappens runs random commands against policies with
// conditions while media fail, facts change and people come and go: what the page does is
// neither a breach nor wrong.
func TestTheAuditorIsContentWithWhateverHappens(t *testing.T) {
	rounds := uint64(200)
	if testing.Short() {
		rounds = 60
	}
	names := []string{"dev0", "dev1", "ring", "twice", "later"}
	claims := 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 11))
		p := Policy{Name: "random", Repeat: r.IntN(3)}
		on := roster{}
		var places []Target
		for n := range 1 + r.IntN(4) {
			s := Step{Notify: []Target{Target(fmt.Sprintf("team:%d", n))}, Wait: time.Duration(1+r.IntN(5)) * time.Minute}
			switch r.IntN(4) {
			case 0:
				s.When.Severity = []string{"SEV1"}
			case 1:
				s.When = When{Hours: []oncall.Window{{From: "12:00", To: "12:30"}, {From: "13:00", To: "04:00"}}, TimeZone: "Europe/London"}
			}
			p.Steps, places = append(p.Steps, s), append(places, s.Notify[0])
		}
		if r.IntN(2) == 0 {
			p.AckTimeout = 20 * time.Minute
		}
		change := func() {
			for _, place := range append(places, "floor") {
				var list []string
				for _, name := range names {
					if r.IntN(4) == 0 {
						list = append(list, name)
					}
				}
				on[place] = person(list...)
			}
			for _, m := range []Method{Slack, SMS, Email} {
				on[Target("down:"+m)] = person("it")[:r.IntN(4)/3]
				on[Target("deaf:"+m)] = person("it")[:r.IntN(3)/2]
			}
		}
		change()
		x := &run{t: t, now: noon, roster: on}
		x.do(Begin{ID: "PAGE-1", Subject: "INC-1", Policy: p, Facts: Facts{Severity: "SEV3"}, World: on.world()})
		for range 40 {
			before := len(x.events)
			did := x.anything(r, change, names)
			x.honest(seed, did, before)
		}
		claims += len(Expect(x.events).Claims())
	}
	if claims < int(rounds)*5 {
		t.Errorf("%d claims in %d rounds: the test shows little", claims, rounds)
	}
}

// anything does one command.
func (x *run) anything(r *rand.Rand, change func(), names []string) string {
	x.t.Helper()
	if r.IntN(3) == 0 {
		change()
	}
	if x.now = x.now.Add(time.Duration(r.IntN(90)) * time.Second); r.IntN(20) == 0 {
		last := x.events[len(x.events)-1].At
		x.now = x.now.Add(-time.Duration(r.IntN(7200)) * time.Second)
		x.do(SetBack{By: last.Sub(x.now)})
	}
	w, who := x.roster.world(), names[r.IntN(len(names))]
	commands := []Command{
		Escalate{By: who, Turn: -1, World: w}, Decline{By: who, World: w}, HandOver{By: "lead9", To: who, World: w}, Relieve{World: w}, Acknowledge{By: who},
		Restate{Facts: Facts{Severity: []string{"SEV1", "SEV3"}[r.IntN(2)]}, Worse: r.IntN(2) == 0, World: w},
		Unreachable{Method: []Method{Slack, SMS}[r.IntN(2)], World: w},
		Unheard{Method: Slack, Since: x.now.Add(-time.Duration(r.IntN(300)) * time.Second), World: w}, Heard{Method: Slack},
		Report{Notice: 1 + r.IntN(x.p.Sent+1), Fate: []Fate{Sent, Failed}[r.IntN(2)], Paused: r.IntN(4) == 0, World: w},
		Snooze{By: who, Until: x.now.Add(5 * time.Minute)},
	}
	c := commands[r.IntN(len(commands))]
	if r.IntN(2) == 0 && !x.p.Due.IsZero() {
		x.now = later(x.now, x.p.Due)
		c = Tick{Turn: x.p.Turn, World: w}
	}
	if events, err := Decide(x.p, c, x.now); err == nil {
		x.apply(events)
	}
	return fmt.Sprintf("%T", c)
}

// TestWhoeverComesOnDutyIsMissed when they are not told of a page that stands at a step of
// their schedule.
func TestWhoeverComesOnDutyIsMissed(t *testing.T) {
	duty := func(known bool) Witness {
		return Witness{Schedule: func(_ string, at time.Time) ([]string, bool) {
			if at.After(noon.Add(time.Minute)) {
				return []string{"dev2"}, known
			}
			return []string{"dev1"}, known
		}}
	}
	r := roster{"schedule:night": person("dev1"), "team:sre": person("sre1"), "floor": person("lead1")}
	relieve := func(x *run) {
		x.now = x.now.Add(2 * time.Minute)
		x.roster["schedule:night"] = person("dev2")
		x.do(Relieve{World: x.roster.world()})
	}
	floored := func(x *run) { x.do(Escalate{By: "sre1", Turn: -1, World: x.roster.world()}) }
	for name, c := range map[string]struct {
		target Target
		do     func(x *run)
		after  time.Duration
		known  bool
		judged bool
		want   string
	}{
		"nobody told them":             {"schedule:night", nil, 2 * time.Minute, true, true, "has not told dev2, who came on duty for step 1 before 2026-03-04T12:02:00Z."},
		"they are on duty not yet":     {"schedule:night", nil, time.Minute, true, true, ""},
		"they were told":               {"schedule:night", relieve, 3 * time.Minute, true, true, ""},
		"nobody knows who was on duty": {"schedule:night", nil, 2 * time.Minute, false, true, ""},
		"a team has no duty":           {"team:sre", nil, 2 * time.Minute, true, false, ""},
		"it was answered":              {"schedule:night", func(x *run) { x.do(Acknowledge{By: "dev1"}) }, 2 * time.Minute, true, false, ""},
		"it is at its floor":           {"schedule:night", floored, 20 * time.Minute, true, true, "has not told dev2, who came on duty for its floor before 2026-03-04T12:20:00Z."},
		"they were told at the floor":  {"schedule:night", func(x *run) { floored(x); relieve(x) }, 20 * time.Minute, true, true, ""},
		"a floor without a duty":       {"team:sre", floored, 20 * time.Minute, true, false, ""},
		"before the step":              {"schedule:night", nil, 0, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := start(t, maps.Clone(r), Policy{Steps: []Step{{Notify: []Target{c.target}, Wait: 10 * time.Minute}}})
			if c.do != nil {
				c.do(x)
			}
			claim, judged := Expect(x.events).Standing(noon.Add(c.after))
			if judged != c.judged {
				t.Fatalf("it is judged: %v", judged)
			}
			if !judged {
				return
			}
			if got := claim.Against(duty(c.known)); got != (Verdict{Wrong: c.want}) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}
