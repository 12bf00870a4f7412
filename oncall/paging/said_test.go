package paging

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHowAPageStands(t *testing.T) {
	at := time.Date(2026, 3, 4, 3, 7, 0, 0, time.UTC)
	answered := Page{ID: "PAGE-7", Status: Acknowledged, Owner: "sre1", AnsweredBy: "sre1", Opened: at.Add(-time.Minute), Answered: at}
	for _, c := range []struct {
		name           string
		change         func(p *Page)
		stands, thanks string // of dev1
	}{
		{"answered by another", func(*Page) {}, "SRE1 answered at 03:07 UTC.", "Recorded, and PAGE-7 is not yours: SRE1 answered at 03:07 UTC."},
		{"answered", func(p *Page) { p.Owner, p.AnsweredBy = "dev1", "dev1" }, "DEV1 answered at 03:07 UTC.", "Recorded: PAGE-7 is yours. Nobody is paged any more."},
		{"handed over and answered", func(p *Page) { p.Owner = "dev1" }, "DEV1 has it.", "Recorded: PAGE-7 is yours. Nobody is paged any more."},
		{"snoozed", func(p *Page) { p.Snoozed, p.Until = true, at.Add(time.Hour) }, "SRE1 has snoozed it until 04:07 UTC.", "Recorded, and PAGE-7 is not yours: SRE1 has snoozed it until 04:07 UTC."},
		{"answered the next day", func(p *Page) { p.Opened = at.Add(-24 * time.Hour) }, "SRE1 answered at 2026-03-04 03:07 UTC.", ""},
		{"snoozed for days", func(p *Page) { p.Snoozed, p.Until = true, at.Add(3*24*time.Hour) }, "SRE1 has snoozed it until 2026-03-07 03:07 UTC.", ""},
		{"over", func(p *Page) { p.Status = Ended }, "It is over: nobody needs to answer any more.", "PAGE-7: It is over: nobody needs to answer any more. Thank you all the same."},
		{"open", func(p *Page) { *p = Page{ID: "PAGE-7", Status: Open} }, "Nobody has answered yet.", ""},
		{"come again", func(p *Page) { p.Status = Open }, "It has come again, and nobody has answered since.", ""},
		{"handed over", func(p *Page) { p.Status, p.Reason = Open, ByHandOver }, "It was handed over to SRE1, who has not answered yet.", ""},
	} {
		p := answered
		c.change(&p)
		if got := p.Stands(strings.ToUpper, time.UTC); got != c.stands {
			t.Errorf("%s: it stands: %q, want %q", c.name, got, c.stands)
		}
		if got := p.Thanks("dev1", strings.ToUpper, time.UTC); c.thanks != "" && got != c.thanks {
			t.Errorf("%s: thanks: %q, want %q", c.name, got, c.thanks)
		}
	}
}

// TestWhoDeclinesAgain is told whom the page asks now.
func TestWhoDeclinesAgain(t *testing.T) {
	to := func(person string, turn int) Notice { return Notice{To: Recipient{Person: person}, Turn: turn} }
	declined, failed := to("dev1", 2), to("dev2", 2)
	declined.Decline, failed.Fate = true, Failed
	for want, notices := range map[string][]Notice{
		"DEV1 has said already that they cannot take PAGE-7. SRE1 and SRE2 are asked now.": {to("dev3", 1), declined, failed, to("sre1", 2), to("sre1", 2), to("sre2", 2)},
		"DEV1 has said already that they cannot take PAGE-7. SRE1 is asked now.":           {declined, to("sre1", 2)},
		"DEV1 has said already that they cannot take PAGE-7. Nobody else is asked now.":    {declined, failed},
	} {
		if got := (Page{ID: "PAGE-7", Status: Open, Turn: 2, Notices: notices}).DeclinedBefore("dev1", strings.ToUpper); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func upper(person, via string) string {
	if via != "" {
		via = " (by " + via + ")"
	}
	return strings.ToUpper(person) + via
}

// A night in words: whoever reads it later knows of each attempt what became of it.
func TestHistory(t *testing.T) {
	r := roster{"a": person("ring"), "b": {}, "c": person("dev2"), "floor": person("lead1")}
	p := steps(5*time.Minute, 0, "a", "b", "c")
	p.Name, p.AckTimeout = "checkout", time.Hour
	x := start(t, r, p)
	x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
	x.due() // the SMS
	x.do(Report{Notice: 2, Fate: Failed, Why: "the number does not exist", World: r.world()})
	x.do(Report{Notice: 3, Fate: Delivered, World: r.world()})
	x.do(Decline{By: "ring", Via: "voice", World: r.world()})
	x.do(Report{Notice: 4, Fate: Failed, Why: "a later message has taken its place", Needless: true, World: r.world()})
	r["down:slack"] = person("it")
	x.do(Unreachable{Method: Slack, World: r.world()})
	x.do(Escalate{By: "dev1", Via: "cli", Turn: -1, World: r.world()})
	x.do(Acknowledge{By: "lead1", Via: "email"})
	x.do(Acknowledge{By: "dev2"})
	x.now = x.now.Add(30 * time.Minute)
	x.do(Alive{By: "lead1"})
	x.do(HandOver{By: "lead1", To: "ring2", World: r.world()})
	x.do(Snooze{By: "ring2", Until: x.now.Add(time.Hour)})
	x.due()
	x.do(Fold{Count: 3, Last: "disk full"})
	x.do(Restate{Facts: Facts{Severity: "SEV1", Service: "checkout"}})
	x.now = x.now.Add(-2*time.Minute - time.Millisecond)
	x.do(SetBack{By: 2*time.Minute + time.Millisecond})
	x.do(End{By: "dev1", Why: "the incident is over"})
	var got []string
	for _, l := range History(x.events, upper) {
		got = append(got, l.Text)
	}
	want := []string{
		"opened for INC-1 by the policy checkout",
		"step 1: RING by slack; RING by sms at 12:02 UTC; RING by voice at 12:05 UTC",
		"sent to RING by slack",
		"next: RING by sms",
		"failed to RING by sms: the number does not exist",
		"next: RING by voice",
		"delivered to RING by voice",
		"RING (by voice) cannot take it",
		"step 2 is skipped: nobody is on call",
		"step 3: DEV2 by slack",
		"not sent to DEV2 by slack: a later message has taken its place",
		"DEV1 (by cli) escalated it",
		"all steps were tried",
		"nobody else is left to ask: DEV2 by slack, which does not work at the moment; LEAD1 by slack, which does not work at the moment",
		"LEAD1 (by email) acknowledged it, until 13:02 UTC",
		"DEV2 acknowledged it too, until 13:02 UTC",
		"LEAD1 is on it still, until 13:32 UTC",
		"LEAD1 handed it over to RING2",
		"handed over: RING2 by slack, which does not work at the moment; RING2 by sms; RING2 by voice at 12:37 UTC",
		"RING2 snoozed it, until 13:32 UTC",
		"it comes again: the snooze of RING2 is over",
		"step 1: RING by slack, which does not work at the moment; RING by sms; RING by voice at 13:37 UTC",
		"it stands for 3 more: disk full",
		"it is about SEV1 checkout from now on",
		"the clock was set back by 2m: what comes next comes that much sooner",
		"ended by DEV1: the incident is over",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWarning(t *testing.T) {
	r := roster{"a": person("dev1"), "floor": person("lead1")}
	x := start(t, r, steps(5*time.Minute, 0, "a"))
	if got := x.p.Warning(); got != "" {
		t.Errorf("while Slack works: %q", got)
	}
	r["down:slack"] = person("it")
	x = start(t, r, steps(5*time.Minute, 0, "a"))
	if got, want := x.p.Warning(), "PAGE-1 has reached nobody: slack does not work at the moment, and those whom it asks have no other way that does. Reach them yourself."; got != want {
		t.Errorf("while it does not: %q, want %q", got, want)
	}
	x.do(Report{Notice: 1, Fate: Sent, World: r.world()})
	if got := x.p.Warning(); got != "" {
		t.Errorf("once it was sent: %q", got)
	}
	r["a"] = person("ring")
	if got := start(t, r, steps(5*time.Minute, 0, "a")).p.Warning(); got != "" {
		t.Errorf("to somebody with an SMS: %q", got)
	}
}
