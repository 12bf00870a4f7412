package slackui

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// Saturday 21 November 2026, 14:30 in Berlin.
var noon = time.Date(2026, 11, 21, 13, 30, 20, 0, time.UTC)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParse(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 21, hour, minute, 0, 0, berlin).UTC() }
	targets := func(names ...string) []paging.Target {
		var out []paging.Target
		for _, n := range names {
			out = append(out, paging.Target(n))
		}
		return out
	}
	tests := []struct {
		text string
		want Input
	}{
		// nothing, and what is no command
		{"", Input{}},
		{"  \u00a0\u200b ", Input{}},
		{"checkout is down", Input{Verb: FreeText, Text: "checkout is down"}},
		{"Чекаут не работает", Input{Verb: FreeText, Text: "Чекаут не работает"}},
		{"a &lt;b&gt; &amp;amp; c", Input{Verb: FreeText, Text: "a <b> &amp; c"}},
		{"&lt;!channel&gt; down", Input{Verb: FreeText, Text: "<!channel> down"}},
		{"<!channel> down", Input{Verb: FreeText, Text: "@channel down"}},
		{"“close”", Input{Verb: FreeText, Text: "“close”"}},
		{"503", Input{Verb: FreeText, Text: "503"}},
		// words that begin a sentence must not become commands that change something
		{"close to running out of disk", Input{Verb: FreeText, Word: "close", Text: "close to running out of disk"}},
		{"help me the site is down", Input{Verb: FreeText, Word: "help", Text: "help me the site is down"}},
		{"list page of the shop is empty", Input{Verb: FreeText, Word: "list", Text: "list page of the shop is empty"}},
		{"status page is down", Input{Verb: FreeText, Word: "status", Text: "status page is down"}},
		{"page load times are very high", Input{Verb: FreeText, Word: "page", Text: "page load times are very high"}},
		{"who broke the checkout", Input{Verb: FreeText, Word: "who", Text: "who broke the checkout"}},
		{"lead generation form is broken", Input{Verb: FreeText, Word: "lead", Text: "lead generation form is broken"}},
		{"sev1 api down", Input{Verb: FreeText, Text: "sev1 api down"}},
		{"lead generation broken", Input{Verb: FreeText, Word: "lead", Text: "lead generation broken"}},
		{"take ann", Input{Verb: FreeText, Word: "take", Text: "take ann"}},
		{"alert storm in checkout", Input{Verb: FreeText, Text: "alert storm in checkout"}},
		{"inc", Input{Verb: FreeText, Text: "inc"}},
		{"/inc", Input{}},

		// declaring
		{"declare checkout returns 503 --sev 2 --service checkout", Input{Verb: Declare, Text: "checkout returns 503", Severity: 2, Service: "checkout"}},
		{"DECLARE checkout returns 503", Input{Verb: Declare, Text: "checkout returns 503"}},
		{"new checkout —sev 2 returns 503", Input{Verb: Declare, Text: "checkout returns 503", Severity: 2}},
		{"open –severity=1 checkout", Input{Verb: Declare, Text: "checkout", Severity: 1}},
		{"create x -s 4", Input{Verb: Declare, Text: "x", Severity: 4}},
		{"create x --sev2", Input{Verb: Declare, Text: "x", Severity: 2}},
		{"declare checkout returns 503 sev2", Input{Verb: Declare, Text: "checkout returns 503", Severity: 2}},
		{"declare checkout returns 503 SEV-2", Input{Verb: Declare, Text: "checkout returns 503", Severity: 2}},
		{"declare checkout returns 503 sev 2", Input{Verb: Declare, Text: "checkout returns 503", Severity: 2}},
		{"declare checkout returns 503 (sev1)", Input{Verb: Declare, Text: "checkout returns 503", Severity: 1}},
		{"declare sev1 api down", Input{Verb: Declare, Text: "api down", Severity: 1}},
		{"declare sev2", Input{Verb: Declare, Severity: 2}},
		{"declare sev high", Input{Verb: Declare, Text: "sev high"}},
		{"declare 2 of 3 nodes down", Input{Verb: Declare, Text: "2 of 3 nodes down"}},
		{"declare only 1 node of 3", Input{Verb: Declare, Text: "only 1 node of 3"}},
		{"declare sev9 sensors are off", Input{Verb: Declare, Text: "sev9 sensors are off"}},
		{"declare the sev2 dashboard is empty", Input{Verb: Declare, Text: "the sev2 dashboard is empty"}},
		{"declare build fails with --no-cache", Input{Verb: Declare, Text: "build fails with --no-cache"}},
		{"declare “checkout returns 503” --service=“pay ments”", Input{Verb: Declare, Text: "checkout returns 503", Service: "pay ments"}},
		{"declare \"checkout --sev 1 text\" --service 'x'", Input{Verb: Declare, Text: "checkout --sev 1 text", Service: "'x'"}},
		{"declare --service “pay ments” checkout", Input{Verb: Declare, Text: "checkout", Service: "pay ments"}},
		{"declare x --sev nine", Input{Verb: Declare, Text: "x", Problem: `"nine" is not a severity. Severities are 1 (worst) to 4.`}},
		{"declare x --sev", Input{Verb: Declare, Text: "x", Problem: "`--sev` needs its value: for example `--sev 2`."}},
		{"declare x --servce checkout", Input{Verb: Declare, Text: "x --servce checkout", Problem: "There is no `--servce`. Did you mean `--service`?"}},
		{"declare x --service --sev 2", Input{Verb: Declare, Text: "x", Severity: 2, Problem: "`--service` needs its value: for example `--service checkout`."}},
		{"declare x --sev 1 --sev 3", Input{Verb: Declare, Text: "x", Severity: 1, Problem: "Two severities were given, SEV1 and SEV3. Give one."}},
		{"declare x --lead <@U1|ann>", Input{Verb: Declare, Text: "x", People: []string{"U1"}}},
		{"declare it's down: <https://x.io/a|x.io/a> says <@U1|ann> in <#C1|ops>", Input{Verb: Declare, Text: "it's down: https://x.io/a says @ann in #ops"}},
		{"declare\u00a0checkout\u00a0returns\u00a0503\u00a0--sev\u00a02", Input{Verb: Declare, Text: "checkout\u00a0returns\u00a0503", Severity: 2}},
		{"/inc declare x", Input{Verb: Declare, Text: "x"}},

		// pages
		{"PAGE-7", Input{Verb: Show, Page: "PAGE-7"}},
		{"show page-7", Input{Verb: Show, Page: "PAGE-7"}},
		{"timeline PAGE-7", Input{Verb: Timeline, Page: "PAGE-7"}},
		{"PAGE-7 timeline", Input{Verb: Timeline, Page: "PAGE-7"}},
		{"PAGE-7 ack", Input{Verb: Ack, Page: "PAGE-7"}},
		{"PAGE-7 i can't", Input{Verb: Decline, Page: "PAGE-7"}},
		{"PAGE-7 resolve was a test", Input{Verb: Resolve, Page: "PAGE-7", Text: "was a test"}},
		{"PAGE-7 handover <@U1>", Input{Verb: HandOver, Page: "PAGE-7", People: []string{"U1"}}},
		{"PAGE-7 is still open", Input{Verb: FreeText, Text: "PAGE-7 is still open"}},
		{"PAGE-7 update nobody answers", Input{Verb: FreeText, Text: "PAGE-7 update nobody answers"}},
		{"timeline the page 7 was answered late", Input{Verb: Note, Word: "timeline", Text: "the page 7 was answered late"}},
		{"show PAGE-7 and why", Input{Verb: FreeText, Word: "show", Text: "show PAGE-7 and why"}},

		// texts
		{"update payments are  back\n* watching", Input{Verb: Update, Text: "payments are  back\n* watching"}},
		{"update: payments are back", Input{Verb: Update, Text: "payments are back"}},
		{"post with --sev 2 in it", Input{Verb: Update, Text: "with --sev 2 in it"}},
		{"update inc-3 payments are back", Input{Verb: Update, Incident: "INC-3", Text: "payments are back"}},
		{"INC-3 update payments are back", Input{Verb: Update, Incident: "INC-3", Text: "payments are back"}},
		{"inc 3 update payments", Input{Verb: Update, Incident: "INC-3", Text: "payments"}},
		{"inc #3: update payments", Input{Verb: Update, Incident: "INC-3", Text: "payments"}},
		{"#3 update payments", Input{Verb: Update, Incident: "INC-3", Text: "payments"}},
		{"update INC-003: payments", Input{Verb: Update, Incident: "INC-3", Text: "payments"}},
		{"update <#C9|inc-3-checkout> payments", Input{Verb: Update, Incident: "INC-3", Text: "payments"}},
		{"update <#C9|inc-4-checkout|INC-3> payments", Input{Verb: Update, Incident: "INC-3", Text: "payments"}},
		{"show <#C9|the-outage|INC-3>", Input{Verb: Show, Incident: "INC-3"}},
		{"<#C9||INC-3> sev 1", Input{Verb: Sev, Incident: "INC-3", Severity: 1}},
		{"update see <#C9|the-outage|INC-3> too", Input{Verb: Update, Text: "see #the-outage too"}},
		{"update <#C9|ops> knows", Input{Verb: Update, Text: "#ops knows"}},
		{"update #3 replica is down", Input{Verb: Update, Maybe: "INC-3", Text: "#3 replica is down"}},
		{"update see INC-4 too", Input{Verb: Update, Text: "see INC-4 too"}},
		{"update “all good now”", Input{Verb: Update, Text: "all good now"}},
		{"update", Input{Verb: Update}},
		{"resolve rolled back 4711", Input{Verb: Resolve, Text: "rolled back 4711"}},
		{"resolved", Input{Verb: Resolve}},
		{"reopen errors are back", Input{Verb: Reopen, Text: "errors are back"}},

		// notes and their times
		{"note deploy 4711 went out", Input{Verb: Note, Text: "deploy 4711 went out"}},
		{"note --at -15m deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-15 * time.Minute)}},
		{"note --at soon deploy", Input{Verb: Note, Text: "soon deploy", Problem: `"soon deploy" does not begin with a time. Write -15m, 14:05, yesterday 14:05 or 2026-11-21 14:05, and then what happened.`}},
		{"note —at=14:05 deploy", Input{Verb: Note, Text: "deploy", At: at(14, 5)}},
		{"note -15m deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-15 * time.Minute)}},
		{"note —15m deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-15 * time.Minute)}},
		{"note -1h30m deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-90 * time.Minute)}},
		{"note -15 min deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-15 * time.Minute)}},
		{"note 20m ago deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-20 * time.Minute)}},
		{"note 2 hours ago deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-2 * time.Hour)}},
		{"note +5m deploy", Input{Verb: Note, Text: "deploy", Problem: "+5m lies ahead, and a note says what has happened. Write -5m or 14:05; what is no time stands in quotes."}},
		{"note +5 min deploy", Input{Verb: Note, Text: "deploy", Problem: "+5 min lies ahead, and a note says what has happened. Write -5m or 14:05; what is no time stands in quotes."}},
		{"note “+5m deploy”", Input{Verb: Note, Text: "+5m deploy"}},
		{"note +1 replica left", Input{Verb: Note, Text: "+1 replica left"}},
		{"note -1 replica left", Input{Verb: Note, Text: "-1 replica left"}},
		{"note 5 replicas left", Input{Verb: Note, Text: "5 replicas left"}},
		{"note 14:05 deploy", Input{Verb: Note, Text: "deploy", At: at(14, 5)}},
		{"note at 14:05: deploy", Input{Verb: Note, Text: "deploy", At: at(14, 5)}},
		{"note at 18:00 deploy", Input{Verb: Note, Text: "deploy", At: at(18, 0).AddDate(0, 0, -1)}},
		{"note “14:05” deploy", Input{Verb: Note, Text: "“14:05” deploy"}},
		{"note yesterday evening it began", Input{Verb: Note, Text: "yesterday evening it began"}},
		{"note 13:05pm deploy", Input{Verb: Note, Text: "13:05pm deploy"}},
		{"note 2:05pm deploy", Input{Verb: Note, Text: "deploy", At: at(14, 5)}},
		{"note 14:31 deploy", Input{Verb: Note, Text: "deploy", At: at(14, 31)}},
		{"note 18:00 deploy", Input{Verb: Note, Text: "deploy", At: at(18, 0).AddDate(0, 0, -1)}},
		{"note yesterday 14:05 deploy", Input{Verb: Note, Text: "deploy", At: at(14, 5).AddDate(0, 0, -1)}},
		{"note 2026-11-20 09:00 deploy", Input{Verb: Note, Text: "deploy", At: at(9, 0).AddDate(0, 0, -1)}},
		{"note 2026-11-21T09:00:00Z deploy", Input{Verb: Note, Text: "deploy", At: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}},
		{"note 25:00 deploy", Input{Verb: Note, Text: "25:00 deploy"}},
		{"note INC-3 14:05 deploy", Input{Verb: Note, Incident: "INC-3", Text: "deploy", At: at(14, 5)}},
		{"note 503:12 ratio", Input{Verb: Note, Text: "503:12 ratio"}},
		{"timeline", Input{Verb: Timeline}},
		{"timeline inc-3", Input{Verb: Timeline, Incident: "INC-3"}},
		{"timeline 3", Input{Verb: Timeline, Incident: "INC-3"}},
		{"timeline -15m deploy", Input{Verb: Note, Text: "deploy", At: noon.Add(-15 * time.Minute)}},

		// who leads
		{"lead <@U1|ann>", Input{Verb: Lead, People: []string{"U1"}}},
		{"ic <@U1>", Input{Verb: Lead, People: []string{"U1"}}},
		{"handoff to <@U1|ann>, my shift ends", Input{Verb: Lead, People: []string{"U1"}, Text: "my shift ends"}},
		{"handoff from <@U1> to <@U2>", Input{Verb: Lead, People: []string{"U1"}, Text: "from to @U2", Problem: "Name the one who shall lead or take it over, and nobody else: for example `/inc lead @name`."}},
		{"lead <@U1|ann> because i must sleep", Input{Verb: Lead, People: []string{"U1"}, Text: "i must sleep"}},
		{"lead @ann because i must sleep", Input{Verb: Lead, People: []string{"ann"}, Text: "i must sleep"}},
		{"handoff to @ann, my shift ends", Input{Verb: Lead, People: []string{"ann"}, Text: "my shift ends"}},
		{"take @ann off the list", Input{Verb: FreeText, Word: "take", Text: "take @ann off the list"}},
		{"lead @ann", Input{Verb: Lead, People: []string{"ann"}}},
		{"lead inc-3 ann", Input{Verb: Lead, Incident: "INC-3", People: []string{"ann"}}},
		{"lead me", Input{Verb: Lead, People: []string{Self}}},
		{"take command", Input{Verb: Lead, People: []string{Self}}},
		{"lead", Input{Verb: Lead}},

		// severity
		{"sev 1", Input{Verb: Sev, Severity: 1}},
		{"severity SEV-1", Input{Verb: Sev, Severity: 1}},
		{"sev2", Input{Verb: Sev, Severity: 2}},
		{"sev INC-3 2", Input{Verb: Sev, Incident: "INC-3", Severity: 2}},
		{"sev 2 inc-3", Input{Verb: Sev, Incident: "INC-3", Severity: 2}},
		{"sev 1 payments too", Input{Verb: Sev, Severity: 1, Text: "payments too"}},
		{"sev nine", Input{Verb: Sev, Text: "nine", Problem: `"nine" is not a severity. Severities are 1 (worst) to 4: for example ` + "`/inc sev 2`."}},
		{"sev", Input{Verb: Sev, Problem: "Say how bad it is: 1 (worst) to 4, for example `/inc sev 2`."}},

		// paging
		{"page <@U1|ann> <@U2>", Input{Verb: Page, Targets: targets("person:U1", "person:U2")}},
		{"page <#C9|ops>", Input{Verb: Page, Targets: targets("channel:C9")}},
		{"page schedule:checkout team:sre", Input{Verb: Page, Targets: targets("schedule:checkout", "team:sre")}},
		{"page schedule checkout", Input{Verb: Page, Targets: targets("schedule:checkout")}},
		{"page the on-call for checkout", Input{Verb: Page, Targets: targets("schedule:checkout")}},
		{"page checkout", Input{Verb: Page, Names: []string{"checkout"}}},
		{"page @ann and bob", Input{Verb: Page, Names: []string{"ann", "bob"}}},
		{"page ann and ann", Input{Verb: Page, Names: []string{"ann"}}},
		{"page 7", Input{Verb: Page, Names: []string{"7"}}}, // whoever is called that: a number alone is no page to page
		{"page <@U1> about broken checkout", Input{Verb: Page, Targets: targets("person:U1"), Names: []string{"about", "broken", "checkout"}}},
		{"page me", Input{Verb: Page, Targets: targets("person:me")}},
		{"page <!subteam^S1|@sre>", Input{Verb: Page, Targets: targets("group:S1")}},
		{"INC-3 page checkout", Input{Verb: Page, Incident: "INC-3", Names: []string{"checkout"}}},
		{"page checkout for inc-3", Input{Verb: Page, Incident: "INC-3", Names: []string{"checkout"}}},
		{"page", Input{Verb: Page}},
		{"ack", Input{Verb: Ack}},
		{"handover PAGE-7 <@U2|bob>", Input{Verb: HandOver, Page: "PAGE-7", People: []string{"U2"}}},
		{"hand over PAGE-7 to @bob", Input{Verb: HandOver, Page: "PAGE-7", People: []string{"bob"}}},
		{"handoff page 7 to <@U2>, I must leave", Input{Verb: HandOver, Page: "PAGE-7", People: []string{"U2"}, Text: "I must leave"}},
		{"handover page-7", Input{Verb: HandOver, Page: "PAGE-7"}},
		{"hand over to <@U2>", Input{Verb: Lead, People: []string{"U2"}}}, // without a page it is the command
		{"snooze PAGE-7 30m", Input{Verb: Snooze, Page: "PAGE-7", Wait: 30 * time.Minute}},
		{"snooze 30m", Input{Verb: Snooze, Wait: 30 * time.Minute}},
		{"snooze page 7 for 2 hours", Input{Verb: Snooze, Page: "PAGE-7", Wait: 2 * time.Hour}},
		{"snooze PAGE-7 1d", Input{Verb: Snooze, Page: "PAGE-7", Wait: 24 * time.Hour}},
		{"snooze PAGE-7 until 18:00", Input{Verb: Snooze, Page: "PAGE-7", Wait: at(18, 0).Sub(noon)}},
		{"snooze PAGE-7 till 6am", Input{Verb: Snooze, Page: "PAGE-7", Wait: at(6, 0).AddDate(0, 0, 1).Sub(noon)}},
		{"snooze PAGE-7 until tomorrow 9:00", Input{Verb: Snooze, Page: "PAGE-7", Wait: at(9, 0).AddDate(0, 0, 1).Sub(noon)}},
		{"snooze PAGE-7 for 30 min", Input{Verb: Snooze, Page: "PAGE-7", Wait: 30 * time.Minute}},
		{"snooze PAGE-7", Input{Verb: Snooze, Page: "PAGE-7"}},
		{"snooze", Input{Verb: Snooze}},
		{"snooze PAGE-7 a while", Input{Verb: Snooze, Page: "PAGE-7", Text: "a while", Problem: "I cannot tell for how long. Write it as in `/inc snooze PAGE-7 30m`, `/inc snooze PAGE-7 2h` or `/inc snooze PAGE-7 until 14:00`."}},
		{"snooze button does nothing in checkout", Input{Verb: FreeText, Text: "snooze button does nothing in checkout"}},
		{"resolve PAGE-7", Input{Verb: Resolve, Page: "PAGE-7"}},
		{"ack page-7", Input{Verb: Ack, Page: "PAGE-7"}},
		{"ack page 7", Input{Verb: Ack, Page: "PAGE-7"}},
		{"ack 7", Input{Verb: Ack, Page: "PAGE-7"}},
		{"ack INC-3 looking", Input{Verb: Ack, Incident: "INC-3", Text: "looking"}},
		{"escalate", Input{Verb: Escalate}},
		{"escalate PAGE-7", Input{Verb: Escalate, Page: "PAGE-7"}},
		{"escalate to <@U1>", Input{Verb: Page, Targets: targets("person:U1")}},
		{"i can’t", Input{Verb: Decline}},

		// the rest
		{"inc-3", Input{Verb: Show, Incident: "INC-3"}},
		{"show 3", Input{Verb: Show, Incident: "INC-3"}},
		{"status", Input{Verb: Show}},
		{"list", Input{Verb: List}},
		{"list all open incidents", Input{Verb: List}},
		{"close it, please", Input{Verb: Close}},
		{"show me the incident", Input{Verb: Show}},
		{"show timeline", Input{Verb: Timeline}},
		{"role lead <@U1>", Input{Verb: Lead, People: []string{"U1"}}},
		{"role scribe <@U1>", Input{Verb: Later, Text: "role scribe @U1"}},
		{"INC-3 is getting worse", Input{Verb: FreeText, Incident: "INC-3", Text: "INC-3 is getting worse"}},
		{"close", Input{Verb: Close}},
		{"close #3", Input{Verb: Close, Incident: "INC-3"}},
		{"pm inc-3", Input{Verb: Postmortem, Incident: "INC-3"}},
		{"help", Input{Verb: Help}},
		{"?", Input{Verb: Help}},
		{"who", Input{Verb: Oncall}},
		{"who is on call for checkout?", Input{Verb: Oncall, Names: []string{"checkout"}, Text: "checkout"}},
		{"oncall checkout, sre", Input{Verb: Oncall, Names: []string{"checkout", "sre"}}},
		{"mitigate rolled back", Input{Verb: Later, Text: "mitigate rolled back"}},
		{"cover me", Input{Verb: Later, Text: "cover me"}},
	}
	for _, tt := range tests {
		got := Parse(tt.text, noon, berlin)
		if tt.want.Word == "" {
			got.Word = ""
		}
		if twice := Parse("/inc "+tt.text, noon, berlin); strings.HasPrefix(twice.Wire, "/") != strings.HasPrefix(tt.text, "/inc") {
			t.Errorf("Parse of the command and %q is to be typed again as %q", tt.text, twice.Wire)
		}
		got.Raw, got.Wire = "", ""
		tt.want.Turn = -1
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Parse(%q)\n got %+v\nwant %+v", tt.text, got, tt.want)
		}
	}
}

func TestParseOncall(t *testing.T) {
	tests := []struct {
		text    string
		verb    Verb
		names   []string
		problem bool
	}{
		{text: "", verb: Oncall},
		{text: "now", verb: Oncall},
		{text: "checkout at now", verb: Oncall, names: []string{"checkout"}},
		{text: "who is on call", verb: Oncall},
		{text: "checkout", verb: Oncall, names: []string{"checkout"}},
		{text: "schedule:checkout", verb: Oncall, names: []string{"checkout"}},
		{text: "<@U1|ann>", verb: Duty},
		{text: "cover me tomorrow", verb: Duty},
		{text: "help", verb: Duty},
		{text: "somebody please answer me", verb: Oncall, problem: true},
	}
	for _, tt := range tests {
		got := ParseOncall(tt.text, noon, nil)
		if got.Verb != tt.verb || !reflect.DeepEqual(got.Names, tt.names) || (got.Problem != "") != tt.problem {
			t.Errorf("ParseOncall(%q) = %+v", tt.text, got)
		}
		if !got.At.IsZero() { // to the minute, it would be before what has just begun
			t.Errorf("ParseOncall(%q) asks for %s, not for now", tt.text, got.At)
		}
	}
}

// Every word of the vocabulary is understood, alone and in any case, and what
// it means is known or answered honestly.
func TestEveryWordIsUnderstood(t *testing.T) {
	for word, want := range verbs {
		if got := Parse(strings.ToUpper(word), noon, nil); got.Verb != want {
			t.Errorf("Parse(%q).Verb = %q, want %q", word, got.Verb, want)
		}
	}
	for word := range later {
		got := Parse(word+" x", noon, nil)
		if got.Verb != Later || later[got.Word] == "" {
			t.Errorf("Parse(%q) = %+v, want it answered as not here yet", word, got)
		}
	}
}

func TestTimesAroundClockChanges(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	// 25 October 2026: 03:00 summer time becomes 02:00 winter time at 01:00 UTC.
	utc := func(day, hour, minute int) time.Time { return time.Date(2026, 10, day, hour, minute, 0, 0, time.UTC) }
	tests := []struct {
		name, text string
		now, want  time.Time
	}{
		{"second reading has passed", "02:30", utc(25, 9, 0), utc(25, 1, 30)},
		{"only the first has passed", "02:30", utc(25, 0, 45), utc(25, 0, 30)},
		{"neither has passed", "02:30", utc(25, 0, 10), utc(24, 0, 30)},
		{"the day before", "yesterday 02:30", utc(26, 9, 0), utc(25, 1, 30)},
	}
	for _, tt := range tests {
		got, ok, problem := ReadTime(tt.text, tt.now, berlin)
		if !ok || problem != "" || !got.Equal(tt.want) {
			t.Errorf("%s: ReadTime(%q) = %v, %v, %q; want %v", tt.name, tt.text, got, ok, problem, tt.want)
		}
	}
	// 1 November 2026 in New York: 02:00 becomes 01:00 at 06:00 UTC.
	york := zone(t, "America/New_York")
	if got, ok, _ := ReadTime("1:30am", time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), york); !ok || !got.Equal(time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC)) {
		t.Errorf("the second 01:30 in New York = %v, %v", got, ok)
	}
	if got, ok, _ := ReadTime("1:30am", time.Date(2026, 11, 1, 5, 45, 0, 0, time.UTC), york); !ok || !got.Equal(time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC)) {
		t.Errorf("the first 01:30 in New York = %v, %v", got, ok)
	}
	// 29 March 2026: 02:00 becomes 03:00.
	_, ok, problem := ReadTime("02:30", time.Date(2026, 3, 29, 9, 0, 0, 0, time.UTC), berlin)
	if ok || !strings.Contains(problem, "clocks went forward") {
		t.Errorf("a time that did not happen: ok %v, problem %q", ok, problem)
	}
}

func TestStripMention(t *testing.T) {
	for text, want := range map[string]string{
		"<@UBOT> declare x":          "declare x",
		"<@UBOT|watchbill> list":     "list",
		"hey <@UBOT> resolve":        "hey resolve",
		"<@U1> <@UBOT> lead <@UBOT>": "<@U1> lead <@UBOT>",
		"no mention":                 "no mention",
	} {
		if got := StripMention(text, "UBOT"); got != want {
			t.Errorf("StripMention(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestDecode(t *testing.T) {
	name := func(id string) string { return "name of " + id }
	for text, want := range map[string]string{
		"&amp;lt;b&amp;gt;":          "&lt;b&gt;",
		"<@U1>":                      "@name of U1",
		"<@U1|ann> <#C1|ops> <#C2|>": "@ann #ops #C2",
		"<!here> <!here|@here> <!subteam^S1|@sre>":        "@here @here @sre",
		"<!date^1700000000^{date}|14 Nov>":                "14 Nov",
		"<https://a.io/?b&amp;c>":                         "https://a.io/?b&c",
		"<http://a.io|a.io>":                              "http://a.io",
		"<https://a.io|the graph> <mailto:a@b.io|a@b.io>": "the graph (https://a.io) a@b.io",
		"a < b > c <":                                     "a  b  c <",
		"<>":                                              "",
	} {
		if got := Decode(text, name); got != want {
			t.Errorf("Decode(%q) = %q, want %q", text, got, want)
		}
	}
}

// Whatever is typed, Parse returns; every character of it stands in Raw, and what
// becomes a text or a title is taken from there.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "declare x --sev 2", "note 14:05 x", "page <@U1|ann>", "“a b", "<", "inc 3 sev", "lead to",
		"\xff\xfe", "note -15", "declare --sev=“2”", "#3 #4", "update \u202e x", "declare <@U1", "yesterday", "declare “--sev 2” x"} {
		f.Add(s, int64(1792000000))
	}
	berlin := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(unix%4e9, 0)
		in := Parse(text, now, berlin)
		if in.Raw == "" && strings.TrimFunc(Decode(text, nil), space) != "" && !strings.HasPrefix(strings.ToLower(strings.TrimLeftFunc(text, space)), "/") {
			t.Errorf("%q was lost", text)
		}
		if in.Verb == FreeText && in.Text != in.Raw {
			t.Errorf("free text %q became %q", in.Raw, in.Text)
		}
		if !in.At.IsZero() && in.At.After(now.Add(time.Minute)) && strings.Count(text, "-") < 2 && !strings.Contains(text, "today") {
			t.Errorf("%q gave the future time %v at %v", text, in.At, now)
		}
		switch in.Verb {
		case Update, Resolve, Reopen:
			if words(in.Raw) > words(in.Text)+6 { // the verb and the incident
				t.Errorf("words of %q were lost: %q", in.Raw, in.Text)
			}
		}
		again := Parse(in.Wire, now, berlin)
		if again.Verb != in.Verb && !strings.Contains(text, "/") {
			t.Errorf("%q read as %q, and again as %q", text, in.Verb, again.Verb)
		}
		ParseOncall(text, now, berlin)
		StripMention(text, "U1")
	})
}

func words(s string) int { return len(strings.FieldsFunc(s, space)) }

// TestProblemsNameTheWholeCommand: what is to be typed can be typed as it stands.
func TestProblemsNameTheWholeCommand(t *testing.T) {
	bare := regexp.MustCompile("`[a-z]")
	for _, typed := range []string{"noise", "silence ALERT-7 soon", "unsilence", "unsilence x", "sev", "sev nine", "snooze PAGE-7 a while", "declare x --sev nine", "declare x --sev"} {
		problem := Parse(typed, noon, nil).Problem
		if problem == "" || bare.MatchString(problem) {
			t.Errorf("%q is answered %q", typed, problem)
		}
		if text := Refusal(problem, "", Scene{Command: "/outage"}).Text; strings.Contains(text, "`/inc ") || strings.Contains(problem, "`/inc ") && !strings.Contains(text, "`/outage ") {
			t.Errorf("%q is answered %q where the command is /outage", typed, text)
		}
	}
}
