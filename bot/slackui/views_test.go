package slackui

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

var update = flag.Bool("update", false, "write the golden files anew")

func scene() Scene {
	ids := map[string]string{"dev1": "U1", "dev2": "U2", "sre1": "U3", "lead1": "U4"}
	return Scene{
		Now: noon,
		Mention: func(person string) string {
			if id, ok := ids[person]; ok {
				return "<@" + id + ">"
			}
			return person
		},
		PlainName:   func(person string) string { return person },
		TeamURL:     "https://acme.slack.com/",
		NewsChannel: "C0NEWS",
		NewsLink:    "https://acme.slack.com/archives/C0NEWS/p1795267800000100",
		Services:    []string{"checkout", "search"},
	}
}

func ago15(minutes int) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }

func person(name string) incident.Actor { return incident.Actor{Person: name, Via: "slack"} }

// opened is an incident whose commander was paged and has not answered.
func opened() incident.Incident {
	return incident.Incident{
		ID: "INC-3", Title: "checkout returns 503", Severity: 2, Status: incident.Open, Service: "checkout",
		Reporter: person("sre1"), Lead: "dev1", Declared: ago15(15),
		Room:  incident.Room{State: incident.RoomOpen, Name: "inc-3-checkout-returns-503", Channel: "C3"},
		Pages: []incident.PageState{{ID: "PAGE-7", Open: true, Whom: []string{"dev1"}, Told: []string{"dev1"}}},
	}
}

func with(change func(*incident.Incident)) incident.Incident {
	i := opened()
	change(&i)
	return i
}

// unreached is an incident whose page reached nobody, and what became of it.
func unreached(change func(*incident.Incident)) incident.Incident {
	return with(func(i *incident.Incident) {
		i.Lead, i.Pages[0].Whom, i.Pages[0].Told, i.Pages[0].Nobody = "", nil, nil, 17
		change(i)
	})
}

func answered() incident.Incident {
	return with(func(i *incident.Incident) {
		i.Answered = true
		i.Pages[0].Open, i.Pages[0].By = false, "dev1"
		i.Update = &incident.Said{Text: "Payments fail in eu-west.\nRolling back 4711, see https://graphs.example.com/d/1?a=b&c=d.", By: "dev1", At: ago15(4)}
	})
}

func resolved() incident.Incident {
	i := answered()
	i.Status, i.Resolved = incident.Resolved, ago15(1)
	return i
}

func closed() incident.Incident {
	i := resolved()
	i.Status, i.Closed, i.Draft = incident.Closed, noon, "https://acme.slack.com/archives/C3/p1795267999000100"
	return i
}

func inThread() incident.Incident {
	return with(func(i *incident.Incident) {
		i.Room = incident.Room{State: incident.RoomThread, Why: "Watchbill may not create channels in this workspace."}
	})
}

func unpaged() incident.Incident {
	return with(func(i *incident.Incident) {
		i.Pages, i.Unpaged, i.Service = nil, "no service was named, and the configuration has no default_escalation", ""
		i.Lead, i.Answered = "sre1", true
	})
}

func paused() incident.Incident {
	return with(func(i *incident.Incident) {
		i.Pages[0].Whom, i.Pages[0].Paused = []string{"dev1", "dev2"}, []string{"dev1"}
	})
}

// passed is an incident whose page went on from the commander to others.
func passed(change func(*incident.PageState)) incident.Incident {
	return with(func(i *incident.Incident) {
		i.Pages[0].Whom, i.Pages[0].Told = []string{"sre1"}, []string{"dev1", "sre1"}
		change(&i.Pages[0])
	})
}

func here(s Scene) Scene {
	s.Here = true
	return s
}

func unheardIn(s Scene) Scene {
	s.Unheard = true
	return s
}

type state struct {
	name string
	m    Message
}

// golden compares each message with testdata/<view>.golden.json, after it has
// passed Slack's limits.
func golden(t *testing.T, view string, states ...state) {
	t.Helper()
	var out []any
	for _, s := range states {
		judge(t, view+"/"+s.name, s.m)
		out = append(out, map[string]any{"state": s.name, "text": s.m.Text, "blocks": s.m.Blocks})
	}
	compare(t, view, out)
}

func compare(t *testing.T, view string, out any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(out); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", view+".golden.json")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s differs from %s; run with -update and read the difference", view, file)
	}
}

// judge holds a message against Slack's limits and against what may stand in
// angle brackets.
func judge(t *testing.T, name string, m Message) {
	t.Helper()
	raw, err := json.Marshal(m.Blocks)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, p := range blockkit.Message(raw) {
		t.Errorf("%s: %s", name, p)
	}
	if n := blockkit.Length(raw); n > blockkit.SafeLength {
		t.Errorf("%s: %d characters in blocks, and %d are safe", name, n, blockkit.SafeLength)
	}
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > 4000 {
		t.Errorf("%s: the text has %d characters", name, n)
	}
	inertText(t, name+" text", m.Text)
	inertBlocks(t, name, raw)
}

func judgeView(t *testing.T, name string, view any) {
	t.Helper()
	raw, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range blockkit.View(raw) {
		t.Errorf("%s: %s", name, p)
	}
	inertBlocks(t, name, raw)
}

// template is what our own views put into angle brackets: mentions of known
// people and rooms, dates, and links.
var template = regexp.MustCompile(`<@U[1-4]>|<#C[0-9A-Z]+>|<!date\^[0-9]+\^[a-z_{} ]+\|[^<>|]*>|<https?://[^<>|\s]+(\|[^<>|]*)?>`)

// quotation is the mark at the beginning of a quoted line.
var quotation = regexp.MustCompile(`(?m)^> `)

func inertText(t *testing.T, name, text string) {
	t.Helper()
	if rest := template.ReplaceAllString(quotation.ReplaceAllString(text, ""), ""); strings.ContainsAny(rest, "<>") {
		t.Errorf("%s: a raw angle bracket in %q", name, rest)
	}
	for _, r := range text {
		if r == '\u202E' || r == '\u200B' || r == '\u2066' || r == '\u0000' {
			t.Errorf("%s: invisible %U in %q", name, r, text)
			return
		}
	}
}

func inertBlocks(t *testing.T, name string, raw []byte) {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		t.Helper()
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if v["type"] == "mrkdwn" {
				text := v["text"].(string)
				inertText(t, name, text)
				if v["verbatim"] != true {
					t.Errorf("%s: not verbatim: %q", name, text)
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(value)
}

func TestCard(t *testing.T) {
	s := scene()
	helped := s
	helped.Help = []paging.Link{{Text: "Runbook", URL: "https://wiki.example.com/checkout"}, {Text: "Dashboard", URL: "javascript:alert(1)"}}
	if got := Links(opened(), helped); len(got) != 2 || got[1] != (Bookmark{"Runbook", "https://wiki.example.com/checkout"}) {
		t.Errorf("the bookmarks are %v", got)
	}
	alerted := s
	for n := range 7 {
		alerted.Alerts = append(alerted.Alerts, paging.Link{Text: fmt.Sprintf("ALERT-%d", n+1), URL: "https://acme.slack.com/archives/C1/p1"})
	}
	golden(t, "card",
		state{"waiting", Card(opened(), s)},
		state{"with help", Card(opened(), helped)},
		state{"with alerts", Card(opened(), alerted)},
		state{"paused", Card(paused(), s)},
		state{"unpaged", Card(unpaged(), s)},
		state{"leaderless", Card(with(func(i *incident.Incident) { i.Lead, i.Pages = "", nil }), s)},
		state{"answered", Card(answered(), s)},
		state{"thread", Card(inThread(), s)},
		state{"reopened", Card(with(func(i *incident.Incident) { i.Reopened = 1 }), s)},
		state{"resolved", Card(resolved(), s)},
		state{"closed", Card(closed(), s)},
		state{"waiting, Slack brings nothing", Card(opened(), unheardIn(s))},
		state{"answered, Slack brings nothing", Card(answered(), unheardIn(s))},
		state{"resolved, Slack brings nothing", Card(resolved(), unheardIn(s))},
	)
	if m := Card(closed(), unheardIn(s)); m.Unheard {
		t.Error("a card without buttons says that they do not work")
	}
}

// Who was never paged is not said to be; who cannot hear a page is said so.
func TestLeadLine(t *testing.T) {
	told := func(*incident.PageState) {}
	named := passed(told)
	named.Lead = "lead1"
	for want, i := range map[string]incident.Incident{
		"<@U1> (paged, no answer yet: PAGE-7)": opened(),
		"<@U1> (paged)":                        passed(told),
		"<@U1> (paged, notifications paused)":  passed(func(p *incident.PageState) { p.Paused = []string{"dev1"} }),
		"<@U1> (could not be reached)":         passed(func(p *incident.PageState) { p.Failed = []string{"dev1"} }),
		"<@U1> (cannot take it)":               passed(func(p *incident.PageState) { p.Declined = []string{"dev1"} }),
		"<@U4> (named, has not answered yet)":  named,
		"<@U1>":                                answered(),
		"nobody yet":                           with(func(i *incident.Incident) { i.Lead = "" }),
	} {
		if got := scene().leadLine(i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// However long an update is, the buttons of the card stay near: the text is in the room.
func TestALongUpdateKeepsTheButtonsNear(t *testing.T) {
	i := answered()
	i.Update.Text = strings.Repeat("word by word ", 250)
	raw, err := json.Marshal(Card(i, scene()).Blocks)
	if n := blockkit.Length(raw); err != nil || n > 1200 || !strings.Contains(string(raw), "word…") {
		t.Errorf("the card has %d characters, %v: %s", n, err, raw)
	}
}

// People on a phone have no shell: a long list is turned over in Slack.
func TestALongListIsTurnedOver(t *testing.T) {
	list := make([]incident.Incident, 47)
	for n := range list {
		list[n] = with(func(i *incident.Incident) { i.ID = fmt.Sprintf("INC-%d", n+1) })
	}
	var seen []string
	for from, pages := 0, 0; ; pages++ {
		m := ListOf(list, from, scene())
		raw, err := json.Marshal(m.Blocks)
		if err != nil || pages > 3 {
			t.Fatalf("after %d pages: %s, %v", pages, raw, err)
		}
		for _, id := range regexp.MustCompile(`\*INC-\d+\*`).FindAllString(string(raw), -1) {
			seen = append(seen, strings.Trim(id, "*"))
		}
		to := turns(t, m)
		if slices.Contains(to, 0) != (from > 0) {
			t.Errorf("from %d one can turn to %v", from, to)
		}
		if len(to) == 0 || to[0] == 0 {
			break
		}
		from = to[0]
	}
	if !slices.Equal(seen, ids(list)) {
		t.Errorf("the pages show %v", seen)
	}
	if past := ListOf(list[:3], 40, scene()); len(past.Blocks) != len(ListOf(list[:3], 0, scene()).Blocks) {
		t.Errorf("when most of it was closed meanwhile: %v", past)
	}
	long := slices.Repeat([]incident.Incident{with(func(i *incident.Incident) { i.Title = strings.Repeat("&", incident.MaxTitle) })}, 40)
	if to := turns(t, ListOf(long, 0, scene())); len(to) != 1 || to[0] == 0 || to[0] > maxListed {
		t.Errorf("a list of long titles goes on at %v", to)
	}
}

// turns are the places to which a list can be turned.
func turns(t *testing.T, m Message) []int {
	t.Helper()
	var out []int
	for _, b := range m.Blocks {
		row, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, e := range row.Elements.ElementSet {
			a, err := ReadAction(e.(*slack.ButtonBlockElement).ActionID, e.(*slack.ButtonBlockElement).Value)
			if err != nil || a.Kind != ListFrom {
				t.Fatalf("%+v, %v", a, err)
			}
			out = append(out, a.From)
		}
	}
	return out
}

func TestAnnouncement(t *testing.T) {
	s := scene()
	golden(t, "announcement",
		state{"pending", Announcement(with(func(i *incident.Incident) { i.Room = incident.Room{State: incident.RoomPending} }), s)},
		state{"open", Announcement(answered(), s)},
		state{"unpaged", Announcement(unpaged(), s)},
		state{"unpaged and unanswered", Announcement(with(func(i *incident.Incident) { i.Pages, i.Unpaged = nil, "SEV4 pages nobody unless asked" }), s)},
		state{"thread", Announcement(inThread(), s)},
		state{"closed", Announcement(closed(), s)},
	)
}

func events() []incident.Event {
	lead := person("dev1")
	list := []incident.Event{
		{Kind: incident.LeadSet, Person: "dev1"},
		{Kind: incident.LeadSet, By: person("sre1"), Person: "dev2"},
		{Kind: incident.LeadSet, By: lead, Person: "dev1", Answered: true},
		{Kind: incident.SeveritySet, By: lead, Severity: 1, Was: "SEV2"},
		{Kind: incident.Updated, By: lead, Text: "Rolling back 4711.\nNext word in 15 minutes."},
		{Kind: incident.Noted, By: lead, Text: "deploy 4711 went out", At: ago15(30)},
		{Kind: incident.Unpaged, Text: "no service was named."},
		{Kind: incident.Unpaged, Text: "the person on call declared it and is here.", Answered: true},
		{Kind: incident.PageFailed, Page: "PAGE-7", Person: "dev2", Text: "the account is deactivated"},
		{Kind: incident.PageDeclined, By: person("dev2"), Page: "PAGE-7", Person: "dev2"},
		{Kind: incident.PageEscalated, By: person("dev2"), Page: "PAGE-7"},
		{Kind: incident.PageAcknowledged, By: person("sre1"), Page: "PAGE-7", Person: "sre1"},
		{Kind: incident.PageSpent, Page: "PAGE-7"},
		{Kind: incident.PageHandedOver, By: lead, Page: "PAGE-7", Person: "dev2"},
		{Kind: incident.PageSnoozed, By: lead, Page: "PAGE-7", Until: ago15(-60)},
		{Kind: incident.PageResumed, By: lead, Page: "PAGE-7"},
		{Kind: incident.PageNobody, Page: "PAGE-7"},
		{Kind: incident.PageSkipped, Page: "PAGE-7", Text: "nobody is on call"},
		{Kind: incident.WasResolved, By: lead, Text: "rolled back"},
		{Kind: incident.WasResolved, By: lead},
		{Kind: incident.WasReopened, By: lead, Text: "errors are back", Was: "closed"},
		{Kind: incident.RoomLost, Text: "the channel was archived"},
		{Kind: incident.RoomBack, Channel: "C0INC3", Name: "inc-3-checkout"},
		{Kind: incident.DeliveryFailed, Text: "an invitation to the channel (the account is deactivated)"},
		{Kind: "told_by_carrier_pigeon", By: lead},
	}
	for n := range list {
		list[n].Seq = uint64(n + 1)
		list[n].Recorded = ago15(28 - n)
		if list[n].At.IsZero() {
			list[n].At = list[n].Recorded
		}
	}
	return list
}

func TestPosts(t *testing.T) {
	s := scene()
	var posts []state
	for _, e := range events() {
		name := string(e.Kind)
		if e.Person != "" {
			name += " " + e.Person
		}
		posts = append(posts, state{name, EventPost(e, s)})
	}
	golden(t, "post", posts...)
	golden(t, "tell",
		state{"delivery", Tell(incident.Event{Kind: incident.DeliveryFailed, Text: "the announcement (not_in_channel)"}, opened(), s)},
	)
	golden(t, "nobody",
		state{"reached", Nobody(unreached(func(*incident.Incident) {}), "PAGE-7", s)},
		state{"reached, Slack brings nothing", Nobody(unreached(func(*incident.Incident) {}), "PAGE-7", unheardIn(s))},
		state{"another page", Nobody(unreached(func(i *incident.Incident) {
			i.Pages = append(i.Pages, incident.PageState{ID: "PAGE-8", Open: true, Whom: []string{"sre1"}})
		}), "PAGE-7", s)},
		state{"answered", Nobody(unreached(func(i *incident.Incident) {
			i.Lead, i.Answered = "sre1", true
			i.Pages[0].Open, i.Pages[0].By = false, "sre1"
		}), "PAGE-7", s)},
		state{"resolved", Nobody(unreached(func(i *incident.Incident) {
			i.Status, i.Resolved, i.Pages[0].Open = incident.Resolved, ago15(1), false
		}), "PAGE-7", s)},
	)
	waits := with(func(i *incident.Incident) { i.Lead = "dev2" })
	golden(t, "catchup",
		state{"waits for its lead", CatchUp(waits, events()[:3], s)},
		state{"one", CatchUp(waits, events()[2:3], s)},
		state{"burst", CatchUp(answered(), events(), s)},
		state{"nothing", CatchUp(answered(), nil, s)},
	)
}

func page() paging.Page {
	return paging.Page{
		ID: "PAGE-7", Subject: "INC-3", Status: paging.Open, Opened: ago15(15), Turn: 1, Sent: 1, Due: noon.Add(5 * time.Minute), Next: noon.Add(5 * time.Minute),
		Policy:  paging.Policy{Name: "checkout", Repeat: 1, Steps: []paging.Step{{Wait: time.Minute}, {Wait: time.Minute}}},
		Notices: []paging.Notice{{N: 1, To: paging.Recipient{Person: "dev1"}, Turn: 1, At: ago15(15)}},
	}
}

func TestPageMessages(t *testing.T) {
	s := scene()
	first := page()
	second := page()
	second.Step, second.Turn, second.Sent = 1, 2, 3
	second.Notices = append(second.Notices,
		paging.Notice{N: 2, To: paging.Recipient{Person: "sre1"}, Step: 1, Turn: 2},
		paging.Notice{N: 3, To: paging.Recipient{Channel: "C0OPS"}, Step: 1, Turn: 2})
	repeat := second
	repeat.Step, repeat.Cycle, repeat.Turn, repeat.Sent = 0, 1, 3, 4
	repeat.Notices = append(append([]paging.Notice(nil), second.Notices...), paging.Notice{N: 4, To: paging.Recipient{Person: "dev1"}, Turn: 3})
	floor := repeat
	floor.Spent, floor.Step, floor.Turn, floor.Sent, floor.Reason = true, 2, 4, 6, paging.ByFloor
	floor.Notices = append(append([]paging.Notice(nil), repeat.Notices...), paging.Notice{N: 5, To: paging.Recipient{Person: "lead1"}, Step: 2, Turn: 4},
		paging.Notice{N: 6, To: paging.Recipient{Channel: "C0NEWS"}, Step: 2, Turn: 4})
	handed := second
	handed.Step, handed.Turn, handed.Sent, handed.Reason, handed.Owner, handed.HandedBy = -1, 3, 4, paging.ByHandOver, "dev2", "sre1"
	handed.Notices = append(append([]paging.Notice(nil), second.Notices...), paging.Notice{N: 4, To: paging.Recipient{Person: "dev2"}, Step: -1, Turn: 3})
	again := second
	again.Step, again.Turn, again.Sent, again.Reason, again.Owner, again.Repaged = 0, 3, 5, paging.ByTimeout, "sre1", 1
	again.Notices = append(append([]paging.Notice(nil), second.Notices...), paging.Notice{N: 4, To: paging.Recipient{Person: "dev2"}, Turn: 3},
		paging.Notice{N: 5, To: paging.Recipient{Person: "sre1"}, Turn: 3, Repeat: true})
	last := again
	last.Repaged = paging.MaxRepages
	woken := again
	woken.Reason, woken.Repaged = paging.BySnooze, 0
	many := first
	many.Folded, many.FoldedLast = 12, "ALERT-9"
	many.Spared = []paging.Spared{{Recipient: paging.Recipient{Person: "dev2"}, On: "PAGE-6", Turn: 1}}
	declined := page()
	declined.Notices[0].Decline = true
	taken := second
	taken.Status, taken.AnsweredBy, taken.Answered, taken.Owner = paging.Acknowledged, "sre1", ago15(3), "sre1"
	timed := taken
	timed.Until = noon.Add(time.Hour)
	passed := timed
	passed.Owner = "dev1"
	snoozed := timed
	snoozed.Snoozed = true
	ended := taken
	ended.Status = paging.Ended
	answers := func(name string, p paging.Page, reader int) state {
		return state{name, PageMessage(p, p.Notices[reader], desk.AboutIncident(opened()), false, s)}
	}
	over := page()
	over.Status = paging.Ended
	silent := second
	silent.Notices = append([]paging.Notice(nil), second.Notices...)
	silent.Notices[0].Paused, silent.Notices[2].Fate = true, paging.Failed
	passedOn := second
	passedOn.Notices = append([]paging.Notice(nil), second.Notices...)
	passedOn.Notices[0].Decline = true
	stuck := second
	stuck.Notices = append([]paging.Notice(nil), second.Notices...)
	stuck.Notices[0].Fate, stuck.Notices[0].Stuck = paging.Intended, true
	deaf, aside := second, s
	deaf.Notices = append([]paging.Notice(nil), second.Notices...)
	for n := range deaf.Notices {
		deaf.Notices[n].Unheard = true
	}
	aside.Elsewhere = Elsewhere{Link: "https://watchbill.example.com/p/PAGE-1.2.abc", API: true}
	asked := page()
	asked.By, asked.Policy = "sre1", paging.Direct("person:dev1")
	pending := with(func(i *incident.Incident) { i.Room = incident.Room{State: incident.RoomPending} })
	linked := desk.AboutIncident(opened())
	linked.Links = []paging.Link{{Text: "Runbook", URL: "https://wiki.example.com/checkout"}, {Text: "Dashboard", URL: "javascript:alert(1)"}, {Text: "Graph", URL: "https://graphs.example.com/1"}}
	golden(t, "page",
		state{"first", PageMessage(first, first.Notices[0], desk.AboutIncident(pending), false, s)},
		state{"first, with links", PageMessage(first, first.Notices[0], linked, false, s)},
		state{"first resent", PageMessage(first, first.Notices[0], desk.AboutIncident(opened()), true, s)},
		state{"second step", PageMessage(second, second.Notices[1], desk.AboutIncident(opened()), false, s)},
		state{"first, after the second step", PageMessage(second, second.Notices[0], desk.AboutIncident(opened()), false, s)},
		state{"second step, the others silent", PageMessage(silent, silent.Notices[1], desk.AboutIncident(opened()), false, s)},
		state{"second step, the first declined", PageMessage(passedOn, passedOn.Notices[1], desk.AboutIncident(opened()), false, s)},
		state{"second step, Slack brings nothing", PageMessage(deaf, deaf.Notices[1], desk.AboutIncident(opened()), false, aside)},
		state{"second step, Slack brings nothing, no link", PageMessage(deaf, deaf.Notices[1], desk.AboutIncident(opened()), false, s)},
		state{"second step, the first not sent", PageMessage(stuck, stuck.Notices[1], desk.AboutIncident(opened()), false, s)},
		state{"channel", PageMessage(second, second.Notices[2], desk.AboutIncident(opened()), false, s)},
		state{"repeat", PageMessage(repeat, repeat.Notices[3], desk.AboutIncident(answered()), false, s)},
		answers("the floor", floor, 4),
		answers("the floor, in a channel", floor, 5),
		answers("handed over to the reader", handed, 3),
		answers("handed over by the reader", handed, 1),
		answers("comes again, to whoever is on call", again, 3),
		answers("comes again, to whoever acknowledged", again, 4),
		answers("comes again for the last time", last, 4),
		state{"pressed second", PageMoved(taken, s)},
		state{"pressed second, of a step that has passed", PageMoved(woken, s)},
		answers("a snooze is over", woken, 3),
		answers("folded", many, 0),
		answers("acknowledged for a time by reader", timed, 1),
		answers("acknowledged first by the reader, and by another since", passed, 1),
		answers("snoozed by reader", snoozed, 1),
		answers("snoozed by other", snoozed, 0),
		answers("over, acknowledged by reader", ended, 1),
		state{"declined", PageMessage(declined, declined.Notices[0], desk.AboutIncident(opened()), false, s)},
		state{"asked for, somebody leads", PageMessage(asked, asked.Notices[0], desk.AboutIncident(with(func(i *incident.Incident) { i.Lead, i.Answered = "sre1", true })), false, s)},
		state{"asked for", PageMessage(asked, asked.Notices[0], desk.AboutIncident(inThread()), false, s)},
		state{"acknowledged by reader", PageMessage(taken, taken.Notices[1], desk.AboutIncident(opened()), false, s)},
		state{"acknowledged by reader, who leads now", PageMessage(taken, taken.Notices[1], desk.AboutIncident(with(func(i *incident.Incident) { i.Lead, i.Answered = "sre1", true })), false, s)},
		state{"acknowledged by other", PageMessage(taken, taken.Notices[0], desk.AboutIncident(opened()), false, s)},
		state{"ended", PageMessage(over, over.Notices[0], desk.AboutIncident(resolved()), false, s)},
		state{"ended while open", PageMessage(over, over.Notices[0], desk.AboutIncident(opened()), false, s)},
	)
}

func lines() []incident.Line {
	list := append([]incident.Event{{Seq: 100, Kind: incident.Declared, By: person("sre1"), At: ago15(60 * 20), Recorded: ago15(60 * 20), Title: "checkout returns 503", Severity: 2}}, events()...)
	return incident.Timeline(list, scene().Names)
}

func TestAnswers(t *testing.T) {
	s := scene()
	in := Parse("checkout is down in &lt;eu&gt; --sev 2", noon, nil)
	hot := with(func(i *incident.Incident) { i.ID, i.Severity, i.Title = "INC-4", 1, "search times out" })
	golden(t, "answer",
		state{"declared", Declared(opened(), nil, s)},
		state{"taken by another", Led(opened(), s)},
		state{"declared, like another", Declared(opened(), []incident.Incident{hot}, s)},
		state{"declared, long title", Declared(with(func(i *incident.Incident) { i.Title = incident.Clip(strings.Repeat("word ", 800), incident.MaxTitle) }), nil, s)},
		state{"declared, nobody paged", Declared(unpaged(), nil, s)},
		state{"status", StatusOf(answered(), s)},
		state{"status closed", StatusOf(closed(), s)},
		state{"status of one without a channel", StatusOf(with(func(i *incident.Incident) {
			i.Room = incident.Room{State: incident.RoomThread, Why: "its channel was archived"}
		}), s)},
		state{"done", Done(answered(), events()[3:6], s)},
		state{"acknowledged", Done(answered(), []incident.Event{
			{Kind: incident.PageAcknowledged, By: person("sre1"), Page: "PAGE-7", Person: "sre1", Answered: true},
			{Kind: incident.LeadSet, By: person("sre1"), Page: "PAGE-7", Person: "sre1", Answered: true}, {Kind: incident.Invited, Person: "sre1"}}, s)},
		state{"acknowledged here", Done(answered(), []incident.Event{{Kind: incident.PageAcknowledged, By: person("sre1"), Page: "PAGE-7", Person: "sre1"}}, here(s))},
		state{"done nothing", Done(answered(), nil, s)},
		state{"list", ListOf([]incident.Incident{hot, answered()}, 0, s)},
		state{"list with one resolved", ListOf([]incident.Incident{hot, resolved()}, 0, s)},
		state{"list of what is resolved", ListOf([]incident.Incident{resolved()}, 0, s)},
		state{"list empty", ListOf(nil, 0, s)},
		state{"offer", OfferDeclare(in, s)},
		state{"offer after a verb", OfferDeclare(Parse("close to running out of disk", noon, nil), s)},
		state{"offer, mistyped", OfferDeclare(Parse("timelin", noon, nil), s)},
		state{"offer, declare mistyped", OfferDeclare(Parse("decalre checkout returns 503", noon, nil), s)},
		state{"offer in a room, mistyped", OfferDeclare(Parse("INC-3 udpate payments are back", noon, nil), s)},
		state{"offer in a room", OfferDeclare(Parse("INC-3 payments are back", noon, nil), s)},
		state{"not yet", NotYet(Parse("mitigate", noon, nil))},
		state{"not yet, or a title", NotYet(Parse("private keys leaked", noon, nil))},
		state{"not recorded", NotRecorded("update payments are back")},
		state{"not confirmed", NotConfirmed("update payments are back")},
		state{"exists", Exists("You declared INC-3: checkout returns 503", in, s)},
		state{"refusal", Refusal("INC-3 was resolved 2026-11-21 13:29 UTC; to page, `reopen` it with a reason first.", "page @ann", s)},
		state{"asks", Asks(Parse("resolve rolled back", noon, nil), []incident.Incident{hot, answered()}, s)},
		state{"done here", Done(opened(), []incident.Event{{Kind: incident.Updated, By: incident.Actor{Person: "dev1"}, Text: "Rolling back."}}, here(s))},
		state{"asks, one open", Asks(Parse("resolve rolled back", noon, nil), []incident.Incident{hot}, s)},
		state{"asks, none open", Asks(Parse("resolve rolled back", noon, nil), nil, s)},
		state{"close?", AskClose(opened(), s)},
		state{"close what is answered?", AskClose(answered(), s)},
		state{"help", HelpText(s)},
	)
	golden(t, "timeline",
		state{"all", TimelineOf(answered(), lines(), 0, s)},
		state{"empty", TimelineOf(answered(), nil, 0, s)},
		state{"before", TimelineOf(answered(), lines(), 3, s)},
		state{"before the first", TimelineOf(answered(), lines(), 100, s)},
	)
	golden(t, "oncall",
		state{"now", OncallNow([]Watch{
			{Schedule: "checkout", On: []OnDuty{{Person: "dev1", Why: "layer dev, this week"}, {Person: "dev2", Why: "follows dev1", Shadow: true}}, Next: noon.Add(40 * time.Hour), NextBy: []string{"dev2"}},
			{Schedule: "sre-core", On: nil, Next: noon.Add(2 * time.Hour), NextBy: []string{"sre1"}},
			{Schedule: "search", Problem: "its zone Europe/Atlantis is not known"},
		}, time.Time{}, s)},
		state{"then", OncallNow([]Watch{{Schedule: "checkout", On: []OnDuty{{Person: "dev1", Why: `layer "day": weekly turns since 2026-01-05T09:00:00`}},
			Next: noon.Add(40 * time.Hour), NextBy: []string{"dev2"}}}, noon.Add(2*time.Hour), s)},
		state{"mine", ShiftsOf("", []Shift{{Schedule: "checkout", From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}, {Schedule: "search", From: noon.Add(40 * time.Hour), To: noon.Add(50 * time.Hour)}}, s)},
		state{"hers", ShiftsOf("dev2", nil, s)},
		state{"none", OncallNow(nil, time.Time{}, s)},
	)
	golden(t, "postmortem",
		state{"draft", PostmortemPost(Draft{
			Incident: "INC-3", Title: "checkout returns 503", Summary: "On 21 November 2026 checkout was reported as returning 503. It was open for 14 minutes.",
			Figures: []Figure{{"Page to acknowledgement", "3 min"}, {"Declared to resolved", "14 min"}, {"Users affected", ""}},
			Asks:    []Ask{{Text: "When were users affected?"}, {Text: "At least two contributing factors"}, {Text: "What was lucky?", Done: true}},
		})},
	)
}

func TestViews(t *testing.T) {
	s := scene()
	m := Meta{Channel: "C3"}
	in := Parse("declare checkout returns 503 --sev 2 --service checkout", noon, nil)
	many := s
	many.Services = nil
	for n := range 250 {
		many.Services = append(many.Services, "service-"+strings.Repeat("x", n%40)+string(rune('a'+n%26))+strings.Repeat("y", n/26))
	}
	var crowd []paging.Target
	for n := range 150 {
		crowd = append(crowd, paging.Target(fmt.Sprint("team:t", n)))
	}
	judgeView(t, "page with many targets", PageModal(opened(), crowd, m))
	deaf := scene()
	deaf.Unheard = true
	views := []struct {
		name string
		view any
	}{
		{"declare", DeclareModal(in, m, s)},
		{"declare empty", DeclareModal(Input{}, m, Scene{})},
		{"declare many services", DeclareModal(Input{}, m, many)},
		{"declare unknown service", DeclareModal(Input{Service: "typo"}, m, s)},
		{"update", UpdateModal(answered(), "so far", m)},
		{"note", NoteModal(answered(), noon.Add(-15*time.Minute), m, s)},
		{"lead", LeadModal(opened(), m)},
		{"page", PageModal(opened(), []paging.Target{"schedule:checkout", "team:checkout-dev"}, m)},
		{"page without targets", PageModal(opened(), nil, m)},
		{"resolve", ResolveModal(answered(), m)},
		{"reopen", ReopenModal(resolved(), m)},
		{"snooze", SnoozeModal("PAGE-7", desk.AboutIncident(opened()), m, s)},
		{"hand over", HandOverModal("PAGE-7", desk.AboutIncident(opened()), m, s)},
		{"resolve a page", EndPageModal("PAGE-7", paging.About{ID: "ALERT-7", Title: "disk is <full>"}, m, s)},
		{"outdated", Outdated(closed(), "", "payments are back", s)},
		{"outdated, incident unknown", Outdated(incident.Incident{ID: "Watchbill"}, "Not recorded.", "x", s)},
		{"home", Home(HomeTab{Pages: []HomePage{{page(), "SEV2", "checkout returns 503"}}, Incidents: []incident.Incident{answered()},
			Shifts: []Shift{{Schedule: "checkout", From: ago15(60), To: noon.Add(time.Hour)}, {Schedule: "sre-core", From: noon.Add(time.Hour), To: noon.Add(2 * time.Hour)}}}, s)},
		{"home of who has pages", Home(HomeTab{Held: []HomePage{{paging.Page{ID: "PAGE-8", Subject: "ALERT-6", Status: paging.Acknowledged, Owner: "dev1", Turn: 2, Facts: paging.Facts{Severity: "critical"}}, "", "disk is <full>"},
			{paging.Page{ID: "PAGE-9", Subject: "INC-3", Status: paging.Acknowledged, Owner: "dev1", Until: noon.Add(time.Hour)}, "SEV2", "checkout returns 503"}, {Page: paging.Page{ID: "PAGE-10", Subject: "INC-4", Status: paging.Acknowledged, Owner: "dev1", Snoozed: true, Until: noon.Add(time.Hour)}}}}, s)},
		{"home with alerts", Home(HomeTab{Alerts: AlertList{Open: 9, Silenced: 2, List: alone(slices.Repeat([]Alert{firingAlert()}, 7)...)}}, s)},
		{"home in a storm", Home(HomeTab{Alerts: stormList(firingAlert())}, alertScene())},
		{"home empty", Home(HomeTab{}, s)},
		{"home that is not heard", Home(HomeTab{}, deaf)},
	}
	var out []any
	for _, v := range views {
		judgeView(t, v.name, v.view)
		if v.name != "declare many services" {
			out = append(out, map[string]any{"state": v.name, "view": v.view})
		}
	}
	compare(t, "view", out)
}

func TestTopicAndLinks(t *testing.T) {
	s := scene()
	for want, i := range map[string]incident.Incident{
		"SEV2 open · checkout returns 503 · INC-3":     opened(),
		"SEV2 resolved · checkout returns 503 · INC-3": resolved(),
		"SEV2 open · a ‹!channel› b · INC-3":           with(func(i *incident.Incident) { i.Title = "a <!channel> b" }),
	} {
		if got := Topic(i); got != want {
			t.Errorf("Topic = %q, want %q", got, want)
		}
	}
	got := Links(closed(), s)
	if len(got) != 2 || got[0].Title != "Announcement of INC-3" || got[1].URL != closed().Draft {
		t.Errorf("Links = %+v", got)
	}
	if got := Links(opened(), Scene{}); got != nil {
		t.Errorf("Links without addresses = %+v", got)
	}
}

// A message has at most one row of few buttons, and no button without a reader.
func TestButtonsAreFewAndRead(t *testing.T) {
	s := scene()
	messages := []Message{Card(opened(), s), Card(answered(), s), Card(resolved(), s), Card(closed(), s), Declared(unpaged(), nil, s), StatusOf(opened(), s),
		PageMessage(page(), page().Notices[0], desk.AboutIncident(opened()), false, s), OfferDeclare(Parse("x", noon, nil), s), Exists("x", Parse("x", noon, nil), s),
		Asks(Parse("resolve", noon, nil), []incident.Incident{opened(), answered()}, s), TimelineOf(opened(), lines(), 3, s)}
	for n, m := range messages {
		rows := 0
		for _, b := range m.Blocks {
			row, ok := b.(*slack.ActionBlock)
			if !ok {
				continue
			}
			rows++
			if len(row.Elements.ElementSet) > 5 {
				t.Errorf("message %d has a row of %d buttons", n, len(row.Elements.ElementSet))
			}
			for _, e := range row.Elements.ElementSet {
				if menu, ok := e.(*slack.OverflowBlockElement); ok {
					for _, o := range menu.Options {
						if a, err := ReadAction(menu.ActionID, o.Value); err != nil || Parse(a.Text+" "+a.Page, noon, nil).Problem != "" {
							t.Errorf("message %d: %q is read as %+v, %v", n, o.Value, a, err)
						}
					}
					continue
				}
				pressed := e.(*slack.ButtonBlockElement)
				if _, err := ReadAction(pressed.ActionID, pressed.Value); err != nil {
					t.Errorf("message %d: %v", n, err)
				}
			}
		}
		if rows > 1 {
			t.Errorf("message %d has %d rows of buttons", n, rows)
		}
	}
}

// TestTheHomeTabSaysWhatItLeavesOut: ten pages that wait are not all of eleven.
func TestTheHomeTabSaysWhatItLeavesOut(t *testing.T) {
	of := HomeTab{Pages: slices.Repeat([]HomePage{{Page: page()}}, MaxHome), Held: slices.Repeat([]HomePage{{Page: page()}}, MaxHome), Incidents: slices.Repeat([]incident.Incident{answered()}, MaxHome),
		Shifts: slices.Repeat([]Shift{{Schedule: "checkout", From: noon, To: noon}}, MaxHome), Stands: make([]Stood, MaxHome)}
	told := func(d HomeTab) int {
		t.Helper()
		view := Home(d, scene())
		judgeView(t, "home", view)
		raw, err := json.Marshal(view)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(raw), "And 1 more")
	}
	if n := told(of); n != 0 {
		t.Errorf("%d parts say that there is more, and there is none", n)
	}
	of.Pages, of.Held, of.Incidents, of.Shifts, of.Stands = append(of.Pages, HomePage{Page: page()}), append(of.Held, HomePage{Page: page()}), append(of.Incidents, answered()), append(of.Shifts, Shift{}), append(of.Stands, Stood{})
	if n := told(of); n != 5 {
		t.Errorf("%d parts say that there is more, want all 5", n)
	}
}
