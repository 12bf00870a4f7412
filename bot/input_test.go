package bot_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
)

// TestBadInput types what people type at 3 a.m.: each gets an answer, and nothing
// changes that should not.
func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.AddUser(slacksim.User{ID: "U0GUEST", Name: "guest1", Guest: true})
	h.sim.AddChannel("partners", false, "U0GUEST", "U0DEV1")
	for text, want := range map[string]string{
		"frobnicate":                    "Is it an incident?",
		"the site is down":              "Is it an incident?",
		"INC-99 resolve":                "There is no INC-99",
		"sev nine":                      "not a severity",
		"declare x --service nosuch":    "There is no service",
		"declare x --sev nine":          "sev",
		"resolve":                       "No incident is open",
		"page":                          "No incident is open",
		"ack":                           "No page is open",
		"ack PAGE-99":                   "There is no",
		"lead <@U0NOBODY> INC-99":       "There is no INC-99",
		"note -15m":                     "No incident is open",
		"help":                          "declare",
		"list":                          "No incident is open",
		"handoff":                       "No incident is open",
		strings.Repeat("very long ", 4): "Is it an incident?",
	} {
		if got := h.slash("U0DEV1", "general", text); !strings.Contains(got, want) {
			t.Errorf("/inc %s answered %q, want something with %q", text, got, want)
		}
	}
	if got := h.slash("U0GUEST", "partners", "declare guests see errors"); !strings.Contains(got, "Guests cannot declare") {
		t.Errorf("a guest was answered %q", got)
	}
	if got := h.slash("U0GUEST", "partners", ""); !strings.Contains(got, "Guests cannot") {
		t.Errorf("a guest was given a form, and told %q", got)
	}
	if all, err := h.bot.Desk().Latest(h.ctx, 10); err != nil || len(all) != 0 {
		t.Errorf("%d incidents exist (%v), want none", len(all), err)
	}
}

// TestPeopleWhoLeft refuses to name people who cannot answer any more, however they
// are called.
func TestPeopleWhoLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.wait("the directory", h.bot.People().Learned)
	h.declare()
	h.sim.Deactivate("U0DEV2")
	h.wait("the news that dev2 left", func() bool { u, _ := h.bot.People().User("U0DEV2"); return u.Deleted })
	for _, text := range []string{"page dev2", "page <@U0DEV2>", "lead dev2", "lead <@U0DEV2>"} {
		if got := h.slash("U0DEV1", "general", "INC-1 "+text); !strings.Contains(got, "deactivated") {
			t.Errorf("/inc %s answered %q, want that the account is deactivated", text, got)
		}
	}
	h.drained()
}

// TestStrangers treats people of other workspaces, of whom nobody has told, as
// guests.
func TestStrangers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.wait("the directory", h.bot.People().Learned)
	h.sim.AddUser(slacksim.User{ID: "U0ALIEN", Name: "alien", Stranger: true})
	h.sim.AddChannel("shared", false, "U0ALIEN", "U0DEV1")
	if got := h.slash("U0ALIEN", "shared", "declare aliens see errors"); !strings.Contains(got, "Guests cannot declare") {
		t.Errorf("a stranger was answered %q", got)
	}
	h.declare()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	if got := h.slash("U0ALIEN", "shared", "ack PAGE-1"); !strings.Contains(got, "Guests cannot answer") {
		t.Errorf("a stranger was answered %q", got)
	}
	h.drained()
}

// TestHostileTitles declares with text that wants to ring everybody: the channel,
// the card and the announcement raise no mention.
func TestHostileTitles(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	for _, title := range []string{"&lt;!channel&gt; &lt;@U0DEV2&gt; &lt;!here&gt;", "🔥🔥 \u202Eevil\u202C שלום", strings.Repeat("e\u0301vil ", 700)} {
		if got := h.slash("U0DEV1", "general", "declare "+title); !strings.Contains(got, "INC-") {
			t.Errorf("%.40q was answered %q", title, got)
		}
	}
	h.wait("three cards", func() bool {
		n := 0
		for _, ch := range h.sim.Channels() {
			if strings.HasPrefix(ch.Name, "inc-") {
				n += len(h.sim.Pins(ch.ID))
			}
		}
		return n == 3
	})
	h.drained()
	for _, ch := range h.sim.Channels() {
		for _, m := range h.sim.Messages(ch.ID) {
			if m.User == h.sim.BotUserID() && (strings.Contains(m.AllText(), "<!") && !strings.Contains(m.AllText(), "<!date") || strings.Contains(m.AllText(), "<@U0DEV2>")) {
				t.Errorf("a title raised a mention in #%s: %s", ch.Name, m.AllText())
			}
		}
	}
	i, err := h.bot.Desk().Events(h.ctx, "INC-3")
	if err != nil || !strings.Contains(i[1].Text, strings.Repeat("e\u0301vil ", 600)) {
		t.Errorf("the long title was not kept whole as a note (%v)", err)
	}
}

// TestTwoPress has two people press the same button: one takes the step, both see
// it.
func TestTwoPress(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	page := h.sim.DMs("U0SRE1")[0]
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := h.sim.As("U0SRE1").Click(h.ctx, page.Channel, page.TS, "v1.page.escalate")
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	h.drained()
	p, err := h.bot.Desk().PageOf(h.ctx, "PAGE-1")
	if err != nil || p.Turn != 2 {
		t.Errorf("the page is at turn %d (%v), want 2: one step", p.Turn, err)
	}
}

// TestClosingWhatIsNotResolvedIsAsked: it ends the pages too, so one more tap is needed.
// What is resolved is closed at once.
func TestClosingWhatIsNotResolvedIsAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	status := func() incident.Status {
		t.Helper()
		i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		return i.Status
	}
	if got := h.slash("U0DEV1", "general", "INC-1 close"); !strings.Contains(got, "INC-1 is not resolved. Close it?") || status() != incident.Open {
		t.Fatalf("it answered %q, and the incident is %s", got, status())
	}
	asked := h.sim.Ephemerals("U0DEV1")
	if _, err := h.sim.As("U0DEV1").Click(h.ctx, "general", asked[len(asked)-1].TS, "v1.again"); err != nil {
		t.Fatal(err)
	}
	h.wait("it to be closed", func() bool { return status() == incident.Closed })
	h.wait("the question to be gone", func() bool {
		return !slices.ContainsFunc(h.sim.Ephemerals("U0DEV1"), func(m slacksim.Message) bool { return strings.Contains(string(m.Blocks), "v1.again") })
	})
	h.drained()
	h.slash("U0DEV1", "general", "INC-1 reopen errors are back")
	h.slash("U0DEV1", "general", "INC-1 resolve")
	h.slash("U0DEV1", "general", "INC-1 close")
	if status() != incident.Closed {
		t.Errorf("a resolved incident is %s after close", status())
	}
	h.drained()
	var drafts []string
	for _, m := range h.sim.Messages(h.room().ID) {
		if text := m.AllText(); strings.Contains(text, "It says what happened") {
			drafts = append(drafts, text)
		}
	}
	if len(drafts) != 2 || strings.Contains(drafts[0], "the one before") || !strings.Contains(drafts[1], "the one before") {
		t.Errorf("the drafts are %q, want two, the second of which names the first", drafts)
	}
}

// TestTheFormComesLate submits a form after the incident was closed: it says so,
// with what was typed.
func TestTheFormComesLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.room()
	h.slash("U0DEV1", "general", "INC-1 update")
	view, err := h.sim.As("U0DEV1").WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == "v1.update" })
	if err != nil {
		t.Fatal(err)
	}
	h.slash("U0SRE1", "general", "INC-1 resolve")
	h.slash("U0SRE1", "general", "INC-1 close")
	r, err := h.sim.As("U0DEV1").Submit(h.ctx, map[string]any{"text": "half an update"})
	if err != nil {
		t.Fatal(err)
	}
	if r.View == nil || !strings.Contains(string(r.View.Blocks), "half an update") || !strings.Contains(string(r.View.Blocks), "closed") {
		t.Errorf("form %s ended as %+v, want a view that says it is closed and keeps the text", view.CallbackID, r)
	}
	if events, err := h.bot.Desk().Events(h.ctx, "INC-1"); err != nil || happened(events, incident.Updated) {
		t.Errorf("the late form was recorded (%v)", err)
	}
}

// TestDeclareByForm fills the form of an empty /inc.
func TestDeclareByForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.slash("U0DEV1", "general", "")
	if _, err := h.sim.As("U0DEV1").WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == "v1.declare" }); err != nil {
		t.Fatal(err)
	}
	if r, err := h.sim.As("U0DEV1").Submit(h.ctx, map[string]any{"title": ""}); err != nil || len(r.Errors) == 0 {
		t.Errorf("an empty title gave %+v, %v, want an error under the field", r, err)
	}
	if _, err := h.sim.As("U0DEV1").Submit(h.ctx, map[string]any{"title": "checkout returns 503", "severity": "1", "service": "checkout"}); err != nil {
		t.Fatal(err)
	}
	h.room()
	i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
	if err != nil || i.Severity != 1 || i.Service != "checkout" {
		t.Errorf("declared %+v, %v", i, err)
	}
}

// TestTheTriggerExpires opens no form in time: the person is told what to type.
func TestTheTriggerExpires(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.sim.Inject(slacksim.Fault{Method: "views.open", Kind: slacksim.ErrorCode, Code: "expired_trigger_id", Times: 1})
	if got := h.slash("U0DEV1", "general", ""); !strings.Contains(got, "declare") {
		t.Errorf("answered %q, want what to type instead", got)
	}
	h.declare()
	h.sim.Inject(slacksim.Fault{Method: "views.open", Kind: slacksim.ErrorCode, Code: "expired_trigger_id", Times: 1})
	if got := h.slash("U0DEV1", "general", "INC-1 note"); !strings.Contains(got, "/inc INC-1 note &lt;text&gt;") {
		t.Errorf("answered %q, want what to type instead of the form for a note", got)
	}
	h.drained()
}

// TestTypedTwice shows what exists when somebody repeats a declaration, and does
// it again when they insist.
func TestTypedTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	got := h.declare()
	if !strings.Contains(got, "INC-1") || !strings.Contains(got, "not done twice") {
		t.Errorf("the repetition was answered %q", got)
	}
	got = h.slash("U0DEV1", "general", "declare checkout returns 503 --sev 1 --service checkout")
	if !strings.Contains(got, "INC-1 is open as SEV2") || !strings.Contains(got, "/inc sev INC-1 1") {
		t.Errorf("the repetition with another severity was answered %q", got)
	}
	worse := h.sim.Ephemerals("U0DEV1")
	if _, err := h.sim.As("U0DEV1").Click(h.ctx, "general", worse[len(worse)-1].TS, "v1.choose"); err != nil {
		t.Fatal(err)
	}
	h.wait("the severity", func() bool { i, err := h.bot.Desk().Incident(h.ctx, "INC-1"); return err == nil && i.Severity == 1 })
	h.declare()
	if all, err := h.bot.Desk().Latest(h.ctx, 10); err != nil || len(all) != 1 {
		t.Errorf("%d incidents exist (%v), want one", len(all), err)
	}
	again := h.sim.Ephemerals("U0DEV1")
	if _, err := h.sim.As("U0DEV1").Click(h.ctx, "general", again[len(again)-1].TS, "v1.again"); err != nil {
		t.Fatal(err)
	}
	h.wait("a second incident", func() bool { _, err := h.bot.Desk().Incident(h.ctx, "INC-2"); return err == nil })
	h.drained()
}

// TestAPageIsAskedFor: what it is about is shown, and a page that is not there is said.
func TestAPageIsAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	for text, want := range map[string]string{
		"PAGE-1":          "no answer yet: PAGE-1",
		"show PAGE-1":     "no answer yet: PAGE-1",
		"PAGE-1 timeline": "PAGE-1 went to",
		"timeline PAGE-9": "There is no PAGE-9",
	} {
		if got := h.slash("U0DEV2", "general", text); !strings.Contains(got, want) {
			t.Errorf("/inc %s answered %q, want something with %q", text, got, want)
		}
	}
	if got := h.slash("U0SRE1", "general", "PAGE-1 ack"); !strings.Contains(got, "acknowledged PAGE-1") {
		t.Errorf("answered %q", got)
	}
	h.drained()
}

// TestMentionInThread commands from a thread, where slash commands do not exist.
func TestMentionInThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	h.wait("the reporter in the channel", func() bool {
		_, err := h.sim.As("U0DEV1").Type(room.ID, "looking")
		return err == nil
	})
	ts := h.sim.Messages(room.ID)
	thread := ts[len(ts)-1].TS
	if _, err := h.sim.As("U0DEV1").Type(room.ID, "<@"+h.sim.BotUserID()+"> note it began at noon", thread); err != nil {
		t.Fatal(err)
	}
	h.wait("the note", func() bool {
		events, err := h.bot.Desk().Events(h.ctx, "INC-1")
		return err == nil && happened(events, incident.Noted)
	})
	if _, err := h.sim.As("U0DEV1").Type(room.ID, "<@"+h.sim.BotUserID()+"> note -15m", thread); err != nil {
		t.Fatal(err)
	}
	var offer slacksim.Message
	h.wait("a button for the form", func() bool {
		for _, m := range h.sim.Ephemerals("U0DEV1") {
			if m.ThreadTS == thread && strings.Contains(m.AllText(), "needs a form") {
				offer = m
			}
		}
		return offer.TS != ""
	})
	if strings.Contains(offer.AllText(), "/inc") {
		t.Errorf("a command that does not exist in threads is offered: %s", offer.AllText())
	}
	if _, err := h.sim.As("U0DEV1").Click(h.ctx, room.ID, offer.TS, "v1.again"); err != nil {
		t.Fatal(err)
	}
	form, err := h.sim.As("U0DEV1").WaitView(h.ctx, nil)
	if err != nil || !strings.Contains(string(form.Blocks), `"initial_value":"`) {
		t.Errorf("the form has lost the time: %s, %v", form.Blocks, err)
	}
}

// TestDirectMessage answers a page by typing to Watchbill itself.
func TestDirectMessage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	h.wait("the page", func() bool { return len(h.sim.DMs("U0SRE1")) == 1 })
	page := h.sim.DMs("U0SRE1")[0]
	if _, err := h.sim.As("U0SRE1").Type(page.Channel, "ack"); err != nil {
		t.Fatal(err)
	}
	h.wait("the answer", func() bool {
		all := h.sim.DMs("U0SRE1")
		return len(all) == 3 && strings.Contains(all[2].AllText(), "PAGE-1")
	})
	p, err := h.bot.Desk().PageOf(h.ctx, "PAGE-1")
	if err != nil || p.AnsweredBy != "sre1" {
		t.Errorf("answered by %q (%v), want sre1", p.AnsweredBy, err)
	}
	h.drained()
}

// TestPins has two people pin one message: one entry, gone with the last of them;
// edits are followed.
func TestPins(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room()
	var ts string
	h.wait("the reporter in the channel", func() (ok bool) {
		var err error
		ts, err = h.sim.As("U0DEV1").Type(room.ID, "cache is <cold> & empty")
		return err == nil
	})
	lines := func() []incident.Line {
		t.Helper()
		events, err := h.bot.Desk().Events(h.ctx, "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		var out []incident.Line
		for _, l := range incident.Timeline(events, incident.PlainNames) {
			if l.Kind == incident.PinEntered {
				out = append(out, l)
			}
		}
		return out
	}
	for _, user := range []string{"U0DEV1", "U0SRE1"} {
		h.wait(user+" in the channel", func() bool { return h.sim.As(user).React(room.ID, ts, "pushpin") == nil })
	}
	h.wait("the text", func() bool { l := lines(); return len(l) == 1 && l[0].Quote == "cache is <cold> & empty" })
	h.say(room.ID, ts, "a reply changes what is shown of it, and nothing in it")
	h.drained()
	if l := lines(); len(l[0].Was) != 0 {
		t.Errorf("a reply was taken for an edit: %+v", l[0])
	}
	if err := h.sim.As("U0DEV1").Edit(room.ID, ts, "cache is warm"); err != nil {
		t.Fatal(err)
	}
	h.wait("the edit", func() bool { l := lines(); return len(l) == 1 && l[0].Quote == "cache is warm" && len(l[0].Was) == 1 })
	for _, user := range []string{"U0DEV1", "U0SRE1"} {
		if l := lines(); l[0].Withdrawn {
			t.Error("the entry is withdrawn although somebody holds it")
		}
		if err := h.sim.As(user).Unreact(room.ID, ts, "pushpin"); err != nil {
			t.Fatal(err)
		}
		h.drained()
	}
	h.wait("the withdrawal", func() bool { return lines()[0].Withdrawn })
	h.drained()
}

// TestQueriesOfNothing answers what does not exist as a refusal, not as a failure.
func TestQueriesOfNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	for name, err := range map[string]error{
		"incident": func() error { _, err := h.bot.Desk().Incident(h.ctx, "INC-7"); return err }(),
		"page":     func() error { _, err := h.bot.Desk().PageOf(h.ctx, "PAGE-7"); return err }(),
		"schedule": func() error { _, err := h.bot.Desk().OnCall("nosuch", h.now()); return err }(),
		"draft":    func() error { _, err := h.bot.Desk().Draft(h.ctx, "INC-7", "test"); return err }(),
	} {
		if _, _, ok := desk.Refusal(err); !ok {
			t.Errorf("%s: %v is no refusal", name, err)
		}
	}
}

// TestAFormThatIsOlderThanAReopeningResolvesNothing: whoever wrote it did not know that it is
// back.
func TestAFormThatIsOlderThanAReopeningResolvesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, testConfig)
	h.declare()
	room := h.room().ID
	status := func() incident.Status {
		t.Helper()
		i, err := h.bot.Desk().Incident(h.ctx, "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		return i.Status
	}
	open := func() {
		t.Helper()
		var card slacksim.Message
		h.wait("the button", func() bool {
			card, _ = h.sim.Message(room, h.sim.Pins(room)[0].TS)
			return strings.Contains(string(card.Blocks), "v1.inc.resolve")
		})
		if _, err := h.sim.As("U0DEV2").Click(h.ctx, room, card.TS, "v1.inc.resolve"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.sim.As("U0DEV2").WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == "v1.resolve" }); err != nil {
			t.Fatal(err)
		}
	}
	submit := func() string {
		t.Helper()
		r, err := h.sim.As("U0DEV2").Submit(h.ctx, map[string]any{"text": "rolled back"})
		if err != nil {
			t.Fatal(err)
		}
		if r.View == nil {
			return ""
		}
		return string(r.View.Blocks)
	}
	open()
	h.slash("U0DEV1", "general", "INC-1 resolve")
	h.slash("U0DEV1", "general", "INC-1 reopen errors are back")
	if got := submit(); status() != incident.Open || !strings.Contains(got, "opened again while you were writing") || !strings.Contains(got, "rolled back") {
		t.Errorf("the incident is %s, and the form shows %s", status(), got)
	}
	open()
	if got := submit(); status() != incident.Resolved {
		t.Errorf("a form of now leaves it %s: %s", status(), got)
	}
}
