package slackui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// firingAlert is an alert of a group of three, whose page nobody has answered.
func firingAlert() Alert {
	return Alert{
		Alert: alert.Alert{
			ID: "ALERT-12", State: alert.StateOpen, Integration: "prometheus", Group: `{}:{alertname="HighErrorRate"}`, Service: "checkout", Escalation: "checkout",
			Channel: "svc-checkout", Severity: alert.SeverityCritical, Pages: true, Page: "PAGE-7",
			Title: "HighErrorRate: 5xx rate of checkout is 12 %", Description: "More than one request in ten fails since 5 minutes.\nSee the payment provider's status first.",
			Labels: map[string]string{"alertname": "HighErrorRate", "cluster": "eu-1", "env": "prod", "service": "checkout", "severity": "critical"},
			Links: []alert.Link{{Kind: alert.LinkGraph, URL: "https://prometheus.example.com/graph?g0.expr=rate"}, {Kind: alert.LinkRunbook, URL: "https://wiki.example.com/errors"},
				{Kind: alert.LinkSilence, URL: "https://alertmanager.example.com/#/silences"}},
			Members: []alert.Member{{Key: "a", Status: alert.Firing, Since: ago15(15), Count: 9}, {Key: "b", Title: "HighErrorRate: 5xx rate of basket is 8 %", Status: alert.Firing, Since: ago15(12), Count: 4},
				{Key: "c", Status: alert.Resolved, Since: ago15(2), Count: 1}},
			Count: 14, Opened: ago15(15), Last: ago15(1),
		},
		Paging: paging.Page{ID: "PAGE-7", Subject: "ALERT-12", Status: paging.Open, Turn: 1, Policy: paging.Policy{Name: "checkout", Steps: make([]paging.Step, 3)},
			Notices: []paging.Notice{{N: 1, Turn: 1, To: paging.Recipient{Person: "dev1"}, Fate: paging.Sent}}},
		Deploys: []alert.Deploy{{Service: "checkout", Title: "v1.2.3", URL: "https://ci.example.com/run/7", At: ago15(22), By: "dev2"}, {Service: "checkout", Title: "v1.2.2", At: ago15(300)}},
		Owner:   "checkout-dev", SRE: "sre-core",
	}
}

func alertWith(change func(*Alert)) Alert {
	a := firingAlert()
	change(&a)
	return a
}

func alertScene() Scene {
	s := scene()
	s.Help = []paging.Link{{Text: "Graph", URL: "https://prometheus.example.com/graph?g0.expr=rate"}, {Text: "Runbook", URL: "https://wiki.example.com/errors"}, {Text: "Dashboard", URL: "https://grafana.example.com/d/checkout"}}
	return s
}

func silencedAlert() Alert {
	return alertWith(func(a *Alert) {
		a.Hush, a.Suppressed, a.Page, a.Paging = &alert.Hush{Silence: "SIL-3", Until: noon.Add(2 * time.Hour)}, 4, "", paging.Page{}
		a.Silence = alert.Silence{ID: "SIL-3", By: "dev2", Why: "the provider is down, they know", Until: noon.Add(2 * time.Hour)}
	})
}

func resolvedAlert() Alert {
	return alertWith(func(a *Alert) {
		a.State, a.Ended = alert.StateResolved, ago15(1)
		a.Acknowledged = &alert.Said{By: "dev1", Via: "slack", At: ago15(11)}
	})
}

func TestAlertCard(t *testing.T) {
	s := alertScene()
	golden(t, "alert",
		state{"paged", AlertCard(firingAlert(), s)},
		state{"escalated", AlertCard(alertWith(func(a *Alert) {
			a.Paging.Turn, a.Paging.Step, a.Paging.Notices[0].Turn, a.Paging.Notices[0].Step = 2, 1, 2, 1
		}), s)},
		state{"paged when quiet hours are over", AlertCard(alertWith(func(a *Alert) {
			a.Paging.Held = noon.Add(8 * time.Hour)
			a.Paging.Notices, a.Paging.Pending = nil, []paging.Pending{{To: paging.Recipient{Person: "dev2"}, Turn: 1, At: noon.Add(9 * time.Hour)},
				{To: paging.Recipient{Person: "dev1"}, Turn: 1, At: noon.Add(8 * time.Hour)}, {To: paging.Recipient{Person: "sre1"}, Turn: 1, At: noon.Add(8 * time.Hour)}}
		}), s)},
		state{"paged nobody", AlertCard(alertWith(func(a *Alert) { a.Paging.Notices = nil }), s)},
		state{"nobody answers", AlertCard(alertWith(func(a *Alert) { a.Paging.Spent = true }), s)},
		state{"acknowledged", AlertCard(alertWith(func(a *Alert) {
			a.Acknowledged = &alert.Said{By: "dev1", Via: "slack", At: ago15(11)}
			a.Paging.Status, a.Paging.AnsweredBy, a.Also = paging.Acknowledged, "dev1", []string{"sre1"}
		}), s)},
		state{"acknowledged by its source", AlertCard(alertWith(func(a *Alert) { a.Acknowledged = &alert.Said{Via: "pagerduty", At: ago15(3)} }), s)},
		state{"silenced", AlertCard(silencedAlert(), s)},
		state{"in maintenance", AlertCard(alertWith(func(a *Alert) {
			a.Hush, a.Page, a.Paging = &alert.Hush{Window: "nightly", Until: noon.Add(time.Hour)}, "", paging.Page{}
		}), s)},
		state{"folded", AlertCard(alertWith(func(a *Alert) { a.Folded, a.Paging.Subject = true, "ALERT-3" }), s)},
		state{"warning", AlertCard(Alert{Alert: alert.Alert{ID: "ALERT-1", State: alert.StateOpen, Integration: "json", Title: "Disk 81 % full", Severity: alert.SeverityWarning,
			Members: []alert.Member{{Key: "x", Status: alert.Firing}}, Count: 1, Opened: ago15(1), Last: ago15(1)}}, scene())},
		state{"not actionable", AlertCard(alertWith(func(a *Alert) {
			a.Page, a.Paging, a.Noise = "", paging.Page{}, &alert.Said{By: "sre1", At: ago15(3), Why: "flaps with every deploy"}
		}), s)},
		state{"declared", AlertCard(alertWith(func(a *Alert) { a.Page, a.Paging, a.Incident, a.Declared = "", paging.Page{}, "INC-3", answered() }), s)},
		state{"fires again", AlertCard(alertWith(func(a *Alert) { a.Reopened, a.Page, a.Paging, a.Waits = 2, "", paging.Page{}, noon.Add(4*time.Minute) }), s)},
		state{"nobody to page", AlertCard(alertWith(func(a *Alert) { a.Page, a.Paging, a.Unpaged = "", paging.Page{}, "there is no policy" }), s)},
		state{"full group", AlertCard(alertWith(func(a *Alert) {
			for n := range 12 {
				a.Members = append(a.Members, alert.Member{Key: fmt.Sprint(n), Title: fmt.Sprintf("web-%d is down", n), Status: alert.Firing})
			}
			a.Later = []alert.Alert{{ID: "ALERT-13", Count: 3, Last: noon, Members: []alert.Member{{Key: "z", Title: "db-1 is down", Status: alert.Firing}}}}
		}), s)},
		state{"with a note", AlertCard(alertWith(func(a *Alert) { a.Notes = []string{"The title was cut after 512 bytes."} }), s)},
		state{"Slack brings nothing", AlertCard(firingAlert(), unheardIn(s))},
		state{"resolved", AlertCard(resolvedAlert(), unheardIn(s))},
		state{"closed", AlertCard(alertWith(func(a *Alert) {
			a.State, a.Ended, a.Closed = alert.StateClosed, ago15(1), &alert.Said{By: "dev1", Why: "the source forgets to resolve it"}
		}), s)},
	)
}

// A card is short once it is over, and has nothing to press.
func TestAnAlertThatIsOverHasNoButtons(t *testing.T) {
	for _, kind := range []string{AlertAck, AskAlertDeclare, AskSilence, AskNoise, AlertMenu} {
		if _, ok := pressed(t, AlertCard(resolvedAlert(), alertScene()), kind); ok {
			t.Errorf("there is a button %s", kind)
		}
	}
	if n := len(AlertCard(resolvedAlert(), alertScene()).Blocks); n != 1 {
		t.Errorf("it has %d blocks", n)
	}
}

func storm() Storm {
	return Storm{Began: ago15(8), Last: ago15(1), Total: 37, Firing: 30, Others: 5, Topics: []StormTopic{
		{"checkout", "HighErrorRate", 12, 12}, {"search", "SlowQueries", 12, 10}, {"checkout", "PodCrashLooping", 6, 3}, {"", "TargetDown", 2, 1}}}
}

func keptBy(silence, window string) Kept {
	return Kept{Silence: silence, Window: window, What: "service=checkout", By: "dev1", Why: "deploy", From: ago15(120), Until: noon, Storm: storm(), Signals: 240}
}

func TestAlertPosts(t *testing.T) {
	s := alertScene()
	over := storm()
	over.Firing = 0
	ended := keptBy("SIL-3", "")
	ended.EndedBy, ended.Firing = "sre1", 0
	byMaker := ended
	byMaker.EndedBy = byMaker.By
	window := keptBy("", "nightly")
	window.By, window.Why, window.Storm = "", "", Storm{Total: 1, Firing: 1, Topics: []StormTopic{{"checkout", "HighErrorRate", 1, 1}}}
	second := resolvedAlert().Alert
	second.ID, second.Incident = "ALERT-13", "INC-3"
	golden(t, "alertpost",
		state{"storm", StormCard(storm(), s)},
		state{"storm over", StormCard(over, s)},
		state{"silence over", KeptPost(keptBy("SIL-3", ""), s)},
		state{"silence ended", KeptPost(ended, s)},
		state{"silence ended by who made it", KeptPost(byMaker, s)},
		state{"maintenance over", KeptPost(window, s)},
		state{"not actionable", TallyPost(Tally{From: noon.Add(-7 * 24 * time.Hour), Until: noon, Told: noon, Storm: storm()})},
		state{"not actionable, late", TallyPost(Tally{From: noon.Add(-7 * 24 * time.Hour), Until: noon, Told: noon.Add(time.Hour), Storm: Storm{Total: 1, Topics: []StormTopic{{"checkout", "HighErrorRate", 1, 0}}}})},
		state{"passed", PassedPost([]alert.Alert{resolvedAlert().Alert, second}, s)},
	)
}

func TestWhatStillFires(t *testing.T) {
	for want, k := range map[string][2]int{
		"It fires no more.":                             {1, 0},
		"None of them fires any more.":                  {2, 0},
		"It still fires, and is taken up now.":          {1, 1},
		"1 of them still fires, and is taken up now.":   {2, 1},
		"2 of them still fire, and are taken up now.":   {3, 2},
		"All of them still fire, and are taken up now.": {2, 2},
	} {
		if got := (Kept{Storm: Storm{Total: k[0], Firing: k[1]}}).fires(); got != want {
			t.Errorf("%d of %d: got %q, want %q", k[1], k[0], got, want)
		}
	}
}

func quiet() alert.Silence {
	return alert.Silence{ID: "SIL-3", Match: map[string]string{"service": "checkout", "env": "~prod.*"}, By: "dev1", Why: "deploy", Made: ago15(2), Until: noon.Add(2 * time.Hour)}
}

func alone(list ...Alert) []AlertGroup {
	var out []AlertGroup
	for _, a := range list {
		out = append(out, AlertGroup{Alert: a})
	}
	return out
}

// stormList are 12 alerts like the first, the others, and what is silenced.
func stormList(like Alert, others ...Alert) AlertList {
	group := AlertGroup{Alert: like, Total: 12, Oldest: ago15(4), stands: []stand{{"not answered", 9}, {"acknowledged", 2}, {"in an incident", 1}}}
	return AlertList{List: append([]AlertGroup{group}, alone(others...)...), Open: 300, Silenced: 64, Folded: 9, Stormed: 3,
		Hushed: []HushedAlerts{{alert.Hush{Silence: "SIL-3", Until: noon.Add(time.Hour)}, 60, like}, {alert.Hush{Window: "weekly", Until: noon.Add(time.Hour)}, 4, like}}}
}

func hostileGroups(text string, list []Alert) []AlertGroup {
	out := alone(list...)
	for n := range out {
		if n%2 == 0 {
			out[n].Total, out[n].stands = 1000, []stand{{"not answered", 1000}}
		}
	}
	return out
}

func TestAlertsAreFolded(t *testing.T) {
	open := func(n int, service, title string, change ...func(*alert.Alert)) alert.Alert {
		a := alert.Alert{ID: fmt.Sprint("ALERT-", n), State: alert.StateOpen, Service: service, Title: title, Page: "PAGE-1", Opened: noon.Add(time.Duration(n) * time.Second)}
		for _, c := range change {
			c(&a)
		}
		return a
	}
	say := func(groups []AlertGroup) string {
		var out []string
		for _, g := range groups {
			text := g.ID
			if g.Total > 0 {
				text = fmt.Sprint(g.Total, " like ", g.ID, " since ", g.Oldest.Sub(noon), " ", g.stands)
			}
			out = append(out, text)
		}
		return strings.Join(out, ", ")
	}
	quiet := func(a *alert.Alert) { a.Hush = &alert.Hush{Silence: "SIL-1", Until: noon.Add(time.Hour)} }
	named := func(a *alert.Alert) { a.Labels = map[string]string{"alertname": "DiskFull"} }
	acked := func(a *alert.Alert) { a.Acknowledged = &alert.Said{By: "dev1"} }
	few := []alert.Alert{open(3, "a", "x"), open(2, "a", "x"), open(1, "a", "x", quiet)}
	if got := say(FoldAlerts(few, 3, noon)); got != "ALERT-3, ALERT-2, ALERT-1" {
		t.Errorf("few are %s", got)
	}
	list := []alert.Alert{open(9, "a", "disk full on db-7"), open(8, "b", "disk full on db-1"), open(7, "a", "disk full on db-12", acked), open(6, "b", "disk full on db-2"),
		open(5, "a", "other"), open(4, "a", "disk full on db-3"), open(3, "a", "one", named), open(2, "a", "two", named, acked), open(1, "a", "three", named, acked), open(0, "a", "disk full on db-1", quiet)}
	want := "3 like ALERT-9 since 4s [{not answered 2} {acknowledged 1}], ALERT-8, ALERT-6, ALERT-5, 3 like ALERT-3 since 1s [{acknowledged 2} {not answered 1}]"
	if got := say(FoldAlerts(list, 500, noon)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := say(FoldAlerts(nil, 500, noon)); got != "" {
		t.Errorf("none are %s", got)
	}
}

func TestAlertAnswers(t *testing.T) {
	s := alertScene()
	linked := alertWith(func(a *Alert) { a.Link = "https://acme.slack.com/archives/C1/p1" })
	longer := silencedAlert()
	acked := func(by string) Alert {
		return alertWith(func(a *Alert) { a.Acknowledged = &alert.Said{By: by, At: ago15(1)} })
	}
	group := alert.Silence{ID: "SIL-4", Group: "x", Title: "HighErrorRate", Made: noon, Until: noon.Add(time.Hour)}
	taken := alertWith(func(a *Alert) { a.Incident, a.Declared = "INC-3", answered() })
	golden(t, "alertanswer",
		state{"none", AlertsOf(AlertList{}, s)},
		state{"none of a service", AlertsOf(AlertList{Service: "checkout"}, s)},
		state{"list", AlertsOf(AlertList{List: alone(linked, silencedAlert(), acked("dev2"), taken), Open: 4, Silenced: 1}, s)},
		state{"list after a storm", AlertsOf(stormList(linked, acked("dev2"), taken), s)},
		state{"list of a name", AlertsOf(AlertList{Name: "HighErrorRate", List: alone(linked, taken), Open: 2}, s)},
		state{"acknowledged", AlertAcked(acked("dev1"), "dev1", s)},
		state{"acknowledged first by another", AlertAcked(acked("dev1"), "sre1", s)},
		state{"silenced", AlertSilenced(firingAlert(), group, s)},
		state{"silenced longer by another", AlertSilenced(longer, group, s)},
		state{"silence", SilenceMade(quiet(), 3)},
		state{"silence of nothing", SilenceMade(quiet(), 0)},
		state{"silence ended", SilenceEnded(quiet(), 1)},
		state{"no silences", SilencesOf(nil, nil, s)},
		state{"silences", SilencesOf([]alert.Silence{quiet(), group}, []Window{{"nightly", "job=backup", noon.Add(time.Hour)}}, s)},
		state{"not actionable", NoiseNoted(firingAlert(), "", s)},
		state{"not actionable, said before", NoiseNoted(resolvedAlert(), "dev2", s)},
		state{"closed", AlertClosed(firingAlert())},
		state{"declared already", AlertTaken(taken, "dev2", s)},
		state{"status", AlertStatus(linked, s)},
		state{"history", HistoryOf(firingAlert(), alertHistory(""), s)},
	)
}

// TestWhyAnAlertPagesNobody: an error pages by itself, so its route says that it does not.
func TestWhyAnAlertPagesNobody(t *testing.T) {
	for s, want := range map[alert.Severity]string{alert.SeverityWarning: "it is a warning", alert.SeverityInfo: "it is for information", alert.SeverityError: "its route says", "": "its route says"} {
		a := Alert{Alert: alert.Alert{State: alert.StateOpen, Severity: s}}
		if got := (Scene{Now: noon}).answered(a); got != "*Pages nobody*, as "+want {
			t.Errorf("an alert of severity %q says %q", s, got)
		}
	}
}

// TestAnAlertStandsOnItsOwnAfterItsIncident in a list: it pages, the incident does not.
func TestAnAlertStandsOnItsOwnAfterItsIncident(t *testing.T) {
	s := Scene{Now: noon}
	a := Alert{Alert: alert.Alert{State: alert.StateOpen, Pages: true, Incident: "INC-1"}}
	if got := s.stands(a); got != "INC-1" {
		t.Errorf("in its incident it stands as %q", got)
	}
	a.Left, a.Waits = noon, noon.Add(30*time.Minute)
	if got := s.stands(a); got != "pages at "+clockTime(a.Waits) {
		t.Errorf("after it, it stands as %q", got)
	}
	a.Page = "PAGE-2"
	if got := s.stands(a); got != "PAGE-2, no answer yet" {
		t.Errorf("paged again it stands as %q", got)
	}
}

// alertHistory is one event of each kind, with the text wherever one can be.
func alertHistory(text string) []alert.Event {
	list := []alert.Event{
		{Kind: alert.WasOpened, Alert: &alert.Alert{Page: text, Folded: text != "", Title: text}},
		{Kind: alert.WasPaged, Page: "PAGE-7"},
		{Kind: alert.MemberJoined, Member: &alert.Member{Title: orElse(text, "basket fails")}},
		{Kind: alert.PageEscalated, Page: "PAGE-7", Step: 2},
		{Kind: alert.WasSilenced, By: "dev2", Hush: &alert.Hush{Silence: "SIL-3", Window: text, Until: noon}, Text: "they know"},
		{Kind: alert.WasUnpaged, Text: text},
		{Kind: alert.WasAcknowledged, By: "dev1", Via: "slack"},
		{Kind: alert.WasResolved},
		{Kind: alert.Kind(orElse(text, "told_by_pigeon"))},
	}
	for n := range list {
		list[n].At = ago15(15 - n)
		if text != "" {
			list[n].By, list[n].Via, list[n].Text, list[n].Page, list[n].Severity = text, text, text, text, alert.Severity(text)
		}
	}
	return list
}

func TestAlertForms(t *testing.T) {
	s, m, a := alertScene(), Meta{Channel: "C3"}, firingAlert().Alert
	var out []any
	for _, f := range []struct {
		name string
		view any
	}{
		{"silence", SilenceModal(a, Input{}, m)},
		{"silence what was typed", SilenceModal(alert.Alert{}, Input{Match: map[string]string{"service": "checkout", "title": "~High .*"}}, m)},
		{"noise", NoiseModal(a, m)},
		{"close", AlertCloseModal(a, m)},
		{"declare", AlertDeclareModal(a, m, s)},
		{"outdated", OutdatedAlert(resolvedAlert(), "ALERT-12 was resolved at 11:59 UTC: there is nothing to do about it any more.", "they know", s)},
	} {
		judgeView(t, f.name, f.view)
		out = append(out, map[string]any{"state": f.name, "view": f.view})
	}
	compare(t, "alertforms", out)
}

// hostileAlert is an alert with the text in every field that a source, a sender of
// deploys or a person fills.
func hostileAlert(text string) Alert {
	a := firingAlert()
	a.Title, a.Description, a.Service, a.Integration, a.Unpaged, a.Owner, a.SRE, a.Link = text, text, text, text, text, text, text, text
	a.Labels = map[string]string{}
	for n := range 20 {
		a.Labels[fmt.Sprint(text, n)] = text
	}
	a.Links = nil
	for _, kind := range []alert.LinkKind{alert.LinkGraph, alert.LinkRunbook, alert.LinkDashboard, alert.LinkSource, alert.LinkKind(text)} {
		a.Links = append(a.Links, alert.Link{Kind: kind, Text: text, URL: text}, alert.Link{Kind: kind, Text: text, URL: "https://example.com/" + string(kind)})
	}
	a.Members = nil
	for n := range 30 {
		a.Members = append(a.Members, alert.Member{Key: text, Title: fmt.Sprint(text, n), Status: alert.Firing})
	}
	a.Deploys = nil
	for range 20 {
		a.Deploys = append(a.Deploys, alert.Deploy{Service: text, Title: text, URL: text, By: text, At: noon})
	}
	for n := range 30 {
		a.Paging.Notices = append(a.Paging.Notices, paging.Notice{N: n + 2, To: paging.Recipient{Person: fmt.Sprint(text, n)}})
	}
	a.Severity, a.Notes = alert.Severity(text), []string{text, text, text, text}
	return a
}

func TestHostileAlertsAreInert(t *testing.T) {
	everyHostile(t, func(t *testing.T, name, text string) {
		for _, s := range []Scene{alertScene(), {Now: noon, PlainName: func(string) string { return text }, Mention: func(string) string { return text }, Help: []paging.Link{{Text: text, URL: text}}}} {
			hostileCards(t, name, text, s)
			hostileAlertAnswers(t, name, text, s)
		}
	})
}

func hostileCards(t *testing.T, name, text string, s Scene) {
	t.Helper()
	said := &alert.Said{By: text, Via: text, Why: text, At: noon}
	var list []Alert
	var over []alert.Alert
	for n, change := range []func(*Alert){
		func(*Alert) {},
		func(a *Alert) { a.Acknowledged, a.Also = said, []string{text} },
		func(a *Alert) { a.Acknowledged = &alert.Said{Via: text} },
		func(a *Alert) {
			a.Hush, a.Silence = &alert.Hush{Silence: "SIL-3", Until: noon.Add(time.Hour)}, alert.Silence{ID: "SIL-3", By: text, Why: text}
		},
		func(a *Alert) { a.Hush = &alert.Hush{Window: text, Until: noon.Add(time.Hour)} },
		func(a *Alert) { a.Folded, a.Paging.Subject = true, text },
		func(a *Alert) { a.Noise, a.Paging = said, paging.Page{} },
		func(a *Alert) { a.Page, a.Paging = "", paging.Page{} },
		func(a *Alert) { a.Page, a.Paging, a.Unpaged, a.Pages = "", paging.Page{}, "", false },
		func(a *Alert) { a.Incident, a.Declared = text, everyField(text) },
		func(a *Alert) { a.State, a.Closed, a.Noise, a.Acknowledged = alert.StateClosed, said, said, said },
		func(a *Alert) { a.State, a.Incident, a.Declared = alert.StateResolved, text, everyField(text) },
	} {
		a := hostileAlert(text)
		change(&a)
		judge(t, fmt.Sprintf("%s/card %d", name, n), AlertCard(a, s))
		list = append(list, a, a)
		over = append(over, a.Alert, a.Alert, a.Alert)
	}
	judge(t, name+"/status", AlertStatus(hostileAlert(text), s))
	judge(t, name+"/list", AlertsOf(AlertList{Service: text, Name: text, Open: 1000, Silenced: 1, List: hostileGroups(text, list), Hushed: []HushedAlerts{{alert.Hush{Silence: text, Window: text}, 3, list[0]}}}, s))
	judge(t, name+"/passed", PassedPost(over, s))
	c := Storm{Total: 100, Firing: 100, Began: noon}
	for n := range 60 {
		c.Topics = append(c.Topics, StormTopic{fmt.Sprint(text, n%20), text, 2, n % 3})
	}
	judge(t, name+"/storm", StormCard(c, s))
	k := keptBy(text, "")
	k.What, k.By, k.Why, k.EndedBy, k.Storm = text, text, text, text, c
	judge(t, name+"/kept", KeptPost(k, s))
	judge(t, name+"/tally", TallyPost(Tally{Storm: c}))
	judge(t, name+"/window", KeptPost(Kept{Window: text, Storm: c}, s))
}

func hostileAlertAnswers(t *testing.T, name, text string, s Scene) {
	t.Helper()
	a, v := hostileAlert(text), alert.Silence{ID: "SIL-3", Match: map[string]string{text: text, "b": "~" + text}, By: text, Why: text, Until: noon.Add(time.Hour)}
	group := alert.Silence{ID: "SIL-4", Group: text, Title: text, By: text, Why: text, Until: noon.Add(time.Hour)}
	taken := a
	taken.Incident, taken.Declared = text, everyField(text)
	many := make([]alert.Silence, 30)
	for n := range many {
		many[n] = v
	}
	for n, m := range []Message{AlertAcked(a, text, s), AlertSilenced(a, v, s), SilenceMade(v, 1), SilenceMade(group, 1), SilenceEnded(v, 2), NoiseNoted(a, text, s), AlertClosed(a),
		AlertTaken(taken, text, s), HistoryOf(a, alertHistory(text), s), SilencesOf(append(many, group), []Window{{text, text, noon}}, s)} {
		judge(t, fmt.Sprintf("%s/answer %d", name, n), m)
	}
	for n, view := range []any{SilenceModal(a.Alert, Input{Text: text}, Meta{}), SilenceModal(alert.Alert{}, Input{Match: map[string]string{text: text}}, Meta{}), NoiseModal(a.Alert, Meta{}),
		AlertCloseModal(a.Alert, Meta{}), AlertDeclareModal(a.Alert, Meta{}, s), OutdatedAlert(a, text, text, s)} {
		judgeView(t, fmt.Sprintf("%s/form %d", name, n), view)
	}
	for _, verb := range []string{"silence ", "unsilence ", "alerts ", "not-actionable ", "ALERT-3 ", "close ALERT-3 "} {
		in := Parse(verb+text, noon, nil)
		judge(t, name+"/offer", OfferDeclare(in, s))
		judge(t, name+"/problem", Refusal(in.Problem, in.Raw, s))
	}
}

func TestAlertActions(t *testing.T) {
	for _, tt := range []struct {
		id, value string
		want      Action
	}{
		{"v1.alert.ack", "ALERT-7", Action{Kind: AlertAck, Alert: "ALERT-7", Turn: -1}},
		{"v1.alert.menu", "ALERT-7|close", Action{Kind: AlertMenu, Alert: "ALERT-7", Text: MenuClose, Turn: -1}},
		{"v1.silence.end", "SIL-2", Action{Kind: EndSilence, Silence: "SIL-2", Turn: -1}},
		{"v1.alert.silence", "", Action{Kind: AskSilence, Turn: -1}},
	} {
		if got, err := ReadAction(tt.id, tt.value); err != nil || got != tt.want {
			t.Errorf("ReadAction(%q, %q) = %+v, %v", tt.id, tt.value, got, err)
		}
	}
	for _, bad := range [][2]string{{"v1.alert.ack", "INC-3"}, {"v1.silence.end", "ALERT-1"}, {"v1.alert.menu", "close|ALERT-7"}} {
		if got, err := ReadAction(bad[0], bad[1]); err == nil {
			t.Errorf("ReadAction(%q, %q) = %+v, want an error", bad[0], bad[1], got)
		}
	}
}

func TestParseAlerts(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 21, hour, minute, 0, 0, time.UTC) }
	match := func(pairs ...string) map[string]string {
		out := map[string]string{}
		for n := 0; n < len(pairs); n += 2 {
			out[pairs[n]] = pairs[n+1]
		}
		return out
	}
	now := at(12, 0)
	for text, want := range map[string]Input{
		"alerts":                              {Verb: Alerts},
		"alerts checkout":                     {Verb: Alerts, Service: "checkout"},
		"alerts of service checkout":          {Verb: Alerts, Service: "checkout"},
		"alerts are too loud":                 {Verb: FreeText, Text: "alerts are too loud"},
		"ack alert-7":                         {Verb: Ack, Alert: "ALERT-7"},
		"ack ALERT 007":                       {Verb: Ack, Alert: "ALERT-7"},
		"ALERT-7":                             {Verb: Show, Alert: "ALERT-7"},
		"ALERT-7 ack":                         {Verb: Ack, Alert: "ALERT-7"},
		"timeline ALERT-7":                    {Verb: Timeline, Alert: "ALERT-7"},
		"close ALERT-7 it is stuck":           {Verb: Close, Alert: "ALERT-7", Text: "it is stuck"},
		"resolve ALERT-7":                     {Verb: Resolve, Alert: "ALERT-7"},
		"resolve it was ALERT-7":              {Verb: Resolve, Text: "it was ALERT-7"},
		"declare ALERT-7":                     {Verb: Declare, Alert: "ALERT-7"},
		"declare ALERT-7 cards fail --sev 1":  {Verb: Declare, Alert: "ALERT-7", Text: "cards fail", Severity: 1},
		"not-actionable ALERT-7 flaps":        {Verb: Noise, Alert: "ALERT-7", Text: "flaps"},
		"noise in the data centre":            {Verb: FreeText, Text: "noise in the data centre"},
		"silence ALERT-7 2h we know":          {Verb: Silence, Alert: "ALERT-7", Until: at(14, 0), Text: "we know"},
		"ALERT-7 silence 30 min":              {Verb: Silence, Alert: "ALERT-7", Until: at(12, 30)},
		"silence ALERT-7":                     {Verb: Silence, Alert: "ALERT-7"},
		"silence service checkout 2h deploy":  {Verb: Silence, Match: match("service", "checkout"), Until: at(14, 0), Text: "deploy"},
		"silence the checkout for 1h, please": {Verb: Silence, Match: match("service", "checkout"), Until: at(13, 0), Text: "please"},
		"silence checkout 1h":                 {Verb: Silence, Match: match("service", "checkout"), Until: at(13, 0)},
		"mute env=~stage.* job=backup for 1d": {Verb: Silence, Match: match("env", "~stage.*", "job", "backup"), Until: now.Add(24 * time.Hour)},
		`silence title="High error rate" until 18:30 because of the provider`: {Verb: Silence, Match: match("title", "High error rate"), Until: at(18, 30), Text: "of the provider"},
		"silence service=checkout until tomorrow 9:00":                        {Verb: Silence, Match: match("service", "checkout"), Until: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)},
		"mute button is broken":                                               {Verb: FreeText, Text: "mute button is broken"},
		"silence":                                                             {Verb: Silence},
		"unsilence SIL-2":                                                     {Verb: Unsilence, Silence: "SIL-2"},
		"unsilence 2":                                                         {Verb: Unsilence, Silence: "SIL-2"},
		"unsilence ALERT-7":                                                   {Verb: Unsilence, Alert: "ALERT-7"},
		"silences":                                                            {Verb: Silences},
	} {
		got := Parse(text, now, nil)
		if got.Problem != "" || got.Verb != want.Verb || got.Alert != want.Alert || got.Silence != want.Silence || got.Text != want.Text || got.Service != want.Service ||
			!got.Until.Equal(want.Until) || fmt.Sprint(got.Match) != fmt.Sprint(want.Match) || got.Severity != want.Severity {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
	for text, part := range map[string]string{
		"silence service=checkout soon 2h": "soon",
		"silence service=checkout":         "",
		"unsilence":                        "which silence",
		"not-actionable":                   "which alert",
	} {
		if got := Parse(text, now, nil); !strings.Contains(got.Problem, part) || (part == "") != (got.Problem == "") {
			t.Errorf("%q: the problem is %q", text, got.Problem)
		}
	}
}

// What a form says is what the same words say when they are typed.
func TestReadSilenceForm(t *testing.T) {
	view := func(meta, what, span string, until int64) string {
		return fmt.Sprintf(`{"callback_id":"v1.alert.silence","private_metadata":%q,"state":{"values":{"what":{"what":{"value":%q}},"span":{"span":{"selected_option":{"value":%q}}},
			"until":{"until":{"selected_date_time":%d}},"text":{"text":{"value":"deploy"}}}}}`, meta, what, span, until)
	}
	got, err := ReadView([]byte(view(`{"alert":"ALERT-7","channel":"C3"}`, "", "4h", 0)), noon, nil)
	if err != nil || len(got.Errors) > 0 || got.Verb != Silence || got.Alert != "ALERT-7" || !got.Until.Equal(noon.Add(4*time.Hour)) || got.Text != "deploy" {
		t.Errorf("got %+v, %v", got, err)
	}
	later := noon.Add(50 * time.Hour)
	got, err = ReadView([]byte(view(`{}`, "service=checkout env=~prod.*", "1h", later.Unix())), noon, nil)
	if err != nil || len(got.Errors) > 0 || got.Match["env"] != "~prod.*" || !got.Until.Equal(later) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, v := range map[string]string{
		whatField:  view(`{}`, "", "1h", 0),
		untilField: view(`{"alert":"ALERT-7"}`, "", "1h", noon.Add(-time.Hour).Unix()),
		spanField:  view(`{"alert":"ALERT-7"}`, "", "often", 0),
	} {
		if got, err := ReadView([]byte(v), noon, nil); err != nil || got.Errors[name] == "" {
			t.Errorf("%s: got %v, %v", name, got.Errors, err)
		}
	}
	if got, err := ReadView([]byte(view(`{}`, "mute button is broken", "1h", 0)), noon, nil); err != nil || got.Errors[whatField] == "" {
		t.Errorf("got %v, %v", got.Errors, err)
	}
	if got, err := ReadView([]byte(`{"callback_id":"v1.declare","private_metadata":"{\"alert\":\"ALERT-7\"}","state":{"values":{"title":{"title":{"value":"it burns"}}}}}`), noon, nil); err != nil || got.Alert != "ALERT-7" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What to type instead of a form that did not open is what the form asks for.
func TestInsteadOfAlertForms(t *testing.T) {
	a, s := firingAlert().Alert, scene()
	for want, got := range map[string]string{
		"/inc silence ALERT-12 2h <why>":         InsteadOf(SilenceModal(a, Input{}, Meta{}), a.ID, s),
		"/inc silence service=checkout 2h <why>": InsteadOf(SilenceModal(alert.Alert{}, Input{}, Meta{}), "", s),
		"/inc noise ALERT-12 <why>":              InsteadOf(NoiseModal(a, Meta{}), a.ID, s),
		"/inc close ALERT-12 <why>":              InsteadOf(AlertCloseModal(a, Meta{}), a.ID, s),
		"/inc declare ALERT-12":                  InsteadOf(AlertDeclareModal(a, Meta{}, s), a.ID, s),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		in := Parse(strings.TrimPrefix(got, "/inc "), noon, nil)
		if in.Problem != "" || in.Verb == FreeText {
			t.Errorf("%q is not understood: %+v", got, in)
		}
	}
}
