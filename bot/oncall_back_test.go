package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// aside waits for a message that only one person sees.
func (h *house) aside(user, part string) string {
	h.t.Helper()
	var found string
	h.wait("an answer to "+user+" with "+part, func() bool {
		for _, m := range h.sim.Ephemerals(user) {
			if text := m.Text + string(m.Blocks); strings.Contains(text, part) {
				found = text
				return true
			}
		}
		return false
	})
	return found
}

// TestCoverNamesTheFairestTaker in the answer, and for each shift in the form.
func TestCoverNamesTheFairestTaker(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, next, third := h.rota()
	day := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3)
	// Who had nothing to carry but is away is not fair to ask.
	h.oncall(slackID(next), "off "+day.Format(time.DateOnly))
	got := h.oncall(slackID(me), "cover me "+day.Format(time.DateOnly)+" 10:00 to 14:00")
	if !strings.Contains(got, "Fairest to take it: *"+third+"*, free then, and carries least") {
		t.Errorf("cover me answered %q, want %s as the fairest", got, third)
	}
	h.oncall(slackID(next), "cover")
	view, err := h.sim.As(slackID(next)).WaitView(h.ctx, nil)
	h.ok(err)
	if body, _ := json.Marshal(view); !strings.Contains(string(body), "Fairest to take it: ") {
		t.Errorf("the form names nobody: %s", body)
	}
	h.oncall("U0LEAD1", "override")
	view, err = h.sim.As("U0LEAD1").WaitView(h.ctx, nil)
	h.ok(err)
	if body, _ := json.Marshal(view); !strings.Contains(string(body), "Fairest to take it: *") {
		t.Errorf("the form of an override names nobody: %s", body)
	}
}

// TestTimeOffIsTakenBackInSlack by the button, by a word, and on the Home tab; and it
// is noted for whom it was meant.
func TestTimeOffIsTakenBackInSlack(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, other, _ := h.rota()
	day := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3)
	away := func() (out []string) {
		r, err := h.bot.Desk().Schedule(h.ctx, "checkout")
		h.ok(err)
		for _, s := range r.Standing(h.now()) {
			if s.Kind == oncall.TimeOffChange {
				out = append(out, s.ID+" "+s.Person)
			}
		}
		return out
	}
	want := func(list ...string) {
		t.Helper()
		if got := away(); strings.Join(got, ",") != strings.Join(list, ",") {
			t.Errorf("away: %v, want %v", got, list)
		}
	}
	if got := h.oncall(slackID(me), "off "+day.Format(time.DateOnly)); !strings.Contains(got, "It meets:") || !strings.Contains(got, "cover me") {
		t.Errorf("off answered %q, want the shift that it meets", got)
	}
	want("T1 " + me)
	if got := h.oncall(slackID(me), "back"); !strings.Contains(got, "no longer noted as away") {
		t.Errorf("back answered %q", got)
	}
	want()
	if got := h.oncall(slackID(me), "back"); !strings.Contains(got, "No time off of yours") {
		t.Errorf("back with nothing to take back answered %q", got)
	}
	h.oncall(slackID(me), "off "+day.Format(time.DateOnly))
	h.oncall(slackID(me), "off "+day.AddDate(0, 0, 3).Format(time.DateOnly))
	want("T2 "+me, "T3 "+me)
	if got := h.oncall(slackID(me), "back"); !strings.Contains(got, "T2") || !strings.Contains(got, "T3") {
		t.Errorf("back with two answered %q, want both", got)
	}
	if got := h.oncall(slackID(other), "undo T2"); !strings.Contains(got, "Only "+me+" or an admin") {
		t.Errorf("undo by somebody else answered %q", got)
	}
	person := h.sim.As(slackID(me))
	h.ok(person.OpenHome())
	h.wait("the Home tab", func() bool {
		v, ok := h.sim.Home(slackID(me))
		return ok && strings.Contains(string(v.Blocks), "T2|checkout")
	})
	if _, err := person.ClickHome(h.ctx, "v1.oncall.undo", "T2|checkout"); err != nil {
		t.Fatal(err)
	}
	h.wait("the Home tab to follow", func() bool {
		v, _ := h.sim.Home(slackID(me))
		return !strings.Contains(string(v.Blocks), "T2|checkout")
	})
	want("T3 " + me)
	if got := h.oncall("U0LEAD1", "off <@"+slackID(other)+"> "+day.Format(time.DateOnly)); !strings.Contains(got, other+" is noted as away") {
		t.Errorf("off for another answered %q", got)
	}
	want("T4 "+other, "T3 "+me)
	if got := h.oncall(slackID(me), "off <@"+slackID(other)+"> "+day.Format(time.DateOnly)); !strings.Contains(got, "Only "+other+" or an admin") {
		t.Errorf("off for another without a right to answered %q", got)
	}
	if got := h.oncall(slackID(me), "changes"); !strings.Contains(got, "T3") || !strings.Contains(got, "T4") {
		t.Errorf("changes answered %q", got)
	}
}

// TestAnOverrideIsTakenBackByItsButton in the answer to the one who made it.
func TestAnOverrideIsTakenBackByItsButton(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, other, _ := h.rota()
	at := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3).Add(9 * time.Hour)
	r, err := h.sim.As(slackID(me)).Slash(h.ctx, "general", "/oncall", "override <@"+slackID(other)+"> for me "+at.Format("2006-01-02T15:04Z07:00")+" for 1h")
	h.ok(err)
	if h.who(at) != other || !strings.Contains(string(r.Message.Blocks), "O1|checkout") {
		t.Fatalf("the override answered %s", r.Message.Blocks)
	}
	if _, err := h.sim.As(slackID(me)).Click(h.ctx, r.Message.Channel, r.Message.TS, "v1.oncall.undo"); err != nil {
		t.Fatal(err)
	}
	h.wait("the rotation to hold", func() bool { return h.who(at) == me })
	if got := h.oncall(slackID(me), "undo O1"); !strings.Contains(got, "already over") {
		t.Errorf("undo again answered %q", got)
	}
}

// TestAScheduleIsRemovedInSlack by an admin who is asked, when nothing needs it.
func TestAScheduleIsRemovedInSlack(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	if got := h.oncall("U0DEV1", "remove checkout"); !strings.Contains(got, "Only admins can remove") {
		t.Errorf("remove by anybody answered %q", got)
	}
	if got := h.oncall("U0LEAD1", "remove checkout"); !strings.Contains(got, "service checkout uses it (test.yaml:10)") {
		t.Errorf("remove of one in use answered %q", got)
	}
	me, next, _ := h.rota()
	h.halt()
	h.start(parsed(t, rotaConfig[:strings.Index(rotaConfig, "services:")])) // the configuration has neither the service nor the schedule any more
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	r, err := h.sim.As("U0LEAD1").Slash(h.ctx, "general", "/oncall", "remove checkout")
	h.ok(err)
	if !strings.Contains(r.Text(), "On call now: "+me) || h.bot.Desk().SchedulePlan("checkout") == nil {
		t.Fatalf("remove answered %q, want a question", r.Text())
	}
	if _, err := h.sim.As("U0LEAD1").Click(h.ctx, r.Message.Channel, r.Message.TS, "v1.oncall.remove"); err != nil {
		t.Fatal(err)
	}
	h.dm(next, "removed the schedule *checkout*")
	h.wait("the channel to be told", func() bool { return h.told("removed the schedule") == 1 })
	if got := h.oncall("U0DEV1", ""); !strings.Contains(got, "There is no schedule yet") {
		t.Errorf("after the removal /oncall answers %q", got)
	}
}

// TestMentionsUnderstandWhatOncallDoes: slash commands do not exist in threads.
func TestMentionsUnderstandWhatOncallDoes(t *testing.T) {
	t.Parallel()
	h := rotaHouse(t)
	me, _, _ := h.rota()
	user := slackID(me)
	bot := "<@" + h.sim.BotUserID() + "> "
	person := h.sim.As(user)
	h.ok(person.Invite("general", h.sim.BotUserID()))
	first, err := person.Type("general", "who can stand on Thursday?")
	h.ok(err)
	ask := func(text, part string) {
		t.Helper()
		if _, err := person.Type("general", bot+text, first); err != nil {
			t.Fatal(err)
		}
		h.aside(user, part)
	}
	day := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3).Format(time.DateOnly)
	ask("oncall", "On call now")
	ask("oncall "+day+" 10:00", "On call <!date^")
	ask("oncall me", "Your time on call")
	ask("oncall @nobody", "I know nobody")
	ask("oncall take", "for example `/oncall take R3`")
	ask("oncall nights", "`/oncall help` what else")
	ask("oncall help", "takes one back")
	ask("oncall cover me "+day+" 10:00 to 12:00", "I ask the others")
	ask("withdraw R1", "withdrew it")
	ask("off "+day, "noted as away")
	ask("undo T2", "no longer noted")
	ask("gaps", "Gaps in the next 60 days")
	ask("schedule checkout", "*checkout*, from ")
	h.wait("the picture in the thread", func() bool {
		calls := h.sim.Calls("files.completeUploadExternal")
		return len(calls) == 1 && calls[0].Args["thread_ts"] == first
	})
	ask("override", "Open the form")
	ask("back to normal now", "Declare") // no command, though it begins like one
	ask("schedule a call with the vendor", "schedule a call with the vendor")
	for _, m := range h.sim.Ephemerals(user) {
		if strings.Contains(m.Text+string(m.Blocks), "Open the form") {
			if m.ThreadTS != first {
				t.Errorf("the answer stands in thread %q, want %q", m.ThreadTS, first)
			}
			if _, err := person.Click(h.ctx, m.Channel, m.TS, "v1.oncall.ask"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := person.WaitView(h.ctx, nil); err != nil {
		t.Error(err)
	}
}

// TestASchedulesLongNameIsChosen in a form whose menus have no room for it.
func TestASchedulesLongNameIsChosen(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("checkout and payments ", 4)[:78] + "ü!"
	h := newHouse(t, strings.Replace(strings.Replace(rotaConfig, "name: checkout\n    time_zone", "name: "+name+"\n    time_zone", 1), "schedule: checkout", "schedule: "+name, 1))
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	at := h.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	me := oncall.People(h.bot.Desk().SchedulePlan(name).OnCall(at))[0]
	h.oncall(slackID(me), "cover")
	if _, err := h.sim.As(slackID(me)).WaitView(h.ctx, nil); err != nil {
		t.Fatal(err)
	}
	view := h.sim.As(slackID(me)).Views()[0]
	var form struct {
		Blocks []struct {
			Element struct {
				Options []struct{ Value string } `json:"options"`
			} `json:"element"`
		} `json:"blocks"`
	}
	body, err := json.Marshal(view)
	h.ok(err)
	h.ok(json.Unmarshal(body, &form))
	r, err := h.sim.As(slackID(me)).Submit(h.ctx, map[string]any{"shift": form.Blocks[0].Element.Options[0].Value})
	if err != nil || r.Trouble != "" || len(r.Errors) > 0 || r.View != nil {
		t.Fatalf("submit: %+v, %v", r, err)
	}
	h.wait("the request", func() bool {
		rec, err := h.bot.Desk().Schedule(h.ctx, name)
		return err == nil && len(rec.Requests) == 1
	})
}

// A schedule that does not exist is named, not taken for one without shifts; a request
// that does not exist is not looked for in each schedule.
func TestOncallNamesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, rotaConfig+`
  - name: nights
    time_zone: UTC
    layers: [{name: all, rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1, dev2]}}]
`)
	h.wait("the directory", func() bool { return h.bot.People().Learned() })
	for text, want := range map[string]string{
		"swap <@U0DEV2> days": `There is no schedule "days".`,
		"cover me days":       `There is no schedule "days".`,
		"take R9":             "There is no R9 that you could answer or take back. `/oncall changes` lists",
		"undo O9":             "There is no O9 that you could answer or take back.",
		"undo O9 checkout":    "O9",
	} {
		if got := h.oncall("U0DEV1", text); !strings.Contains(got, want) {
			t.Errorf("%q answers %q, want %q", text, got, want)
		}
	}
}
