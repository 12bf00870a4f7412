package incident

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// in brings an incident into a state.
func in(t *testing.T, state string) *life {
	t.Helper()
	if state == "none" {
		return &life{t: t, now: noon}
	}
	x := declared(t)
	x.do(RecordPaged{Page: "PAGE-1", Whom: []string{"sre1"}, Step: 1})
	switch state {
	case "resolved":
		x.do(Resolve{By: who("dev1")})
	case "closed":
		x.do(Close{By: who("dev1")})
	}
	return x
}

func TestWhoMayDoWhatInWhichState(t *testing.T) {
	for _, c := range []struct {
		name  string
		of    func(by Actor) Command
		guest Code // what guests hear while it is open; empty: they may
		// what happens in each state: kinds, or "!" and the code of the refusal
		none, open, resolved, closed string
	}{
		{"declare", func(by Actor) Command { return Declare{By: by, ID: "INC-2", Title: "x"} }, Conflict, "declared", "!conflict", "!conflict", "!conflict"},
		{"lead", func(by Actor) Command { return SetLead{By: by, Person: "sre1"} }, Forbidden, "!not_found", "lead_set", "!conflict", "!conflict"},
		{"severity", func(by Actor) Command { return SetSeverity{By: by, Severity: 1} }, Forbidden, "!not_found", "severity_set", "!conflict", "!conflict"},
		{"update", func(by Actor) Command { return Update{By: by, Text: "x"} }, Forbidden, "!not_found", "updated", "updated", "!conflict"},
		{"note", func(by Actor) Command { return Note{By: by, Text: "x"} }, Forbidden, "!not_found", "noted", "noted", "noted"},
		{"resolve", func(by Actor) Command { return Resolve{By: by} }, Forbidden, "!not_found", "resolved, page_ended", "!conflict", "!conflict"},
		{"reopen", func(by Actor) Command { return Reopen{By: by, Text: "x"} }, Forbidden, "!not_found", "!conflict", "reopened", "reopened"},
		{"close", func(by Actor) Command { return Close{By: by} }, Forbidden, "!not_found", "closed, page_ended", "closed", "!conflict"},
		{"acknowledge", func(by Actor) Command { return Acknowledge{By: by, Page: "PAGE-1"} }, "", "page_acknowledged", "page_acknowledged, lead_set", "page_acknowledged", "page_acknowledged"},
		{"pin", func(by Actor) Command {
			return MarkPin{By: by, How: "pin", Channel: "C1", TS: "1772625600.000100", On: true, EventTS: "1772625601.000100"}
		}, "", "!not_found", "pin_marked, pinned", "pin_marked, pinned", "pin_marked, pinned"},
	} {
		for state, want := range map[string]string{"none": c.none, "open": c.open, "resolved": c.resolved, "closed": c.closed} {
			x := in(t, state)
			if code, no := strings.CutPrefix(want, "!"); no {
				x.refused(c.of(who("dev2")), Code(code))
				continue
			}
			if got := x.do(c.of(who("dev2"))); got != want {
				t.Errorf("%s when it is %s: %q, want %q", c.name, state, got, want)
			}
			x.folds()
			if c.guest == Forbidden {
				in(t, state).refused(c.of(guest), Forbidden)
			}
		}
	}
	in(t, "none").refused(Declare{By: guest, ID: "INC-2", Title: "x"}, Forbidden)
}

// A reason for what is so already is a note: it is not lost.
func TestAReasonIsKept(t *testing.T) {
	x := in(t, "open")
	if got := x.do(SetLead{By: who("dev1"), Person: "sre1", Text: " i must sleep "}); got != "lead_set" || x.events[len(x.events)-1].Text != "i must sleep" {
		t.Errorf("got %s with %q", got, x.events[len(x.events)-1].Text)
	}
	for _, c := range []Command{SetLead{By: who("dev1"), Person: "sre1", Text: "i must sleep"}, SetSeverity{By: who("dev1"), Severity: 2, Text: "i must sleep"}} {
		if got := x.do(c); got != "noted" || x.events[len(x.events)-1].Text != "i must sleep" || x.events[len(x.events)-1].By != who("dev1") {
			t.Errorf("%T: got %q with %q", c, got, x.events[len(x.events)-1].Text)
		}
	}
	for _, c := range []Command{SetLead{By: who("dev1"), Person: "sre1", Text: " "}, SetSeverity{By: who("dev1"), Severity: 2}} {
		if got := x.do(c); got != "" {
			t.Errorf("%T: got %q", c, got)
		}
	}
	x.refused(SetLead{By: who("dev1"), Person: "sre2", Text: strings.Repeat("x", MaxText+1)}, Invalid)
	line := Timeline(x.events, PlainNames)
	if got := line[2]; got.Text != "dev1 named sre1 incident commander" || got.Quote != "i must sleep" {
		t.Errorf("the timeline says %+v", got)
	}
}

// unseen are texts that show nothing.
var unseen = []string{"", " \n\t ", "\u00a0", "\u200b\u200b\u2060", "\ufeff", "\u202e", "\x00\x1b", "\u3164", "\u2800", "\u00ad", "\u0301", "\ufe0f", "\U000e0041"}

func TestDeclare(t *testing.T) {
	x := declared(t)
	if i := x.i; i.ID != "INC-1" || i.Title != "checkout returns 503" || i.Severity != 2 || i.Status != Open || i.Service != "checkout" ||
		i.Reporter != who("dev1") || !i.Declared.Equal(noon) || i.Room != (Room{State: RoomPending, Name: "inc-1-checkout"}) || i.Lead != "" {
		t.Errorf("got %+v", i)
	}
	none := in(t, "none")
	for _, title := range unseen {
		const want = "title"
		if got := none.refused(Declare{By: who("dev1"), ID: "INC-2", Title: title}, Invalid); !strings.Contains(got, want) {
			t.Errorf("%q: %s", title, got)
		}
	}
	for _, sev := range []Severity{-1, 5, 99} {
		none.refused(Declare{By: who("dev1"), ID: "INC-2", Title: "x", Severity: sev}, Invalid)
	}
	for sev := Severity(1); sev <= 4; sev++ {
		if x := in(t, "none"); x.do(Declare{By: who("dev1"), ID: "INC-2", Title: "x", Severity: sev}) != "declared" || x.i.Severity != sev {
			t.Errorf("declared as %s: got %+v", sev, x.i)
		}
	}
	if none.do(Declare{By: who("dev1"), ID: "INC-2", Title: "  two \n lines  "}); none.i.Title != "two lines" || none.i.Severity != DefaultSeverity {
		t.Errorf("got %+v", none.i)
	}
}

func TestNothingOfALongTitleIsLost(t *testing.T) {
	for _, length := range []int{MaxTitle, MaxTitle + 1, MaxText, MaxText + 1, 3*MaxText + 7, 10 * MaxText} {
		title := strings.Repeat("é", length-1) + "!"
		x := in(t, "none")
		x.do(Declare{By: who("dev1"), ID: "INC-2", Title: title})
		if got := len([]rune(x.i.Title)); got != min(length, MaxTitle) {
			t.Errorf("%d characters: the title has %d", length, got)
		}
		var noted string
		for _, e := range x.events[1:] {
			if e.Kind != Noted || len([]rune(e.Text)) > MaxText {
				t.Errorf("%d characters: got %s of %d", length, e.Kind, len([]rune(e.Text)))
			}
			noted += e.Text
		}
		x.folds()
		if length > MaxTitle && noted != title || length <= MaxTitle && noted != "" {
			t.Errorf("%d characters: %d are noted", length, len([]rune(noted)))
		}
	}
}

func TestATitleWithoutEndIsRefused(t *testing.T) {
	in(t, "none").refused(Declare{By: who("dev1"), ID: "INC-2", Title: strings.Repeat("x", 10*MaxText+1)}, Invalid)
}

func TestSetLead(t *testing.T) {
	x := declared(t)
	x.refused(SetLead{By: who("dev1")}, Invalid)
	steps := []struct {
		c        SetLead
		want     string
		lead     string
		answered bool
		was      string
	}{
		{SetLead{Person: "sre1"}, "lead_set", "sre1", false, ""},
		{SetLead{Person: "sre1"}, "", "sre1", false, ""},
		{SetLead{By: who("dev1"), Person: "sre1"}, "", "sre1", false, ""},
		{SetLead{By: who("sre1"), Person: "sre1"}, "lead_set", "sre1", true, "sre1"},
		{SetLead{By: who("sre1"), Person: "sre1"}, "", "sre1", true, ""},
		{SetLead{By: who("dev1"), Person: "sre1"}, "", "sre1", true, ""},
		{SetLead{By: who("sre1"), Person: "dev2"}, "lead_set", "dev2", false, "sre1"},
		{SetLead{By: who("dev1"), Person: "dev2", Answered: true}, "lead_set", "dev2", true, "dev2"},
	}
	for n, s := range steps {
		if got := x.do(s.c); got != s.want || x.i.Lead != s.lead || x.i.Answered != s.answered {
			t.Errorf("%d: got %q, %s, answered %v, want %+v", n, got, x.i.Lead, x.i.Answered, s)
		}
		if last := x.events[len(x.events)-1]; s.want != "" && last.Was != s.was {
			t.Errorf("%d: it was %q, want %q", n, last.Was, s.was)
		}
	}
}

func TestSetSeverity(t *testing.T) {
	x := declared(t)
	for _, sev := range []Severity{0, -1, 5} {
		x.refused(SetSeverity{By: who("dev1"), Severity: sev}, Invalid)
	}
	if y := declared(t); y.do(SetSeverity{By: who("dev1"), Severity: 1}) != "severity_set" || y.i.Severity != 1 {
		t.Errorf("got %+v", y.i)
	}
	if got := x.do(SetSeverity{By: who("dev1"), Severity: 2}); got != "" {
		t.Errorf("the same severity: %q", got)
	}
	if x.do(SetSeverity{By: who("dev1"), Severity: 4, Text: " two users only "}); x.i.Severity != 4 || x.events[1].Was != "SEV2" || x.events[1].Text != "two users only" {
		t.Errorf("got %+v", x.events[1])
	}
}

func TestTextsAreBounded(t *testing.T) {
	long := strings.Repeat("é", MaxText+1)
	open, resolved := declared(t), in(t, "resolved")
	for _, c := range []Command{Update{By: who("dev1"), Text: long}, Note{By: who("dev1"), Text: long}, Resolve{By: who("dev1"), Text: long}, SetSeverity{By: who("dev1"), Severity: 1, Text: long}} {
		if got := open.refused(c, Invalid); !strings.Contains(got, "4001") || !strings.Contains(got, "4000") {
			t.Errorf("%T: %s", c, got)
		}
	}
	resolved.refused(Reopen{By: who("dev1"), Text: long}, Invalid)
	for _, text := range unseen {
		open.refused(Update{By: who("dev1"), Text: text}, Invalid)
		open.refused(Note{By: who("dev1"), Text: text}, Invalid)
		resolved.refused(Reopen{By: who("dev1"), Text: text}, Invalid)
	}
	for _, text := range []string{"🔥", "é", "?", "日本", "e\u0301", "\u2603\ufe0f"} {
		open.do(Note{By: who("dev1"), Text: text})
	}
	if open.do(Update{By: who("dev1"), Text: " " + long[2:] + "\n"}); open.i.Update.Text != long[2:] || open.i.Update.By != "dev1" || !open.i.Update.At.Equal(noon) {
		t.Error("an update of the greatest length is not kept as it was")
	}
	if got := open.do(Resolve{By: who("dev1")}); got != "resolved" {
		t.Errorf("a resolution needs no words: %q", got)
	}
}

func TestNotesLieInThePastAndNotTooFar(t *testing.T) {
	for d, ok := range map[time.Duration]bool{
		time.Minute: true, time.Minute + time.Microsecond: false, 0: true, -time.Hour: true,
		-30 * 24 * time.Hour: true, -30*24*time.Hour - time.Microsecond: false,
	} {
		x := declared(t)
		note := Note{By: who("dev1"), Text: "x", At: noon.Add(d)}
		if !ok {
			x.refused(note, Invalid)
			continue
		}
		if x.do(note); !x.events[1].At.Equal(noon.Add(d)) || !x.events[1].Recorded.Equal(noon) {
			t.Errorf("%v: got %+v", d, x.events[1])
		}
	}
}

func TestTheEndOfAnIncidentEndsItsPages(t *testing.T) {
	for _, c := range []Command{Resolve{By: who("dev1"), Text: " rolled back "}, Close{By: who("dev1")}} {
		x := declared(t)
		for _, p := range []string{"PAGE-1", "PAGE-2", "PAGE-3"} {
			x.do(RecordPaged{Page: p, Whom: []string{"sre1"}})
		}
		x.do(Acknowledge{By: who("sre1"), Page: "PAGE-2"})
		x.do(c)
		var ended []string
		for _, e := range x.events {
			if e.Kind == PageEnded {
				ended = append(ended, e.Page)
			}
		}
		if want := []string{"PAGE-1", "PAGE-3"}; !slices.Equal(ended, want) {
			t.Errorf("%T ended %v, want %v", c, ended, want)
		}
		if got := x.i.OpenPages(); len(got) != 0 {
			t.Errorf("%T: %v are open", c, got)
		}
		x.folds()
	}
}

// What whoever comes second writes is kept.
func TestWhoeverComesSecondIsHeard(t *testing.T) {
	x := in(t, "resolved")
	if got := x.do(Resolve{By: who("dev2"), Text: " rolled back "}); got != "noted" || x.events[len(x.events)-1].Text != "rolled back" || x.i.Status != Resolved {
		t.Errorf("resolved twice: %s, %+v", got, x.events)
	}
	x.refused(Resolve{By: who("dev2"), Text: strings.Repeat("é", MaxText+1)}, Invalid)
	x.do(Reopen{By: who("dev1"), Text: "it is back"})
	if got := x.do(Reopen{By: who("dev2"), Text: "errors in eu-west"}); got != "noted" || x.i.Reopened != 1 || x.i.Status != Open {
		t.Errorf("opened again twice: %s, %+v", got, x.i)
	}
	x.refused(Reopen{By: who("dev2")}, Invalid)
	in(t, "open").refused(Reopen{By: who("dev2"), Text: "errors in eu-west"}, Conflict)
}

func TestResolveReopenClose(t *testing.T) {
	x := declared(t).at(time.Hour)
	x.do(Resolve{By: who("dev1"), Text: " rolled back "})
	if x.i.Status != Resolved || !x.i.Resolved.Equal(x.now) || x.events[1].Text != "rolled back" || x.i.Active() {
		t.Errorf("got %+v", x.i)
	}
	if got := x.refused(Resolve{By: who("dev1")}, Conflict); !strings.Contains(got, "2026-03-04 13:00 UTC") {
		t.Errorf("the refusal does not say since when: %s", got)
	}
	x.at(2 * time.Hour).do(Reopen{By: who("dev2"), Text: "it is back"})
	if x.i.Status != Open || !x.i.Resolved.IsZero() || x.i.Reopened != 1 || x.events[2].Was != "resolved" {
		t.Errorf("got %+v", x.i)
	}
	x.at(3 * time.Hour).do(Close{By: who("dev2")})
	if x.i.Status != Closed || !x.i.Closed.Equal(x.now) || !x.i.Resolved.Equal(x.now) {
		t.Errorf("closed at once it is resolved then, too: got %+v", x.i)
	}
	if got := x.refused(Close{By: who("dev1")}, Conflict); !strings.Contains(got, "2026-03-04 15:00 UTC") {
		t.Errorf("the refusal does not say since when: %s", got)
	}
	x.do(Reopen{By: who("dev2"), Text: "it is back"})
	if x.i.Reopened != 2 || !x.i.Closed.IsZero() || x.events[4].Was != "closed" {
		t.Errorf("got %+v", x.i)
	}
	x.do(Resolve{By: who("dev1")})
	before := x.i.Resolved
	x.at(5 * time.Hour).do(Close{By: who("dev1")})
	if !x.i.Resolved.Equal(before) {
		t.Errorf("closing moved the resolution from %v to %v", before, x.i.Resolved)
	}
	x.folds()
}

func TestAcknowledgeGivesCommandToTheFirst(t *testing.T) {
	x := declared(t)
	x.do(SetLead{Person: "sre1"})
	x.do(RecordPaged{Page: "PAGE-1", Whom: []string{"sre1", "sre2"}, Step: 1})
	if got := x.do(Acknowledge{By: who("sre2"), Page: "PAGE-1"}); got != "page_acknowledged, lead_set" || x.i.Lead != "sre2" || !x.i.Answered {
		t.Errorf("another answers first: %q, %s leads", got, x.i.Lead)
	}
	if e := x.events[len(x.events)-1]; e.Was != "sre1" || !e.Answered || e.Page != "PAGE-1" || !x.events[len(x.events)-2].Answered {
		t.Errorf("got %+v", e)
	}
	x.do(RecordPaged{Page: "PAGE-2", Whom: []string{"sre3"}, Step: 1})
	if got := x.do(Acknowledge{By: who("sre3"), Page: "PAGE-2"}); got != "page_acknowledged" || x.i.Lead != "sre2" {
		t.Errorf("somebody leads already: %q, %s leads", got, x.i.Lead)
	}
	if x.events[len(x.events)-1].Answered {
		t.Error("the second answer is said to take command")
	}
	if p := x.i.Pages[1]; p.Open || p.By != "sre3" {
		t.Errorf("got %+v", p)
	}
	y := declared(t)
	y.do(RecordPaged{Page: "PAGE-1", Whom: []string{"sre1"}})
	if got := y.do(Acknowledge{Page: "PAGE-1"}); got != "page_acknowledged" || y.i.Lead != "" {
		t.Errorf("nobody answered: %q, %q leads", got, y.i.Lead)
	}
}

func TestPagesOnTheRecord(t *testing.T) {
	x := declared(t)
	if x.do(RecordUnpaged{Why: "no policy"}); x.i.Unpaged != "no policy" {
		t.Errorf("got %q", x.i.Unpaged)
	}
	if got := x.do(RecordUnpaged{Why: "no policy"}); got != "" {
		t.Errorf("again: %q", got)
	}
	if x.do(RecordPaged{By: who("dev1"), Page: "PAGE-1", Whom: []string{"sre1"}, Step: 1}); x.i.Unpaged != "" {
		t.Errorf("somebody was paged, and still: %q", x.i.Unpaged)
	}
	if got := x.do(RecordPage{Kind: PagePaused, Page: "PAGE-1", Person: "sre1"}); got != "page_paused" || !slices.Equal(x.i.Pages[0].Paused, []string{"sre1"}) {
		t.Errorf("%q, %+v", got, x.i.Pages)
	}
	if got := x.do(RecordPage{Kind: PagePaused, Page: "PAGE-1", Person: "sre1"}); got != "" {
		t.Errorf("paused again: %q", got)
	}
	x.do(RecordPaged{Page: "PAGE-1", Whom: []string{"sre2"}, Step: 2})
	if p := x.i.Pages[0]; len(x.i.Pages) != 1 || !slices.Equal(p.Whom, []string{"sre2"}) || !slices.Equal(p.Told, []string{"sre1", "sre2"}) ||
		!slices.Equal(p.Paused, []string{"sre1"}) || !p.Open {
		t.Errorf("got %+v", x.i.Pages)
	}
	x.do(RecordPage{Kind: PageFailed, Page: "PAGE-1", Person: "sre2", Text: "gone"})
	x.do(RecordPage{Kind: PageDeclined, By: who("sre1"), Page: "PAGE-1", Person: "sre1"})
	if p := x.i.Pages[0]; !slices.Equal(p.Declined, []string{"sre1"}) || !p.Open {
		t.Errorf("declined by sre1: %+v", p)
	}
	if x.do(RecordPaged{Page: "PAGE-1", Whom: []string{"sre1", "sre2"}}); x.i.Pages[0].Paused != nil || x.i.Pages[0].Failed != nil || x.i.Pages[0].Declined != nil {
		t.Errorf("told again, and still: %+v", x.i.Pages)
	}
	for _, k := range []Kind{PageFailed, PageDeclined, PageEscalated, PageSpent, PageSkipped, PageAnsweredAgain, PageHandedOver, PageSnoozed, PageResumed, PageNobody, PageEnded} {
		if got := x.do(RecordPage{Kind: k, By: who("sre2"), Page: "PAGE-1", Person: "sre2", Text: "x"}); got != string(k) {
			t.Errorf("%s: %q", k, got)
		}
		if e := x.events[len(x.events)-1]; e.Page != "PAGE-1" || e.Person != "sre2" || e.Text != "x" || e.By != who("sre2") {
			t.Errorf("got %+v", e)
		}
	}
	if x.i.Pages[0].Open {
		t.Error("the page ended and is open")
	}
	for _, k := range []Kind{PageAcknowledged, Declared, WasClosed, ""} {
		if _, err := Decide(x.i, RecordPage{Kind: k, Page: "PAGE-1"}, noon); err == nil {
			t.Errorf("%q is recorded of a page", k)
		}
	}
	x.folds()
}

func TestInvite(t *testing.T) {
	x := declared(t)
	if got := x.do(Invite{People: []string{"dev1", "", "dev2", "dev1"}}); got != "invited, invited" {
		t.Errorf("got %q", got)
	}
	if got := x.do(Invite{People: []string{"dev2", "dev3"}}); got != "invited" || !slices.Equal(x.i.Invited, []string{"dev1", "dev2", "dev3"}) {
		t.Errorf("%q, %v", got, x.i.Invited)
	}
	var crowd []string
	for n := range 2 * MaxInvited {
		crowd = append(crowd, strings.Repeat("x", n+1))
	}
	if x.do(Invite{People: crowd}); len(x.i.Invited) != MaxInvited {
		t.Errorf("%d are invited, want %d", len(x.i.Invited), MaxInvited)
	}
}

func TestRoom(t *testing.T) {
	x := declared(t)
	if got := x.do(LoseRoom{Channel: "C9", Why: "archived"}); got != "" {
		t.Errorf("another channel was lost: %q", got)
	}
	if x.do(OpenRoom{Channel: "C1", Name: "inc-1"}); x.i.Room != (Room{State: RoomOpen, Channel: "C1", Name: "inc-1"}) {
		t.Errorf("got %+v", x.i.Room)
	}
	if got := x.do(OpenRoom{Channel: "C1", Name: "inc-1"}); got != "" {
		t.Errorf("again: %q", got)
	}
	if got := x.do(LeaveRoom{Channel: "C9"}) + x.do(LeaveRoom{Channel: "C1"}); got != "room_left" || x.i.Room.State != RoomOpen {
		t.Errorf("thrown out: got %q and %+v", got, x.i.Room)
	}
	if x.do(LoseRoom{Channel: "C1", Why: "archived"}); x.i.Room != (Room{State: RoomThread, Channel: "C1", Name: "inc-1", Why: "archived"}) {
		t.Errorf("got %+v", x.i.Room)
	}
	if got := x.do(LoseRoom{Channel: "C1", Why: "archived"}) + x.do(LeaveRoom{Channel: "C1"}); got != "" {
		t.Errorf("lost again: %q", got)
	}
	if got := x.do(OpenRoom{Channel: "C1", Name: "inc-1"}); got != "room_back" || x.i.Room.State != RoomOpen || x.i.Room.Why != "" {
		t.Errorf("it came back: %q, %+v", got, x.i.Room)
	}
	if got := x.do(OpenRoom{Channel: "C1", Name: "renamed"}); got != "room_opened" || x.i.Room.Name != "renamed" {
		t.Errorf("renamed: %q, %+v", got, x.i.Room)
	}
	y := declared(t)
	if got := y.do(LoseRoom{Why: "it cannot be created"}); got != "room_lost" || y.i.Room.State != RoomThread {
		t.Errorf("it never came to be: %q", got)
	}
}

func TestDraftAndDelivery(t *testing.T) {
	x := declared(t)
	if got := x.do(PostDraft{Link: "https://example.com/1"}); got != "draft_posted" || x.i.Draft != "https://example.com/1" {
		t.Errorf("%q, %q", got, x.i.Draft)
	}
	if got := x.do(PostDraft{Link: "https://example.com/1"}); got != "" {
		t.Errorf("again: %q", got)
	}
	if got := x.do(PostDraft{Link: "https://example.com/2"}); got != "draft_posted" {
		t.Errorf("another: %q", got)
	}
	x.do(FailDelivery{What: strings.Repeat("x", 2*MaxText)})
	if got := len([]rune(x.events[len(x.events)-1].Text)); got != MaxText {
		t.Errorf("%d characters, want %d", got, MaxText)
	}
}

// Whoever was named to lead and tells people how it stands has answered.
func TestWhoIsNamedAnswersByWorking(t *testing.T) {
	for name, c := range map[string]func(Actor) Command{
		"update":   func(by Actor) Command { return Update{By: by, Text: "we roll back"} },
		"severity": func(by Actor) Command { return SetSeverity{By: by, Severity: 1} },
	} {
		x := declared(t)
		x.do(SetLead{By: who("dev1"), Person: "sre1"})
		if x.do(c(who("dev2"))); x.i.Answered {
			t.Errorf("%s: somebody else's word is taken for the answer", name)
		}
		x = declared(t)
		x.do(SetLead{By: who("dev1"), Person: "sre1"})
		if x.do(c(who("sre1"))); !x.i.Answered || x.i.Lead != "sre1" {
			t.Errorf("%s: still waiting for the answer of %s", name, x.i.Lead)
		}
		if n := len(x.events); x.do(Update{By: who("sre1"), Text: "again"}) == "" || len(x.events) != n+1 {
			t.Errorf("%s: they took command twice", name)
		}
	}
}
