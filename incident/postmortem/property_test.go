package postmortem

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/incident"
)

var digits = regexp.MustCompile(`\d+`)

// traced are all numbers that a draft of the facts may hold: those in the facts
// themselves, and those that the functions named here derive from them.
func traced(f Facts) map[string]bool {
	ok := map[string]bool{}
	add := func(s string) {
		for _, n := range digits.FindAllString(s, -1) {
			ok[n] = true
		}
	}
	raw, _ := json.Marshal(f.Incident)
	add(string(raw))
	for _, e := range f.Events {
		raw, _ := json.Marshal(e)
		add(string(raw) + " " + string(e.Kind) + " " + e.Title + " " + e.Text + " " + e.Person)
		add(stamp(e.At) + stamp(e.Recorded) + evt(e.Seq) + e.Severity.String())
		add(e.At.UTC().Format(time.RFC3339))
	}
	pages, _ := json.Marshal(f.Pages)
	add(fmt.Sprint(string(pages), " ", f.Version, " ", hex.EncodeToString(f.Head), " ", stamp(f.Now), " ", f.Services))
	for _, p := range f.Pages {
		add(stamp(p.Opened) + stamp(p.FirstNotice) + stamp(p.Answered))
		if d, known := toAnswer(p); known {
			add(span(d))
		}
		for _, n := range p.Notices {
			add(stamp(n.At))
		}
	}
	for _, i := range measure(f.Events) {
		if i.Seconds != nil {
			add(span(i.duration()) + " " + strconv.FormatFloat(*i.Seconds, 'f', -1, 64))
		}
	}
	last := f.Incident.Declared
	for _, e := range f.Events {
		if e.Kind == incident.Updated {
			add(span(e.At.Sub(last)))
			last = e.At
		}
	}
	lines := incident.Timeline(f.Events, incident.PlainNames)
	for n, l := range lines {
		add(span(l.Recorded.Sub(l.At)))
		if n > 0 {
			add(span(l.At.Sub(lines[n-1].At)))
		}
	}
	b := newBuilder(f)
	add(fmt.Sprint(b.people(), countPages(f), len(f.Events), count(f.Events, incident.DeliveryFailed), severity(peak(f))))
	kept := 0
	for _, p := range f.Pages {
		kept += len(p.Notices)
	}
	add(strconv.Itoa(countPages(f).Notices - kept))
	for _, role := range rolesOf(f) {
		add(role)
	}
	return ok
}

func TestEveryNumberIsInTheFactsOrDerivedFromThem(t *testing.T) {
	check := func(name string, f Facts) {
		t.Helper()
		ok := traced(f)
		d := New(f)
		for _, l := range strings.Split(string(d.Markdown()), "\n") {
			for _, n := range digits.FindAllString(l, -1) {
				if !ok[n] {
					t.Fatalf("%s: %s in %q is in no event", name, n, l)
				}
			}
		}
	}
	for name, f := range stories() {
		check(name, f)
	}
	for seed := range uint64(300) {
		check(fmt.Sprintf("seed %d", seed), random(seed))
	}
}

// random is the record of an incident to which anything happened.
func random(seed uint64) Facts {
	r := rand.New(rand.NewPCG(seed, 1))
	s := begin(fmt.Sprintf("queue %d is full", r.IntN(1000)), "queue")
	people := []string{"dev1", "dev2", "sre1", "U0LEAD7"}
	one := func() incident.Actor { return who(people[r.IntN(len(people))]) }
	for n := range 3 + r.IntN(40) {
		s.after(time.Duration(r.IntN(2000)) * time.Second)
		at := ts(start.Add(time.Duration(r.IntN(5000)) * time.Second))
		page := fmt.Sprintf("PAGE-%d", 1+r.IntN(3))
		all := []incident.Command{
			incident.SetLead{By: one(), Person: one().Person}, incident.SetSeverity{By: one(), Severity: incident.Severity(1 + r.IntN(4))},
			incident.Update{By: one(), Text: fmt.Sprintf("%d %% of requests fail", r.IntN(100))},
			incident.Note{By: one(), Text: "asked @dev2 and <@U0LEAD7>", At: s.now.Add(-time.Duration(r.IntN(5000)) * time.Second)},
			incident.Resolve{By: one(), Text: "deploy " + strconv.Itoa(r.IntN(9000))}, incident.Reopen{By: one(), Text: "back"}, incident.Close{By: one()},
			incident.RecordPaged{Page: page, Whom: []string{one().Person, "channel:ops"}, Step: 1 + r.IntN(3)}, incident.Acknowledge{By: one(), Page: page},
			incident.RecordPage{Kind: incident.PageDeclined, Page: page, Person: one().Person},
			incident.MarkPin{By: one(), How: "pin", Channel: "C1", TS: at, On: r.IntN(3) > 0, EventTS: ts(s.now)},
			incident.FillPin{Channel: "C1", TS: at, Author: one().Person, Text: "see https://example.com/" + strconv.Itoa(n)},
		}
		events, err := incident.Decide(s.i, all[r.IntN(len(all))], s.now)
		if err != nil {
			continue
		}
		for _, e := range events {
			e.Seq = uint64(len(s.events) + 1)
			s.events = append(s.events, e)
			s.i = incident.Apply(s.i, e)
		}
	}
	return s.facts()
}

func TestTheEndsOfIntervalsLieTheirLengthApart(t *testing.T) {
	for seed := range uint64(300) {
		f := random(seed)
		at := map[uint64]time.Time{}
		for _, e := range f.Events {
			at[e.Seq] = e.At
		}
		for _, i := range measure(f.Events) {
			if i.Seconds == nil || i.Name == openInAll {
				continue
			}
			if got, want := at[i.To].Sub(at[i.From]), i.duration(); got != want {
				t.Fatalf("seed %d: %s is %v long, its events evt-%d and evt-%d lie %v apart", seed, i.Name, want, i.From, i.To, got)
			}
		}
	}
}

func TestByRoleNobodyIsNamed(t *testing.T) {
	f := simple()
	f.Aliases = map[string]string{"U0DEV1": "dev1", "Dev One": "dev1", "dev.one@example.com": "dev1", "will": "sre1",
		"U0OTHER": "other1", "Some One": "other1", "on-call": "other1", "DEV-1": "other1", "dev-1": "dev1"}
	f.Events = append(f.Events, incident.Event{Seq: 11, Kind: incident.Noted, By: who("U0STRANGE"), At: f.Now, Recorded: f.Now,
		Text: "<@U0DEV1> and <@U0OTHER|x>, Dev One (dev.one@example.com, other@example.com), DEV1, @dev1, @will, sre1; will it hold? xdev1 dev11 the on-call and @on-call, U0OTHER, some one, (dev-1) İ@dev1"})
	for seed := range uint64(50) {
		anything := random(seed)
		anything.Aliases = map[string]string{"dev2": "dev2", "sre1": "sre1"} // named in texts, whether they took part or not
		for _, d := range []Draft{New(f), New(anything)} {
			page, err := d.HTML()
			if err != nil {
				t.Fatal(err)
			}
			record, err := d.JSON()
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ToLower(string(d.Markdown()) + string(page) + string(record))
			text = strings.NewReplacer("xdev1", "", "dev11", "", `i̇\@dev1`, "", "i̇@dev1", "").Replace(text)
			for _, name := range []string{"dev1", "dev2", "sre1", "u0lead7", "u0dev1", "u0other", "u0strange", "dev one", "@example.com", "@will", "some one", "@on-call", "dev-1"} {
				if at := strings.Index(text, name); at >= 0 {
					t.Fatalf("%q stands in the draft: …%s…", name, text[max(0, at-80):at+40])
				}
			}
		}
	}
	if got := string(New(f).Markdown()); !strings.Contains(got, "; will it hold? xdev1 dev11 the on-call and someone, someone, someone, (reporter) İ") {
		t.Errorf("words that are no names were changed:\n%s", got)
	}
	f.Names = incident.PlainNames
	if got := string(New(f).Markdown()); !strings.Contains(got, "sre1 acknowledged PAGE-1") || !strings.Contains(got, `\@dev1 and \@other1`) {
		t.Errorf("with names the draft lacks them:\n%s", got)
	}
}

func TestTheSameNameOfTwoPeopleIsReadTheSameWay(t *testing.T) {
	f := simple()
	f.Aliases = map[string]string{"Alex Doe": "other1", "ALEX DOE": "dev1", "alex doe": "other2", "alex DOE": "sre1"}
	for range 20 {
		v := newVoice(f)
		if got, want := v.text("ask alex doe"), "ask reporter"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestAWholeWorkspaceOfNamesIsQuick(t *testing.T) {
	f := simple()
	f.Aliases = map[string]string{}
	for n := range 20_000 {
		f.Aliases[fmt.Sprintf("First%d Last%d", n, n)] = fmt.Sprintf("U%07d", n)
		f.Aliases[fmt.Sprintf("user.%d@example.com", n)] = fmt.Sprintf("U%07d", n)
	}
	for n := range 100 {
		f.Events = append(f.Events, incident.Event{Seq: uint64(20 + n), Kind: incident.Noted, By: who("dev1"), At: f.Now, Recorded: f.Now,
			Text: strings.Repeat("user user.7@example.com First9 Last9 and the gateway; ", 70)})
	}
	begin := time.Now()
	d := New(f)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if got := string(d.Markdown()); strings.Contains(got, "Last9") || strings.Contains(got, "user.7") {
		t.Error("a name is left")
	}
}

// Whoever was paged, invited or answered has a part, and only those who led led.
func TestEverybodyHasAPart(t *testing.T) {
	s := begin("checkout returns 503", "checkout").do(incident.SetLead{Person: "sre1"}).do(incident.Invite{People: []string{"dev2"}})
	f := s.facts()
	f.Pages = []PageFacts{{ID: "PAGE-1", AnsweredBy: "sre2", Notices: []NoticeFacts{{To: "sre3"}}}}
	want := map[string]string{"": "Watchbill", "sre1": "incident commander", "dev1": "reporter", "dev2": "responder 1", "sre2": "responder 2", "sre3": "responder 3"}
	if got := rolesOf(f); !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAppsAreNoResponders(t *testing.T) {
	f := simple()
	f.Events = append(f.Events, incident.Event{Seq: 11, Kind: incident.PinEntered, By: who("dev1"), At: f.Now, Recorded: f.Now},
		incident.Event{Seq: 12, Kind: incident.PinText, Entry: 11, Author: "B0ALERTS", Text: "CPU 98 %", At: f.Now, Recorded: f.Now})
	if got := string(New(f).Markdown()); !strings.Contains(got, "message by an app: “CPU 98 %”") {
		t.Errorf("got:\n%s", got)
	}
}

func TestIntervalsThatAreUnknownAreNull(t *testing.T) {
	f := simple()
	f.Events[3].At = start.Add(-time.Minute) // acknowledged before it was paged
	d := New(f)
	i := d.interval(pagedToAcknowledged)
	if i.Seconds != nil || !strings.Contains(i.Why, "clock") {
		t.Errorf("got %+v, want it unknown because a clock was wrong", i)
	}
	if !strings.Contains(string(d.Markdown()), `"paged_to_acknowledged": null`) || !strings.Contains(strings.Join(d.Flags, " "), "clock_went_back") {
		t.Error("the draft does not say so")
	}
}

func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 250 * time.Millisecond: "less than 1s", 90 * time.Second: "1m30s", time.Hour: "1h", 25*time.Hour + 30*time.Second: "1d1h30s",
		72 * time.Hour: "3d", 1999 * time.Millisecond: "1s", -time.Second: "unknown",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%d) = %q, want %q", d, got, want)
		}
	}
}

// TestOpenInAllIsToldAfterAReopening: else it is the time until the resolution, once more.
func TestOpenInAllIsToldAfterAReopening(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	events := []incident.Event{{Seq: 1, Kind: incident.Declared, At: at}, {Seq: 2, Kind: incident.WasResolved, At: at.Add(time.Hour)}}
	told := func() bool {
		return slices.ContainsFunc(measure(events), func(i Interval) bool { return i.Name == openInAll })
	}
	if told() {
		t.Error("it was never reopened")
	}
	events = append(events, incident.Event{Seq: 3, Kind: incident.WasReopened, At: at.Add(2 * time.Hour)})
	if !told() {
		t.Error("it was reopened")
	}
}
