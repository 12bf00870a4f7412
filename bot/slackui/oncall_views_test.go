package slackui

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

func handover(change func(*Handover)) Handover {
	h := Handover{Schedule: "checkout", Handoff: oncall.Handoff{At: noon, Out: []string{"dev1"}, In: []string{"dev2"}, On: []string{"dev2"}},
		Since: noon.Add(-7 * 24 * time.Hour), Next: noon.Add(7 * 24 * time.Hour)}
	change(&h)
	return h
}

func TestHandoffs(t *testing.T) {
	golden(t, "handoff",
		state{"quiet", HandoffMessage(handover(func(*Handover) {}), scene())},
		state{"to who comes", HandoffMessage(handover(func(h *Handover) {
			h.To, h.Open, h.Pages = "dev2", []incident.Incident{opened()}, []paging.Page{{ID: "PAGE-7", Subject: "INC-3", Status: paging.Open, Opened: ago15(3)}}
			h.Silenced = []alert.Alert{{ID: "ALERT-4", Title: "disk full", Hush: &alert.Hush{Silence: "SIL-1", Until: noon}}, {ID: "ALERT-5", Title: "slow", Hush: &alert.Hush{Window: "upgrade", Until: noon}}}
		}), scene())},
		state{"of alerts", HandoffMessage(handover(func(h *Handover) {
			fired := func(id, title string, change func(*alert.Alert)) alert.Alert {
				a := alert.Alert{ID: id, State: alert.StateOpen, Severity: alert.SeverityCritical, Title: title, Service: "checkout", Opened: ago15(9)}
				change(&a)
				return a
			}
			ended := func(page, by string) func(*alert.Alert) {
				return func(a *alert.Alert) {
					if a.State, a.Page = alert.StateResolved, page; by != "" {
						a.Acknowledged = &alert.Said{By: by, At: ago15(5)}
					}
				}
			}
			h.Pages = []paging.Page{{ID: "PAGE-8", Subject: "ALERT-6", Status: paging.Open, Opened: ago15(3), Facts: paging.Facts{Severity: "critical", Service: "checkout"}, Folded: 2},
				{ID: "PAGE-9", Subject: "ALERT-7", Status: paging.Acknowledged, Owner: "dev1", Snoozed: true, Until: noon.Add(time.Hour)},
				{ID: "PAGE-10", Subject: "INC-3", Status: paging.Acknowledged, Owner: "dev1", Until: noon.Add(time.Hour)}}
			h.Alerts, h.Firing = []alert.Alert{fired("ALERT-6", "disk full", func(a *alert.Alert) { a.Page = "PAGE-8" }), fired("ALERT-8", "slow", func(a *alert.Alert) { a.Severity = alert.SeverityWarning })}, 14
			h.Ended, h.EndedMore = []alert.Alert{fired("ALERT-1", "first", ended("PAGE-1", "dev1")), fired("ALERT-2", "second", ended("PAGE-2", "")), fired("ALERT-3", "third", ended("", ""))}, true
		}), scene())},
		state{"to who goes", HandoffMessage(handover(func(h *Handover) { h.To, h.Over = "dev1", []incident.Incident{closed()} }), scene())},
		state{"late", HandoffMessage(handover(func(h *Handover) { h.Late, h.Missed = true, 2 }), scene())},
		state{"nobody", HandoffMessage(handover(func(h *Handover) { h.Handoff.In, h.Handoff.On, h.Next = nil, nil, time.Time{} }), scene())},
		state{"after a gap", HandoffMessage(handover(func(h *Handover) { h.Handoff.Out = nil }), scene())},
		state{"hostile", HandoffMessage(handover(func(h *Handover) {
			h.Schedule = "<!channel> `x` " + strings.Repeat("long ", 200)
			for range 30 {
				h.Open = append(h.Open, with(func(i *incident.Incident) { i.Title = "<@U1> *bold* " + strings.Repeat("x", 400) }))
				h.Pages = append(h.Pages, paging.Page{ID: "PAGE-9", Subject: "ALERT-9", Status: paging.Open, Facts: paging.Facts{Severity: "<!here>"}})
				h.Alerts, h.Firing = append(h.Alerts, alert.Alert{ID: "ALERT-9", State: alert.StateOpen, Title: "<!here> " + strings.Repeat("&", 400)}), 30
				h.Ended = append(h.Ended, alert.Alert{ID: "ALERT-9", State: alert.StateResolved, Page: "PAGE-1", Title: "<!here> " + strings.Repeat("&", 400)})
				h.Silenced = append(h.Silenced, alert.Alert{ID: "ALERT-9", Title: "<!here> " + strings.Repeat("y", 400), Hush: &alert.Hush{Window: "<!here> " + strings.Repeat("z", 400), Until: noon}})
			}
		}), scene())})
}

func requested(kind, status string) oncall.Request {
	from, to := noon.Add(48*time.Hour), noon.Add(56*time.Hour)
	q := oncall.Request{ID: "R3", Kind: kind, Status: status, Person: "dev1", From: noon.Add(24 * time.Hour), To: noon.Add(32 * time.Hour), Note: "the dentist <@U2>"}
	if kind == oncall.SwapRequest {
		q.Other, q.OtherFrom, q.OtherTo = "dev2", &from, &to
	}
	if status == oncall.RequestTaken {
		q.TakenBy = "dev2"
	}
	return q
}

func TestRequests(t *testing.T) {
	var states []state
	for _, kind := range []string{oncall.CoverRequest, oncall.SwapRequest} {
		for _, status := range []string{oncall.RequestOpen, oncall.RequestTaken, oncall.RequestDeclined, oncall.RequestWithdrawn, oncall.RequestExpired} {
			if kind == oncall.CoverRequest && status == oncall.RequestDeclined {
				continue
			}
			q := requested(kind, status)
			states = append(states, state{kind + " " + status, RequestMessage("checkout", "sre1", q, scene())})
			if status != oncall.RequestOpen {
				states = append(states, state{kind + " " + status + " to its maker", ClosedMessage("checkout", "dev1", "dev2", q, scene())},
					state{kind + " " + status + " to the other", ClosedMessage("checkout", "dev2", "dev2", q, scene())})
			}
		}
	}
	taken := requested(oncall.CoverRequest, oncall.RequestWithdrawn)
	taken.TakenBy = "dev2"
	states = append(states, state{"cover withdrawn when it was taken, to the other", ClosedMessage("checkout", "dev2", "dev1", taken, scene())})
	golden(t, "request", states...)
}

func TestDutyWords(t *testing.T) {
	override := func(person, replaces string) []oncall.StoredOverride {
		return []oncall.StoredOverride{{Made: oncall.Made{ID: "O5", By: "lead1", Zone: "Europe/Berlin"},
			Override: oncall.Override{From: "2026-11-21T12:00:00Z", To: "2026-11-21T20:00:00Z", Person: person, Replaces: replaces}}}
	}
	golden(t, "duty",
		state{"reminder", ReminderMessage("checkout", noon.Add(time.Hour), false, scene())},
		state{"late reminder", ReminderMessage("checkout", noon.Add(time.Hour), true, scene())},
		state{"replaced", OverrideMessage("checkout", "dev1", "lead1", override("dev2", "dev1"), false, scene())},
		state{"replacing", OverrideMessage("checkout", "dev2", "lead1", override("dev2", "dev1"), false, scene())},
		state{"replacing who did it", OverrideMessage("checkout", "dev2", "dev1", override("dev2", "dev1"), false, scene())},
		state{"added", OverrideMessage("checkout", "dev2", "", override("dev2", ""), false, scene())},
		state{"taken off", OverrideMessage("checkout", "dev1", "lead1", override("", "dev1"), false, scene())},
		state{"taken back", OverrideMessage("checkout", "dev1", "lead1", override("dev2", "dev1"), true, scene())},
		state{"watchman", WatchMessage("checkout", []string{"Nobody is on call Sun 29 Mar, 02:00 to 03:00 CEST.", "<!here> is away"}, scene())},
		state{"first watch", WatchMessage("", []string{"checkout: Nobody is on call Sun 29 Mar, 02:00 to 03:00 CEST.", "search: dev1 is away and on call"}, scene())},
		state{"much to watch", WatchMessage("checkout", strings.Split(strings.Repeat("Nobody is on call.|", 60), "|"), scene())},
		state{"shadow", ShadowCopy(page(), desk.AboutIncident(opened()), "dev1", scene())},
		state{"mentor", MentorCall(page(), desk.AboutIncident(opened()), "dev1", scene())},
		state{"hint", HintMessage("User groups need a paid plan of Slack.", scene())})
}

// Times that cannot be read are shown as they were written.
func TestTimesOfOverrides(t *testing.T) {
	o := oncall.StoredOverride{Made: oncall.Made{Zone: "Europe/<Atlantis>"}, Override: oncall.Override{From: "2026-11-21T12:00:00", To: "2026-11-21T20:00:00"}}
	if got, want := overrideTimes(o), "2026-11-21T12:00:00 to 2026-11-21T20:00:00 (Europe/&lt;Atlantis&gt;)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRosterAnswers(t *testing.T) {
	q, swap := requested(oncall.CoverRequest, oncall.RequestOpen), requested(oncall.SwapRequest, oncall.RequestOpen)
	f := fortnight(t)
	fair := oncall.Taker{Person: "dev2", Why: "free then, and carries least of those who are"}
	golden(t, "roster",
		state{"cover", RosterDone(Rostered{Schedule: "checkout", Events: []oncall.Event{{Kind: oncall.CoverRequested, By: "dev1", Request: &q}}, Fairest: &fair}, scene())},
		state{"swap", RosterDone(Rostered{Schedule: "checkout", Events: []oncall.Event{{Kind: oncall.SwapProposed, By: "dev1", Request: &swap}}}, scene())},
		state{"override", RosterDone(Rostered{Schedule: "checkout", Events: []oncall.Event{{Kind: oncall.OverridesAdded, Overrides: []oncall.StoredOverride{{Made: oncall.Made{ID: "O5", Zone: "UTC"},
			Override: oncall.Override{From: "2026-11-21T12:00:00Z", To: "2026-11-21T20:00:00Z", Person: "dev2", Replaces: "dev1"}}}}}, Warnings: []string{"dev2 is away for some of it"}, Fairest: &fair}, scene())},
		state{"graduated", RosterDone(Rostered{Schedule: "checkout", Events: []oncall.Event{{Kind: oncall.ShadowEnded, Ended: []string{"S2"}}, {Kind: oncall.Joined, Join: &oncall.Join{Person: "lead1", Layer: "all", After: "dev2"}},
			{Kind: oncall.VersionApplied, Name: "checkout"}}, After: &oncall.Following{On: []string{"dev1"}, From: noon, Next: []string{"dev2"}}}, scene())},
		state{"shadow", RosterDone(Rostered{Schedule: "checkout", Events: []oncall.Event{{Kind: oncall.ShadowSet, Shadow: &oncall.StoredShadow{Made: oncall.Made{ID: "S2"}, Shadow: oncall.Shadow{Person: "lead1", With: "dev2"}}}}}, scene())},
		state{"taken back", RosterDone(Rostered{Schedule: "checkout", Events: []oncall.Event{{Kind: oncall.OverridesEnded, Ended: []string{"O5", "O6"}}}}, scene())},
		state{"nothing", RosterDone(Rostered{Schedule: "checkout"}, scene())},
		state{"away", AwayDone(Away{Schedules: []string{"checkout", "search"}, From: "2026-12-24", To: "2026-12-27", ID: "T4",
			Meets: []Shift{{Schedule: "checkout", From: noon, To: noon.Add(time.Hour)}}}, scene())},
		state{"back", AwayDone(Away{Person: "dev1", Schedules: []string{"checkout"}, From: "2026-12-24T08:00:00Z", To: "2026-12-24T12:00:00Z", Ended: true}, scene())},
		state{"changes", ChangesAnswer(stood(), "", scene())},
		state{"no changes", ChangesAnswer(nil, "There is no override, no request and no time off.", scene())},
		state{"remove", SureToRemove("checkout", []string{"dev1"}, scene())},
		state{"removed", RemovedMessage("checkout", "lead1", scene())},
		state{"needs a form", NeedsForm(ParseOncall("swap <@U1>", noon, nil), "", scene())},
		state{"needs a form of incidents", NeedsForm(Parse("note -15m", noon, nil), InsteadOf(NoteModal(answered(), time.Time{}, Meta{}, scene()), "", scene()), scene())},
		state{"gaps", GapsAnswer([]ScheduleGaps{{Schedule: "checkout", Gaps: []oncall.Gap{{Start: noon, End: noon.Add(time.Hour)}}}, {Schedule: "search"}, {Schedule: "lab", Meant: true}})},
		state{"no schedule", GapsAnswer(nil)},
		state{"which", WhichSchedule([]string{"checkout", "search"}, "cover me", scene())},
		state{"help", RosterHelp(scene())},
		state{"two weeks", FortnightText(f, scene())})
}

func TestRosterForms(t *testing.T) {
	turns := []Shift{{Schedule: "checkout", Person: "dev1", From: noon, To: noon.Add(time.Hour), Fairest: "Dev Two"}, {Schedule: "search", Person: "dev2", From: noon.Add(2 * time.Hour), To: noon.Add(3 * time.Hour)}}
	var many []Shift
	for n := range 300 {
		many = append(many, Shift{Schedule: strings.Repeat("s", 60), Person: "dev1", From: noon.Add(time.Duration(n) * time.Hour), To: noon.Add(time.Duration(n+1) * time.Hour)})
	}
	views := map[string]any{
		"cover": CoverModal(turns, time.UTC, Meta{Channel: "C1"}),
		"swap":  SwapModal(turns[:1], turns[1:], noon.Add(time.Minute), time.UTC, Meta{}, scene()),
		"override": OverrideModal(Overriding{Schedules: []string{"checkout", "search"}, Chosen: "search", Person: "U1", Replaces: "U2", From: noon, To: noon.Add(time.Hour),
			Fairest: &oncall.Taker{Person: "dev2", Why: "free then"}, FairTo: noon.Add(time.Hour)}, Meta{}, scene()),
		"empty override": OverrideModal(Overriding{Schedules: []string{"checkout"}}, Meta{}, scene()),
		"off":            OffModal("2026-11-21", Meta{}),
		"shadow":         ShadowModal([]string{"checkout"}, "", Meta{}),
	}
	for name, v := range views {
		judgeView(t, name, v)
	}
	judgeView(t, "many", CoverModal(many, time.UTC, Meta{}))
	for _, n := range []int{100, 101, 800, 801} {
		var names []string
		for k := range n {
			names = append(names, fmt.Sprintf("%03d%s", k, strings.Repeat("é", 77)))
		}
		judgeView(t, "many schedules", ShadowModal(names, "", Meta{}))
	}
	compare(t, "rosterforms", views)
}

func stood() []Stood {
	end := noon.Add(time.Hour)
	return []Stood{
		{"checkout", oncall.Standing{ID: "O5", Kind: oncall.OverrideChange, Person: "dev1", Comes: "dev2", Start: &noon, End: &end, Text: "override: dev2 for dev1, 2026-11-21T12:00:00Z to 2026-11-21T13:00:00Z", By: "lead1"}},
		{"search", oncall.Standing{ID: "R3", Kind: oncall.CoverRequest, Person: "dev1", Start: &noon, End: &end, Text: "dev1 asks for cover"}},
		{"search", oncall.Standing{ID: "T4", Kind: oncall.TimeOffChange, Person: "dev1", Start: &noon, End: &end, Text: "dev1 is away from 2026-11-21 to 2026-11-21", By: "dev1"}},
		{"search", oncall.Standing{ID: "S2", Kind: oncall.ShadowChange, Person: "new1", Start: &noon, Text: "new1 shadows dev1"}},
	}
}

// Overrides are listed with the names by which people are known.
func TestStandingOverrides(t *testing.T) {
	s := scene()
	s.PlainName = func(person string) string { return "The " + person }
	end := noon.Add(time.Hour)
	for want, comes := range map[string]string{"swap: The dev2 for The dev1, ": "dev2", "swap: The dev1 as well, ": "dev1", "swap: The dev1 is off call, nobody comes, ": ""} {
		got := s.stoodLine(oncall.Standing{Kind: oncall.OverrideChange, Person: "dev1", Comes: comes, Start: &noon, End: &end, Text: "swap: x for y, 2026"})
		if !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestLongNamesCanBeChosen finds a schedule again whose name is too long for a menu.
func TestLongNamesCanBeChosen(t *testing.T) {
	names := []string{"checkout", strings.Repeat("x", 51), strings.Repeat("x", 80), strings.Repeat("é", 80), "~" + strings.Repeat("y", 30)}
	for _, n := range names {
		turn := Shift{Schedule: n, From: noon, To: noon.Add(time.Hour)}
		read, ok := readShift(turn.value())
		if len([]rune(turn.value())) > maxOptionLength || !ok || Unhandle(read.Schedule, names) != n || !read.From.Equal(noon) {
			t.Errorf("%s: the value %q is read as %+v", n, turn.value(), read)
		}
		if h := handleOf(n, maxHandle); len([]rune(h)) > maxOptionLength || Unhandle(h, names) != n {
			t.Errorf("%s: the handle %q stands for %q", n, h, Unhandle(h, names))
		}
	}
	if got := Unhandle("typed", names); got != "typed" {
		t.Errorf("a name that is typed becomes %q", got)
	}
}

func TestReadRosterForms(t *testing.T) {
	read := func(callback, values string) Submission {
		t.Helper()
		got, err := ReadView([]byte(`{"callback_id":"`+callback+`","state":{"values":`+values+`}}`), noon, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	turn := func(from time.Time, schedule string) string {
		return `{"x":{"selected_option":{"value":"` + Shift{Schedule: schedule, From: from, To: from.Add(time.Hour)}.value() + `"}}}`
	}
	got := read(coverForm, `{"shift":`+turn(noon, "a|b")+`,"to":{"to":{"selected_date_time":`+"1795264200"+`}}}`)
	if r := got.Roster; r.Do != DoCover || r.Schedule != "a|b" || !r.From.Equal(noon) || r.To.Unix() != 1795264200 && len(got.Errors) == 0 {
		t.Errorf("cover: %+v %v", r, got.Errors)
	}
	if got := read(swapForm, `{"shift":`+turn(noon, "a")+`,"theirs":`+turn(noon, "b")+`}`); got.Errors[theirsField] == "" {
		t.Errorf("a swap across schedules: %+v", got)
	}
	if got := read(overrideForm, `{"from":{"from":{"selected_date_time":20}},"to":{"to":{"selected_date_time":10}}}`); got.Errors[toField] == "" || got.Errors[personField] == "" {
		t.Errorf("a reversed override by nobody: %+v", got)
	}
	if got := read(offForm, `{"from":{"f":{"selected_date":"2026-12-24"}},"to":{"t":{"selected_date":"2026-12-23"}}}`); got.Errors[toField] == "" {
		t.Errorf("reversed days: %+v", got)
	}
	for _, bad := range []string{"", "1|2", "2|1|s", "?|!|s", "1|2|"} {
		if _, ok := readShift(bad); ok {
			t.Errorf("readShift(%q) is accepted", bad)
		}
	}
}

// TestTwoAreOnCall in English.
func TestTwoAreOnCall(t *testing.T) {
	m := HandoffMessage(Handover{Schedule: "checkout", Handoff: oncall.Handoff{At: noon, Out: []string{"dev2"}, In: []string{"dev1"}, On: []string{"dev1", "sre1"}}}, Scene{Now: noon})
	if raw, err := json.Marshal(m.Blocks); err != nil || !strings.Contains(string(raw), "dev1 and sre1 are on call now, after dev2.") {
		t.Errorf("got %s, %v", raw, err)
	}
}

// TestTwoWeeksOnAPhone: of a rotation that developers and SREs share by the week all of it is
// on one screen, and of one that changes hands often what comes first, and where it goes on.
func TestTwoWeeksOnAPhone(t *testing.T) {
	rotation := func(kind string, people ...string) oncall.Rotation {
		return oncall.Rotation{Type: kind, Start: "2026-03-02T09:00:00", People: people}
	}
	office := []oncall.Window{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}}
	for name, c := range map[string]struct {
		layers []oncall.Layer
		lines  int
		then   string
	}{
		"weekly":    {[]oncall.Layer{{Name: "nights", Rotation: rotation("weekly", "sre1", "sre2", "sre3")}, {Name: "days", Rotation: rotation("weekly", "dev1", "dev2"), Hours: office}}, 10, "2026-04-08"},
		"by office": {[]oncall.Layer{{Name: "days", Rotation: rotation("weekly", "dev1", "dev2"), Hours: office}}, 10, "2026-04-08"},
		"daily":     {[]oncall.Layer{{Name: "all", Rotation: rotation("daily", "dev1", "sre1")}}, 10, "2026-04-03"},
		"hourly":    {[]oncall.Layer{{Name: "all", Rotation: rotation("hourly", "dev1", "sre1")}}, 24, "2026-03-30"},
	} {
		plan, err := oncall.Compile(oncall.Schedule{Name: "checkout", TimeZone: "Europe/Berlin", Layers: c.layers}, nil)
		if err != nil {
			t.Fatal(err)
		}
		from, to := TwoWeeks(time.Date(2026, 3, 25, 11, 0, 0, 0, time.UTC), plan.Location())
		m := FortnightText(Fortnight{Schedule: "checkout", Zone: plan.Location(), From: from, To: to, Shifts: plan.Shifts(from, to), Gaps: plan.Gaps(from, to)}, scene())
		raw, err := json.Marshal(m.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		if got := strings.Count(text, " to "); got != c.lines || !strings.Contains(text, "`/oncall schedule checkout "+c.then+"`") {
			t.Errorf("%s: %d lines, want %d and then %s:\n%s", name, got, c.lines, c.then, text)
		}
	}
}

// TestTwoWeeksGoOnAfterALongDay: on a day of 25 hours the next page does not begin that day.
func TestTwoWeeksGoOnAfterALongDay(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	f := Fortnight{Schedule: "checkout", Zone: berlin}
	f.From, f.To = TwoWeeks(time.Date(2026, 10, 25, 11, 0, 0, 0, time.UTC), berlin)
	for n := range 26 {
		at := f.From.Add(time.Duration(n) * time.Hour)
		f.Shifts = append(f.Shifts, oncall.Shift{Person: "dev" + strconv.Itoa(n), Kind: oncall.Primary, Start: at, End: at.Add(time.Hour)})
	}
	raw, err := json.Marshal(FortnightText(f, scene()).Blocks)
	if err != nil || !strings.Contains(string(raw), "/oncall schedule checkout 2026-10-26`") {
		t.Errorf("what comes later is not of the next day: %s %v", raw, err)
	}
}
