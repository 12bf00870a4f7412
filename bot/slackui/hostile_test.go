package slackui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// hostile is what people, monitoring and strangers put into any field.
func hostile() map[string]string {
	return map[string]string{
		"broadcast":  "<!channel> <!here|x> <!everyone> @channel @here",
		"mention":    "<@U1> <@U9|boss> <#C1|general> <!subteam^S1>",
		"link":       "<https://evil.example/|click> <mailto:a@b.io|mail> https://a.io/|x> https://x.io/<!channel>",
		"entities":   strings.Repeat("&amp;&lt;!channel&gt;", 60),
		"ampersands": strings.Repeat("&", 4000),
		"angles":     strings.Repeat("<", 4000),
		"marks":      "*_~`*_~` ```unclosed code > quote | pipe",
		"rtl":        "\u202e\u2066gnp.exe\u2069 checkout שלום مرحبا",
		"invisible":  "a\u200b\u200c\u200d\ufeff\u2060b\x00\x1b[31m",
		"nothing":    "\u200b\u200b",
		"spaces":     " \t\n ",
		"zalgo":      "c" + strings.Repeat("\u0301\u0488\u0336", 500) + "heckout",
		"long":       strings.Repeat("checkout returns 503 ", 200)[:4000],
		"one word":   strings.Repeat("x", 4000),
		"emoji":      strings.Repeat("👩‍🚒🔥", 1000),
		"lines":      strings.Repeat("line\n", 800),
		"bare lines": strings.Repeat("\n", 3999) + "x",
		"addresses":  strings.Repeat("https://example.com/a?b=c&d=e ", 130),
		"address":    "https://example.com/" + strings.Repeat("a", 3900),
		"invalid":    "a\xff\xfe\xc3(",
		"astral":     strings.Repeat("𝔘𝔫𝔦", 1300),
		"json":       `{"blocks":[{"type":"section"}]} \u003c!channel>`,
		"date":       "<!date^1^{date}^https://evil.example|x>",
	}
}

// everyField is an incident with the text in every field people can fill, and
// in those they cannot.
func everyField(text string) incident.Incident {
	i := answered()
	i.Title, i.Service, i.Lead = incident.Clip(text, incident.MaxTitle), text, text
	i.Reporter.Person, i.Room.Name, i.Room.Why, i.Unpaged, i.Draft = text, text, text, text, text
	i.Update = &incident.Said{Text: text, By: text, At: noon}
	for n := range 12 {
		whom := []string{text, "dev1", "channel:" + text}
		i.Pages = append(i.Pages, incident.PageState{ID: fmt.Sprintf("PAGE-%d", n), Open: n%2 == 0, By: text, Whom: whom, Paused: whom[:1]})
	}
	return i
}

func hostileEvents(text string) []incident.Event {
	list := events()
	for n := range list {
		list[n].Text, list[n].Person, list[n].Was, list[n].Title, list[n].Service = text, text, text, text, text
		list[n].By.Person, list[n].Name, list[n].Author = text, text, text
		list[n].Whom = []string{text, text}
	}
	return append(list, incident.Event{Seq: 90, Kind: incident.Kind(text), At: noon, Recorded: noon},
		incident.Event{Seq: 91, Kind: incident.Declared, Title: text, Service: text, At: noon, Recorded: noon},
		incident.Event{Seq: 92, Kind: incident.PinEntered, At: noon, Recorded: noon},
		incident.Event{Seq: 93, Kind: incident.PinText, Entry: 92, Text: text, Author: text, Link: text},
		incident.Event{Seq: 94, Kind: incident.PinEdited, Entry: 92, Text: text})
}

func TestHostileTextIsInertEverywhere(t *testing.T) {
	everyHostile(t, func(t *testing.T, name, text string) {
		scenes := []Scene{scene()}
		if len(text) < 1000 {
			scenes = append(scenes, Scene{Now: noon, Mention: func(string) string { return text }, PlainName: func(string) string { return text },
				TeamURL: text, NewsLink: text, NewsChannel: text, Services: []string{text, "checkout"}})
		}
		for _, s := range scenes {
			for state, i := range hostileStates(text) {
				hostileMessages(t, name+"/"+state, text, i, s)
			}
			hostilePosts(t, name, text, s)
			hostileAnswers(t, name, text, s)
			hostileViews(t, name, text, s)
		}
	})
}

// everyHostile runs a test with each of the texts. The long ones are many times the work:
// a short run, as under the race detector, leaves most of them to the whole one.
func everyHostile(t *testing.T, test func(t *testing.T, name, text string)) {
	for name, text := range hostile() {
		if testing.Short() && len(text) > 1000 && name != "zalgo" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name, text)
		})
	}
}

func hostileStates(text string) map[string]incident.Incident {
	thread, lost, done, over := everyField(text), everyField(text), everyField(text), everyField(text)
	thread.Room.State, thread.Answered = incident.RoomThread, false
	lost.Room.State, lost.Pages, lost.Lead = incident.RoomPending, nil, ""
	done.Status, done.Resolved = incident.Resolved, noon
	over.Status, over.Resolved, over.Closed = incident.Closed, noon, noon
	return map[string]incident.Incident{"open": everyField(text), "thread": thread, "pending": lost, "resolved": done, "closed": over}
}

func hostileMessages(t *testing.T, name, text string, i incident.Incident, s Scene) {
	t.Helper()
	judge(t, name+"/card", Card(i, s))
	judge(t, name+"/announcement", Announcement(i, s))
	judge(t, name+"/status", StatusOf(i, s))
	judge(t, name+"/declared", Declared(i, repeated(i, 3), s))
	for status, p := range map[paging.Status]paging.Page{paging.Open: page(), paging.Acknowledged: page(), paging.Ended: page()} {
		p.Status, p.AnsweredBy, p.By = status, text, text
		for n := range 30 {
			p.Notices = append(p.Notices, paging.Notice{N: n + 2, To: paging.Recipient{Person: fmt.Sprint(text, n)}, Step: n % 2, Turn: n % 2})
		}
		judge(t, name+"/page "+string(status), PageMessage(p, p.Notices[0], desk.AboutIncident(i), true, s))
		p.Owner, p.HandedBy, p.FoldedLast, p.Folded, p.Policy.Name = text, text, text, 3, text
		p.Spared = []paging.Spared{{Recipient: paging.Recipient{Person: text}, On: text}}
		for _, reason := range []paging.Reason{paging.ByFloor, paging.ByHandOver, paging.BySnooze, paging.ByTimeout} {
			p.Reason, p.Snoozed, p.Until = reason, reason == paging.BySnooze, noon
			judge(t, name+"/page "+string(status)+" by "+string(reason), PageMessage(p, p.Notices[0], desk.AboutIncident(i), true, s))
		}
		judge(t, name+"/page done", PageDone(text, p, true, s))
		judge(t, name+"/page over", PageOver(text, incident.Incident{ID: text, Pages: []incident.PageState{{ID: text, Open: true}}}, Scene{}))
		deaf, aside := p.Notices[0], s
		deaf.Unheard, aside.Elsewhere = true, Elsewhere{Link: text, API: true}
		judge(t, name+"/page that is not heard "+string(status), PageMessage(p, deaf, desk.AboutIncident(i), true, aside))
		judge(t, name+"/page to channel "+string(status), PageMessage(p, paging.Notice{N: 40, To: paging.Recipient{Channel: text}}, desk.AboutIncident(i), false, s))
	}
	if topic := Topic(i); len([]rune(topic)) > 250 || strings.ContainsAny(topic, "<>\n") {
		t.Errorf("%s: topic %q", name, topic)
	}
	judge(t, name+"/nobody", Nobody(i, text, s))
	for _, b := range Links(i, s) {
		if !webAddress(b.URL) {
			t.Errorf("%s: bookmark to %q", name, b.URL)
		}
	}
}

func hostilePosts(t *testing.T, name, text string, s Scene) {
	t.Helper()
	i, list := everyField(text), hostileEvents(text)
	for _, e := range list {
		judge(t, name+"/post "+string(e.Kind), EventPost(e, s))
		judge(t, name+"/tell", Tell(e, i, s))
	}
	judge(t, name+"/catchup", CatchUp(i, list, s))
	judge(t, name+"/done", Done(i, list, s))
	judge(t, name+"/list", ListOf(repeated(i, 40), 0, s))
	judge(t, name+"/timeline", TimelineOf(i, incident.Timeline(list, s.Names), 0, s))
}

func hostileAnswers(t *testing.T, name, text string, s Scene) {
	t.Helper()
	open := repeated(everyField(text), 8)
	for _, verb := range []string{"", "update ", "note 14:05 ", "declare ", "page ", "mitigate ", "close "} {
		for _, in := range []Input{Parse(verb+text, noon, nil), ParseOncall(verb+text, noon, nil)} {
			judge(t, name+"/offer", OfferDeclare(in, s))
			judge(t, name+"/not yet", NotYet(in))
			judge(t, name+"/exists", Exists(text, in, s))
			judge(t, name+"/asks", Asks(in, open, s))
			judge(t, name+"/asks none", Asks(in, nil, s))
			judge(t, name+"/problem", Refusal(in.Problem, in.Raw, s))
		}
	}
	judge(t, name+"/refusal", Refusal(text, text, s))
	judge(t, name+"/not recorded", NotRecorded(text))
	judge(t, name+"/not confirmed", NotConfirmed(text))
	watches := make([]Watch, 60)
	for n := range watches {
		watches[n] = Watch{Schedule: text, On: []OnDuty{{text, text, true}, {text, text, false}, {text, text, false}}, Next: noon, NextBy: []string{text}}
		if n%3 == 0 {
			watches[n].Problem = text
		}
	}
	judge(t, name+"/oncall", OncallNow(watches, noon, s))
	d := Draft{Incident: "INC-3", Title: text, Summary: text, Link: text, Before: text}
	for range 30 {
		d.Figures, d.Asks = append(d.Figures, Figure{text, text}), append(d.Asks, Ask{Text: text})
	}
	judge(t, name+"/postmortem", PostmortemPost(d))
}

func hostileViews(t *testing.T, name, text string, s Scene) {
	t.Helper()
	i, m := everyField(text), Meta{Incident: "INC-3", Channel: "C3"}
	in := Input{Text: text, Service: text}
	for n, view := range []any{
		DeclareModal(in, m, s), DeclareModal(Input{}, m, s), UpdateModal(i, text, m), NoteModal(i, time.Time{}, m, s), LeadModal(i, m),
		PageModal(i, []paging.Target{paging.Target("team:" + text), "team:x"}, m), ResolveModal(i, m), SnoozeModal(text, paging.About{ID: text, Title: text, Level: text}, m, s), HandOverModal(text, paging.About{ID: text, Title: text, Level: text}, m, s), ReopenModal(i, m),
		Outdated(i, text, text, s), Outdated(i, "", text, s),
		Home(HomeTab{Alerts: AlertList{Open: 99, List: alone(slices.Repeat([]Alert{alertWith(func(a *Alert) { a.ID, a.Title, a.Service, a.Link = text, text, text, text })}, 30)...)}, Pages: slices.Repeat([]HomePage{{page(), text, text}}, 30), Held: slices.Repeat([]HomePage{{paging.Page{ID: "PAGE-9", Subject: text, Owner: text, Facts: paging.Facts{Severity: text}}, "", text}}, 30), Incidents: repeated(i, 30), Shifts: []Shift{{Schedule: text, From: noon, To: noon}},
			Stands: []Stood{{text, oncall.Standing{ID: text, Person: text, Text: text, By: text}}, {text, oncall.Standing{ID: text, Person: text, Text: text, Start: &noon, End: &noon}}}}, s),
	} {
		judgeView(t, fmt.Sprintf("%s/view %d", name, n), view)
	}
}

func repeated(i incident.Incident, n int) []incident.Incident {
	out := make([]incident.Incident, n)
	for k := range out {
		out[k] = i
		out[k].ID = fmt.Sprintf("INC-%d", k+1)
	}
	return out
}

// Towers of marks are cut down; what a script needs stays.
func TestMarksAreBounded(t *testing.T) {
	tower := "c" + strings.Repeat("\u0301", 50) + "heckout"
	if got, want := line(tower, 100), "c\u0301\u0301\u0301\u0301heckout"; got != want {
		t.Errorf("line(%q) = %q, want %q", tower, got, want)
	}
	for _, word := range []string{"שָׁלוֹם", "ผู้", "việt", "हिन्दी", "👩‍🚒", strings.Repeat("e\u0301", 9)} {
		if got := line(word, 100); got != word {
			t.Errorf("line(%q) = %q", word, got)
		}
	}
}

// A timeline of any length is read to its beginning by pressing Earlier, and no
// line is left out or shown twice.
func TestTimelineIsReadToItsBeginning(t *testing.T) {
	s := scene()
	var list []incident.Event
	for n := range 3000 {
		at := noon.Add(time.Duration(n-3000) * time.Minute)
		text := fmt.Sprintf("note-%d. %s", n, strings.Repeat("< & >", n%200))
		list = append(list, incident.Event{Seq: uint64(n + 1), Kind: incident.Noted, By: person("dev1"), Text: text, At: at, Recorded: at})
	}
	lines := incident.Timeline(list, s.Names)
	seen := map[string]int{}
	before := uint64(0)
	pages := 0
	for pages = 1; pages < 1000; pages++ {
		m := TimelineOf(opened(), lines, before, s)
		judge(t, "page", m)
		raw, err := json.Marshal(m.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.Fields(string(raw)) {
			if at := strings.Index(word, "note-"); at >= 0 {
				seen[word[at:]]++
			}
		}
		earlier, ok := pressed(t, m, TimelineEarlier)
		if !ok {
			break
		}
		before = earlier.Seq
	}
	if pages < 100 || len(seen) != len(list) {
		t.Errorf("%d pages showed %d of %d lines", pages, len(seen), len(list))
	}
	for word, n := range seen {
		if n != 1 {
			t.Errorf("%s was shown %d times", word, n)
		}
	}
}

// TestNothingTypedIsLost: what is too long to be recorded comes back whole.
func TestNothingTypedIsLost(t *testing.T) {
	for name, typed := range map[string]string{
		"words":   strings.Repeat("word ", 1000),
		"one":     strings.Repeat("x", 5000),
		"escaped": strings.Repeat("a<&>b ", 300),
		"lines":   strings.Repeat("a line\n", 400),
	} {
		m := Refusal("That text is too long.", typed, Scene{})
		judge(t, name, m)
		var back strings.Builder
		for _, b := range m.Blocks[1:] {
			back.WriteString(strings.ReplaceAll(blockkit.Unescape(b.(*slack.SectionBlock).Text.Text), "> ", "") + " ")
		}
		if got, want := strings.Join(strings.Fields(back.String()), ""), strings.Join(strings.Fields(typed), ""); got != want {
			t.Errorf("%s: %d characters came back, of %d", name, len(got), len(want))
		}
	}
	if m := Refusal("Too long.", strings.Repeat("x", 1_000_000), Scene{}); len(m.Blocks) > 4 {
		t.Errorf("%d blocks", len(m.Blocks))
	}
}
