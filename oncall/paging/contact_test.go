package paging

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// at moves the clock to the due time, which must be the given time after
// noon, and ticks.
func (x *run) at(since time.Duration, want string) {
	x.t.Helper()
	if got := x.p.Due.Sub(noon); got != since {
		x.t.Fatalf("the page is due %v after it was opened, want %v for %q", got, since, want)
	}
	if got := x.due(); got != want {
		x.t.Fatalf("%v after it was opened: got %q, want %q", since, got, want)
	}
}

func steps(wait time.Duration, repeat int, targets ...Target) Policy {
	p := policy(repeat, targets...)
	for n := range p.Steps {
		p.Steps[n].Wait = wait
	}
	return p
}

// The contacts of a person come in their order, and the last again and again until
// somebody answers. One phone without signal for a minute is no lost half hour.
func TestStory18CallUntilReached(t *testing.T) {
	x := start(t, roster{"a": person("ring"), "floor": person("lead1")}, steps(10*time.Minute, 0, "a"))
	x.at(2*time.Minute, "contact [ring/sms]")
	x.at(5*time.Minute, "contact [ring/voice]")
	x.at(7*time.Minute, "contact [ring/voice]")
	x.at(9*time.Minute, "contact [ring/voice]")
	x.at(10*time.Minute, "spent, floor [ring lead1]")
	x.at(11*time.Minute, "contact [ring/voice]")
	if x.p.Turn != 2 {
		t.Errorf("contacts moved the turn to %d: a press of Escalate would be taken for late", x.p.Turn)
	}
	for _, n := range x.p.Notices {
		if want := n.N != 1 && n.N != 2 && n.N != 3 && n.To.Person == "ring"; x.p.Repeats(n) != want {
			t.Errorf("notice %d by %s repeats: %v", n.N, n.Way(), !want)
		}
	}
	x.do(Acknowledge{By: "ring"})
	if len(x.p.Pending) > 0 || !x.p.Due.IsZero() {
		t.Errorf("after the answer %+v is pending, due %v", x.p.Pending, x.p.Due)
	}
}

// The next step does not cut short what the contacts of a person have promised.
func TestStory15TheNextStepCutsNoContactShort(t *testing.T) {
	x := start(t, roster{"a": person("ring"), "b": person("sre1")}, steps(3*time.Minute, 0, "a", "b"))
	x.at(2*time.Minute, "contact [ring/sms]")
	x.at(3*time.Minute, "step 1/0 [sre1]")
	x.at(5*time.Minute, "contact [ring/voice]")
	x.at(6*time.Minute, "spent, floor [sre1]")
	x.at(7*time.Minute, "contact [ring/voice]")
}

// A step that tells the same person again does not put off what is to come.
func TestTheSamePersonAgainIsNotPutOff(t *testing.T) {
	x := start(t, roster{"a": person("ring")}, steps(time.Minute, 3, "a"))
	x.at(1*time.Minute, "step 0/1 [ring]")
	x.at(2*time.Minute, "contact [ring/sms], step 0/2 [ring]")
	x.at(3*time.Minute, "step 0/3 [ring]")
	x.at(4*time.Minute, "contact [ring/sms], spent, floor [ring]")
	x.at(5*time.Minute, "contact [ring/voice], floor [ring]")
	if got := len(x.p.Pending); got != 2 {
		t.Errorf("%d contacts are pending, want one by SMS and one by voice", got)
	}
}

func TestAMethodThatFailsBringsTheNextAtOnce(t *testing.T) {
	x := start(t, roster{"a": person("ring"), "b": person("sre1")}, steps(10*time.Minute, 0, "a", "b"))
	for n, c := range []struct{ why, want string }{
		{"deactivated", "failed, contact [ring/sms]"},
		{"no such number", "failed, contact [ring/voice]"},
		{"busy", "failed, step 1/0 [sre1]"}, // only the same way again is left
	} {
		if got := x.do(Report{Notice: n + 1, Fate: Failed, Why: c.why, Provider: "P1", World: x.roster.world()}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if o := x.p.Notices[n]; o.Fate != Failed || o.Why != c.why {
			t.Errorf("the record says %+v", o)
		}
	}
	if len(x.p.Pending) != 1 || x.p.Pending[0].Method != Voice {
		t.Errorf("%+v is pending, want the call that is repeated", x.p.Pending)
	}
	for _, e := range x.events {
		if e.Kind == NoticeFailed && (e.Text == "" || e.Provider != "P1") {
			t.Errorf("the event says %+v", e)
		}
	}
}

// One responder's delivery failure keeps nobody else from being told.
func TestStory16OneFailureConcernsOnePerson(t *testing.T) {
	r := roster{"a": person("ring", "dev1", "ring2"), "b": person("sre1")}
	x := start(t, r, steps(10*time.Minute, 0, "a", "b"))
	if got, want := x.do(Report{Notice: 1, Fate: Failed, Why: "x", World: r.world()}), "failed, contact [ring/sms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x.do(Report{Notice: 4, Fate: Failed, Why: "x", World: r.world()})
	x.do(Report{Notice: 5, Fate: Failed, Why: "x", World: r.world()})
	if x.p.Turn != 1 {
		t.Errorf("the step was taken although dev1 and ring2 may answer")
	}
	x.at(2*time.Minute, "contact [ring2/sms ring/voice]")
}

// A channel that was archived keeps nobody from being told, in the steps and at the
// floor.
func TestStory25AnArchivedChannelKeepsNobodyFromBeingTold(t *testing.T) {
	r := roster{"a": append([]Recipient{{Channel: "archived"}}, person("dev1")...), "b": {{Channel: "archived"}}, "floor": append([]Recipient{{Channel: "archived"}}, person("lead1")...)}
	x := start(t, r, steps(10*time.Minute, 0, "a", "b"))
	gone := func(n int) string { return x.do(Report{Notice: n, Fate: Failed, Why: "is_archived", World: r.world()}) }
	if got := gone(1); got != "failed" {
		t.Errorf("with dev1 told: %q", got)
	}
	x.at(10*time.Minute, "step 1/0 [channel:archived]")
	if got, want := gone(3), "failed, spent, floor [channel:archived lead1]"; got != want { // nobody else is in that step
		t.Errorf("got %q, want %q", got, want)
	}
	if got := gone(4); got != "failed" || x.p.Due.Sub(x.now) != 10*time.Minute {
		t.Errorf("at the floor: %q, due after %v", got, x.p.Due.Sub(x.now))
	}
}

// Somebody without contacts is told in Slack, at once.
func TestStory17NobodyIsWithoutAContact(t *testing.T) {
	w := World{Resolve: func(Target) []Recipient { return person("new") }, Reach: func(string) []Contact { return nil }}
	x := &run{t: t, now: noon}
	if got, want := x.do(Begin{ID: "PAGE-1", Policy: policy(0, "a"), World: w}), "opened, step 0/0 [new]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPausedNotificationsBringTheNextMethodAtOnce(t *testing.T) {
	r := roster{"a": person("ring")}
	x := start(t, r, steps(10*time.Minute, 0, "a"))
	if got, want := x.do(Report{Notice: 1, Fate: Sent, Paused: true, World: r.world()}), "sent, paused, contact [ring/sms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Quiet hours delay contacts: who has none for at once may still be reached, and is
// waited for.
func TestADelayedFirstContactIsWaitedFor(t *testing.T) {
	x := start(t, roster{"a": person("later"), "b": person("sre1")}, steps(15*time.Minute, 0, "a", "b"))
	if len(x.p.Notices) != 0 || x.p.Turn != 1 {
		t.Fatalf("got %+v", x.p)
	}
	if got := x.events[1].Whom(); !slices.Equal(got, person("later")) {
		t.Errorf("the step tells %v", got)
	}
	x.at(10*time.Minute, "contact [later/email]")
	x.at(15*time.Minute, "step 1/0 [sre1]")
}

func TestDeclineDropsWhatIsPendingForWhoDeclined(t *testing.T) {
	x := start(t, roster{"a": person("ring", "ring2")}, steps(10*time.Minute, 0, "a"))
	if got := x.do(Decline{By: "ring", World: x.roster.world()}); got != "declined" {
		t.Errorf("got %q", got)
	}
	x.at(2*time.Minute, "contact [ring2/sms]")
}

// Whoever is on duty no more is left in peace, and whoever came in their place is
// told, although the step was taken before.
func TestContactsFollowTheHandoff(t *testing.T) {
	r := roster{"a": person("ring"), "b": person("sre1")}
	x := start(t, r, steps(10*time.Minute, 0, "a", "b"))
	r["a"] = person("ring2")
	x.at(2*time.Minute, "contact [ring2]")
	if e := x.events[len(x.events)-1]; !slices.Equal(e.Off, []string{"ring"}) {
		t.Errorf("%q are left in peace, want ring", e.Off)
	}
	x.at(4*time.Minute, "contact [ring2/sms]")
	x.at(5*time.Minute, "contact []") // the call to the first, who is on duty no more
	if len(x.p.Pending) != 1 {
		t.Errorf("%+v is pending", x.p.Pending)
	}
	r["a"] = nil
	x.at(7*time.Minute, "contact [ring2/voice]") // nobody has come in their place
}

func TestAMediumThatIsDown(t *testing.T) {
	r := roster{"a": person("ring", "dev1"), "b": person("sre1"), "c": person("ring2"), "floor": person("lead1")}
	x := start(t, r, steps(10*time.Minute, 0, "a", "b", "c"))
	r["down:slack"] = person("it")
	w := r.world()
	if got, want := x.do(Unreachable{Method: Slack, World: w}), "medium_down, contact [ring/sms]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got := x.do(Unreachable{Method: Slack, World: w}); got != "" {
		t.Errorf("the same again: %q", got)
	}
	if got, want := x.do(Report{Notice: 3, Fate: Failed, World: w}), "failed, contact [ring/voice]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A step whose people have Slack alone is owed to them, and passed over at once;
	// the first way of the others is what works.
	if got, want := x.do(Escalate{By: "lead2", Turn: 1, World: w}), "escalated, step 1/0 [sre1], step 2/0 [ring2 ring2/sms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := x.do(Report{Notice: 2, Fate: Sent, World: w}); got != "sent" || x.p.Notices[1].Stuck {
		t.Errorf("Slack is back: %q, %+v", got, x.p.Notices[1])
	}
}

func TestWhenAllMediaAreDownTheFloorIsOwedAndComesAgain(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("sre1"), "floor": person("lead1"), "down:slack": person("it")}
	x := &run{t: t, now: noon, roster: r}
	got := x.do(Begin{ID: "PAGE-1", Policy: steps(5*time.Minute, 2, "a", "b"), World: r.world()})
	if want := "opened, step 0/0 [dev1], step 1/0 [sre1], spent, floor [sre1 lead1]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if x.p.Due.Sub(noon) != 5*time.Minute {
		t.Errorf("due after %v", x.p.Due.Sub(noon))
	}
}

func TestADownMediumOfPeopleWithoutAnotherBringsTheNextStep(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("ring")}
	x := start(t, r, steps(5*time.Minute, 0, "a", "b"))
	r["down:slack"] = person("it")
	if got, want := x.do(Unreachable{Method: Slack, World: r.world()}), "medium_down, step 1/0 [ring ring/sms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x.do(Acknowledge{By: "ring"})
	if got := x.do(Unreachable{Method: Slack, World: r.world()}); got != "" {
		t.Errorf("after the answer: %q", got)
	}
}

// While a medium is down what it owes is no hope: when the other way of somebody fails,
// the page goes on at once, past those who have only what is down.
func TestAMediumThatIsDownIsNoHope(t *testing.T) {
	r := roster{"a": person("ring"), "b": person("it"), "c": person("ring2"), "floor": person("lead1"), "down:slack": person("it")}
	x := start(t, r, steps(5*time.Minute, 0, "a", "b", "c"))
	if got := fmt.Sprint(said(x.events[1].Calls)); got != "[ring ring/sms]" {
		t.Fatalf("the first step calls %s", got)
	}
	if got, want := x.do(Report{Notice: 2, Fate: Failed, World: r.world()}), "failed, contact [ring/voice]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := x.do(Report{Notice: 3, Fate: Failed, World: r.world()}), "failed, step 1/0 [it], step 2/0 [ring2 ring2/sms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFatesFollowTheProvider(t *testing.T) {
	for _, c := range []struct {
		name    string
		reports []Report
		want    Fate
	}{
		{"sent, then delivered", []Report{{Fate: Sent, Provider: "SM1"}, {Fate: Delivered, Provider: "SM1"}}, Delivered},
		{"the callback was faster", []Report{{Fate: Delivered}, {Fate: Sent}}, Delivered},
		{"taken, and not delivered", []Report{{Fate: Sent}, {Fate: Failed, Why: "unknown subscriber"}}, Failed},
		{"it arrived after all", []Report{{Fate: Failed}, {Fate: Sent}}, Sent},
		{"nothing takes back that it arrived", []Report{{Fate: Delivered}, {Fate: Failed}}, Delivered},
	} {
		x := start(t, duty, policy(0, "team:sre"))
		for _, r := range c.reports {
			r.Notice, r.World = 1, duty.world()
			x.do(r)
			if got := x.do(r); got != "" && c.want != Failed {
				t.Errorf("%s: the same report again: %q", c.name, got)
			}
		}
		if got := x.p.Notices[0].Fate; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOddContacts(t *testing.T) {
	for _, c := range []struct {
		name string
		list []Contact
		want []OddContact
	}{
		{"none", nil, nil},
		{"good", []Contact{{Method: Slack}, {Method: SMS, After: 2 * time.Minute}, {Method: SMS, After: 5 * time.Minute}, {Method: Voice, After: 5 * time.Minute, Every: time.Minute}}, nil},
		{"nothing at once", []Contact{{Method: SMS, After: 2 * time.Minute}}, []OddContact{{-1, "nothing comes at once: the first way is tried 2m after the page"}}},
		{"twice the same", []Contact{{}, {Method: Slack}}, []OddContact{{1, "it is the same as entry 1, and comes twice at once"}}},
		{"after a repetition", []Contact{{Method: Voice, Every: time.Minute}, {Method: Voice, After: time.Hour}}, []OddContact{{1, "it adds nothing: entry 1 is repeated every 1m from then on"}}},
	} {
		if got := OddContacts(c.list); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// A way may stand several times in the contacts of a person, and each comes.
func TestOneWayTwice(t *testing.T) {
	x := start(t, roster{"a": person("twice")}, steps(4*time.Minute, 1, "a"))
	x.at(3*time.Minute, "contact [twice/sms]")
	x.at(4*time.Minute, "step 0/1 [twice/sms]") // from here it begins anew
	x.at(7*time.Minute, "contact [twice/sms]")
	x.at(8*time.Minute, "spent, floor [twice/sms]")
}

// TestNobodyIsPassedOverForAMediumThatIsDeaf: it takes messages, so whoever has it alone is
// told by it, marked, and the policy goes on with its waits; the others are told in their
// next way too.
func TestNobodyIsPassedOverForAMediumThatIsDeaf(t *testing.T) {
	r := roster{"a": person("dev1"), "b": person("ring", "sre1"), "c": person("mixed"), "floor": person("lead1"), "deaf:slack": person("it")}
	x := &run{t: t, now: noon, roster: r}
	if got, want := x.do(Begin{ID: "PAGE-1", Policy: steps(5*time.Minute, 0, "a", "b", "c"), World: r.world()}), "opened, step 0/0 [dev1]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if n := x.p.Notices[0]; !n.Unheard || n.Stuck {
		t.Errorf("the notice is %+v, want it on its way and said to be unheard", n)
	}
	x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
	if got := x.do(Unheard{Method: Slack, Since: noon, World: r.world()}); got != "" {
		t.Errorf("found to be deaf again: %q", got)
	}
	x.at(5*time.Minute, "step 1/0 [ring ring/sms sre1]")
	x.at(10*time.Minute, "contact [ring/voice], step 2/0 [mixed/email]")
	if got, want := x.do(Report{Notice: x.p.Sent, Fate: Failed, World: r.world()}), "failed, contact [mixed mixed/sms]"; got != want {
		t.Errorf("a way that fails brings %q, want what is deaf and what is not: %q", got, want)
	}
	delete(r, "deaf:slack")
	if got := x.do(Heard{Method: Slack}); got != "medium_heard" || slices.ContainsFunc(x.p.Notices, func(n Notice) bool { return n.Unheard }) {
		t.Errorf("heard again: %q, %+v", got, x.p.Notices)
	}
	if got := x.do(Heard{Method: Slack}); got != "" {
		t.Errorf("heard once more: %q", got)
	}
}

// A medium that is deaf and the only one that works at all comes at once where the first
// way is down.
func TestADeafMediumIsBetterThanNone(t *testing.T) {
	r := roster{"a": person("mailed"), "floor": person("lead1"), "deaf:slack": person("it"), "down:email": person("it")}
	x := start(t, r, steps(5*time.Minute, 0, "a"))
	if got := fmt.Sprint(said(x.events[1].Calls)); got != "[mailed/email mailed]" {
		t.Errorf("it calls %s", got)
	}
}

// Ways that come at the same time come at the same time too where the first does not work,
// whether that is known before or found out after.
func TestAllNextWaysComeTogether(t *testing.T) {
	for _, trouble := range []Target{"down:slack", "deaf:slack"} {
		r := roster{"a": person("all"), "floor": person("lead1")}
		x := start(t, r, steps(5*time.Minute, 0, "a"))
		r[trouble] = person("it")
		var c Command = Unreachable{Method: Slack, World: r.world()}
		if trouble == "deaf:slack" {
			c = Unheard{Method: Slack, Since: noon, World: r.world()}
		}
		if got := x.do(c); !strings.HasSuffix(got, ", contact [all/email all/sms]") {
			t.Errorf("%s is found: %q", trouble, got)
		}
		if got := fmt.Sprint(said(start(t, r, steps(5*time.Minute, 0, "a")).events[1].Calls)); got != "[all all/email all/sms]" {
			t.Errorf("%s is known: %s", trouble, got)
		}
	}
}

// What was marked is marked no more when the page begins again: by then it may be heard.
func TestAPageThatBeginsAgainIsHeard(t *testing.T) {
	r := roster{"a": person("dev1"), "floor": person("lead1"), "deaf:slack": person("it")}
	x := start(t, r, steps(5*time.Minute, 0, "a"))
	x.do(Acknowledge{By: "dev1"})
	if got := x.do(Unheard{Method: Slack, Since: noon, World: r.world()}); got != "" {
		t.Errorf("of a page that is answered: %q", got)
	}
	delete(r, "deaf:slack")
	x.do(HandOver{By: "dev1", To: "dev2", World: r.world()})
	if slices.ContainsFunc(x.p.Notices, func(n Notice) bool { return n.Unheard }) {
		t.Errorf("%+v", x.p.Notices)
	}
}

// TestAMediumThatBringsNoAnswers takes messages all the same: whoever was told by it since
// then is told in their next way too, once, and nobody is passed over.
func TestAMediumThatBringsNoAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		since time.Duration // after noon; the notice of the step is of noon
		do    func(x *run)
		want  string
	}{
		"since before the notice":  {-time.Minute, nil, "medium_deaf, contact [ring/sms]"},
		"since after it":           {time.Minute, nil, "medium_deaf"},
		"it delivered the notice":  {0, func(x *run) { x.do(Report{Notice: 1, Fate: Delivered, World: x.roster.world()}) }, "medium_deaf, contact [ring/sms]"},
		"they cannot":              {0, func(x *run) { x.roster["b"] = person("sre1"); x.do(Decline{By: "ring", World: x.roster.world()}) }, "medium_deaf"},
		"they were told otherwise": {0, func(x *run) { x.due() }, "medium_deaf"},
		"it was answered":          {0, func(x *run) { x.do(Acknowledge{By: "ring"}) }, ""},
		"it has begun again since": {-time.Minute, func(x *run) {
			x.do(Acknowledge{By: "ring"})
			x.do(HandOver{By: "ring", To: "dev1", World: x.roster.world()})
		}, "medium_deaf"},
		"others have no other way": {0, func(x *run) { x.do(Escalate{By: "it", Turn: -1, World: x.roster.world()}) }, "medium_deaf, contact [ring/sms]"},
	} {
		t.Run(name, func(t *testing.T) {
			r := roster{"a": person("ring"), "b": person("dev1"), "floor": person("lead1")}
			x := start(t, r, steps(10*time.Minute, 0, "a", "b"))
			x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
			if c.do != nil {
				c.do(x)
			}
			for n := 2; n <= x.p.Sent && name != "it has begun again since"; n++ {
				x.do(Report{Notice: n, Fate: Sent, World: r.world()})
			}
			r["deaf:slack"] = person("it")
			u := Unheard{Method: Slack, Since: noon.Add(c.since), World: r.world()}
			if got := x.do(u); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := x.do(u); got != "" {
				t.Errorf("the same again: %q", got)
			}
		})
	}
}

// TestNobodyIsLeftInPeaceForWhatIsUnknown: while nobody knows who is in a group, its people
// are not taken for relieved, by a handoff or when their next contact is due.
func TestNobodyIsLeftInPeaceForWhatIsUnknown(t *testing.T) {
	for _, known := range []bool{true, false} {
		r := roster{"schedule:night": person("dev1"), "group:S1": person("ring"), "floor": person("lead1")}
		x := &run{t: t, now: noon, roster: r}
		pol := Policy{Steps: []Step{{Notify: []Target{"schedule:night", "group:S1"}, Wait: 10 * time.Minute}}}
		x.do(Begin{ID: "PAGE-1", Policy: pol, World: r.world()})
		delete(r, "group:S1")
		r["schedule:night"] = person("dev2")
		w := r.world()
		w.Unknown = func(t Target) bool { return !known && t == "group:S1" }
		x.now = x.now.Add(time.Minute)
		x.do(Relieve{World: w})
		off := x.events[len(x.events)-1].Off
		if want := map[bool]string{true: "[dev1 ring]", false: "[]"}[known]; fmt.Sprint(off) != want {
			t.Errorf("known %v: %v are left in peace, want %s", known, off, want)
		}
		if !x.p.Told("dev2") {
			t.Errorf("known %v: whoever came is not told", known)
		}
		if known {
			continue
		}
		x.now = x.p.Due
		if got, want := x.do(Tick{Turn: x.p.Turn, World: w}), "contact [ring/sms]"; got != want {
			t.Errorf("when their next contact is due: %s, want %s", got, want)
		}
	}
}
