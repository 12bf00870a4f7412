package bot_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
)

// slash runs a command and returns the text that its person saw.
func (b *bubble) slash(user, channel, text string) string {
	b.t.Helper()
	r, err := b.sim.As(user).Slash(b.t.Context(), channel, "/inc", text)
	if err != nil || r.Error != "" {
		b.t.Fatalf("/inc %s: %v %s", text, err, r.Error)
	}
	return r.Text()
}

// press presses a button of the newest message that only its reader sees.
func (b *bubble) press(user, channel, action string) string {
	b.t.Helper()
	seen := b.sim.Ephemerals(user)
	if _, err := b.sim.As(user).Click(b.t.Context(), channel, seen[len(seen)-1].TS, action); err != nil {
		b.t.Fatal(err)
	}
	b.pass(time.Second)
	seen = b.sim.Ephemerals(user)
	return seen[len(seen)-1].AllText()
}

// last is the newest event of a kind on an incident's timeline.
func (b *bubble) last(id string, kind incident.Kind) incident.Event {
	b.t.Helper()
	events, err := b.bot.Desk().Events(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range slices.Backward(events) {
		if e.Kind == kind {
			return e
		}
	}
	b.t.Fatalf("nothing of the kind %s happened on %s", kind, id)
	return incident.Event{}
}

// TestANoteCountsFromWhenItWasTyped, however late the question is answered that stands
// between: which incident is meant, or which word.
func TestANoteCountsFromWhenItWasTyped(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.declare("search is down")
		b.pass(time.Minute)
		for _, tt := range []struct {
			text, button string
			ago          time.Duration
		}{
			{"note -15m deploy 4711 went out", "v1.choose#1", 15 * time.Minute},
			{"note the shop is empty", "v1.choose#1", 0},
			{"INC-1 noet -20m deploy 4712 went out", "v1.choose#meant", 20 * time.Minute},
		} {
			typed := time.Now()
			if got := b.slash("U0DEV1", "general", tt.text); !strings.Contains(got, "?") {
				t.Fatalf("/inc %s answered %q", tt.text, got)
			}
			b.pass(10 * time.Minute)
			b.press("U0DEV1", "general", tt.button)
			e := b.last("INC-1", incident.Noted)
			if off := e.At.Sub(typed.Add(-tt.ago)).Abs(); off > time.Second || !strings.HasSuffix(tt.text, e.Text) {
				t.Errorf("/inc %s, answered after 10 minutes: %q stands at %v, %v from where it should", tt.text, e.Text, e.At, off)
			}
		}
	})
}

// TestAReasonIsOnTheTimeline: of a change of command, and what is said beside an answer to a
// page. What is kept nowhere comes back.
func TestAReasonIsOnTheTimeline(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(time.Minute)
		b.slash("U0DEV1", "general", "INC-1 lead <@U0SRE2> because sre1 is on a plane")
		if e := b.last("INC-1", incident.LeadSet); e.Person != "sre2" || e.Text != "sre1 is on a plane" {
			t.Errorf("it is recorded as %+v", e)
		}
		if got := b.slash("U0DEV1", "general", "INC-1 lead <@U0SRE2> because sre1 is on a plane"); !strings.Contains(got, "not done twice") {
			t.Errorf("retyped, it answers %q", got)
		}
		if got := b.slash("U0DEV1", "general", "INC-1 lead <@U0SRE2> and he knows the database"); !strings.Contains(got, "Noted: and he knows the database") {
			t.Errorf("a reason for what is so already answers %q", got)
		}
		if got := b.slash("U0SRE1", "general", "ack PAGE-1 at my desk in 5"); !strings.Contains(got, "acknowledged PAGE-1") || !strings.Contains(got, "at my desk in 5") {
			t.Errorf("an acknowledgement with words answers %q", got)
		}
		if e := b.last("INC-1", incident.Noted); e.By.Person != "sre1" || e.Text != "at my desk in 5" {
			t.Errorf("the words are recorded as %+v", e)
		}
		b.pass(time.Minute)
		if room := b.room(); !strings.Contains(room, "sre1 is on a plane") {
			t.Errorf("the channel was not told why:\n%s", room)
		}
		b.hear("disk")
		b.pass(time.Minute)
		if got := b.slash("U0SRE1", "general", "ack PAGE-2 it is only the backup"); !strings.Contains(got, "it is only the backup") || !strings.Contains(got, "not kept") {
			t.Errorf("words beside the answer to an alert's page are lost: %q", got)
		}
	})
}

// TestWhoIsSlowerIsToldWhoHasIt: two press the same button at once, and the second takes
// nothing from the first without knowing.
func TestWhoIsSlowerIsToldWhoHasIt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(time.Minute)
		i, err := b.bot.Desk().Incident(t.Context(), "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		page := b.sim.DMs("U0SRE1")[0]
		card := b.sim.Messages(i.Room.Channel)
		n := slices.IndexFunc(card, func(m slacksim.Message) bool { return strings.Contains(string(m.Blocks), "v1.inc.take") })
		for _, tt := range []struct {
			on           slacksim.Message
			button, want string
		}{
			{page, "v1.page.escalate", "Somebody was quicker: *PAGE-1* has gone on to the next in line already."},
			{card[n], "v1.inc.take", "*sre1* was quicker and leads *INC-1*."},
		} {
			end := b.sim.Inject(slacksim.Fault{Method: "chat.update", Kind: slacksim.Delay, Delay: 500 * time.Millisecond}) // both see the same
			quick, slow := "U0SRE1", "U0DEV1"
			if tt.on.TS == page.TS { // nobody else sees it
				slow = quick
			}
			for _, who := range []string{quick, slow} {
				if r, err := b.sim.As(who).Click(t.Context(), tt.on.Channel, tt.on.TS, tt.button); err != nil || r.Error != "" {
					t.Fatal(tt.button, err, r.Error)
				}
			}
			b.pass(time.Second)
			end()
			if seen := b.sim.Ephemerals(slow); len(seen) == 0 || !strings.Contains(seen[len(seen)-1].AllText(), tt.want) {
				t.Errorf("%s answers the slower one with %+v", tt.button, seen)
			}
		}
		if i, err = b.bot.Desk().Incident(t.Context(), "INC-1"); err != nil || i.Lead != "sre1" {
			t.Errorf("%s leads: %v", i.Lead, err)
		}
	})
}

// room is all that was posted in the channel of the first incident.
func (b *bubble) room() string {
	b.t.Helper()
	i, err := b.bot.Desk().Incident(b.t.Context(), "INC-1")
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, m := range b.sim.Messages(i.Room.Channel) {
		out = append(out, m.AllText())
	}
	return strings.Join(out, "\n")
}

// TestARenamedChannelIsStillItsIncident: a link to it names the incident, whatever it is
// called, and also where its name is that of another one.
func TestARenamedChannelIsStillItsIncident(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.declare("search is down")
		b.pass(time.Minute)
		first, _ := b.sim.Channel("inc-1-checkout-is-down")
		for _, name := range []string{"the-big-one", "inc-2-not-really", ""} {
			link := "<#" + first.ID + "|" + name + ">"
			if got := b.slash("U0DEV1", "general", "show "+link); !strings.Contains(got, "INC-1") {
				t.Errorf("/inc show %s answered %q", link, got)
			}
			b.slash("U0DEV1", "general", "update "+link+" looking at "+link+name)
			if e := b.last("INC-1", incident.Updated); e.Text != "looking at #"+first.ID+name && e.Text != "looking at #"+name+name {
				t.Errorf("the update says %q", e.Text)
			}
		}
		other := b.sim.AddChannel("ops", false, "U0DEV1")
		if got := b.slash("U0DEV1", "general", "show <#"+other.ID+"|ops>"); !strings.Contains(got, "Is it an incident?") {
			t.Errorf("a channel of no incident answered %q", got)
		}
	})
}

// TestOpenedAgainIsToldAsDeclared: whoever led it gets a page, the card waits for them, and
// whoever opened it sees who was paged and where to go.
func TestOpenedAgainIsToldAsDeclared(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(time.Minute)
		b.slash("U0SRE1", "general", "ack")
		b.slash("U0SRE1", "general", "INC-1 resolve rolled back")
		b.pass(time.Minute)
		before := len(b.sim.DMs("U0SRE1"))
		got := b.slash("U0DEV1", "general", "INC-1 reopen errors are back")
		for _, want := range []string{"*Reopened* by dev1: errors are back", "led it before and has to answer anew", "PAGE-2 went to sre1", "*Where:* <#C"} {
			if !strings.Contains(got, want) {
				t.Errorf("the answer lacks %q: %s", want, got)
			}
		}
		b.pass(time.Minute)
		dms := b.sim.DMs("U0SRE1")[before:]
		if len(dms) != 1 || !strings.Contains(dms[0].AllText(), "PAGE-2") || !strings.Contains(dms[0].AllText(), "open again") {
			t.Errorf("sre1 was sent %d messages: %+v", len(dms), dms)
		}
		if got := b.slash("U0SRE1", "general", "ack PAGE-1"); !strings.Contains(got, "open again and nobody has answered *PAGE-2*") {
			t.Errorf("an answer to the page of before was answered %q", got)
		}
		if room := b.room(); !strings.Contains(room, "no answer yet: PAGE-2") || strings.Contains(room, "Nobody is paged by that") {
			t.Errorf("the channel says\n%s", room)
		}
		if h := b.bot.Health(); !h.Ready {
			t.Errorf("the auditor says %v", h.Problems)
		}
	})
}

// TestADraftThatWaitedWhileItWasOpenedAgain is not posted: the next one is whole.
func TestADraftThatWaitedWhileItWasOpenedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(time.Minute)
		drafts := func() int { return strings.Count(b.room(), "Postmortem draft · INC-1") }
		b.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.InternalError})
		b.slash("U0SRE1", "general", "INC-1 resolve rolled back")
		b.slash("U0SRE1", "general", "INC-1 close")
		b.slash("U0DEV1", "general", "INC-1 reopen errors are back")
		b.pass(10 * time.Second)
		b.sim.ClearFaults()
		b.pass(3 * time.Minute)
		if n := drafts(); n != 0 {
			t.Errorf("%d drafts are posted of an incident that is open", n)
		}
		b.sim.Inject(slacksim.Fault{Method: "chat.postMessage", Kind: slacksim.InternalError})
		for _, c := range []string{"resolve", "close", "reopen not yet", "resolve rolled back again", "close"} {
			b.slash("U0SRE1", "general", "INC-1 "+c)
			b.pass(time.Second)
		}
		b.pass(10 * time.Second)
		b.sim.ClearFaults()
		b.pass(3 * time.Minute)
		if n := drafts(); n != 1 || !strings.Contains(b.room(), "rolled back again") {
			t.Errorf("%d drafts are posted, want that of the last close:\n%s", n, b.room())
		}
		if h := b.bot.Health(); !h.Ready {
			t.Errorf("the auditor says %v", h.Problems)
		}
	})
}

// TestTwoDeclareOneOutage: the second is told of the first, and nothing is refused.
func TestTwoDeclareOneOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if got := b.slash("U0DEV1", "general", "declare checkout returns 503 --sev 2"); strings.Contains(got, "same outage") {
			t.Errorf("the first was answered %q", got)
		}
		b.pass(3 * time.Minute)
		got := b.slash("U0SRE2", "general", "declare checkout is returning 503s --sev 1")
		for _, want := range []string{"*INC-2* is open as SEV1", "maybe the same outage", "*INC-1* SEV2 · checkout returns 503", "<#C", "`/inc close INC-2`"} {
			if !strings.Contains(got, want) {
				t.Errorf("the answer lacks %q: %s", want, got)
			}
		}
		b.slash("U0DEV1", "general", "INC-1 resolve")
		if got := b.slash("U0SRE1", "general", "declare payments are slow"); strings.Contains(got, "same outage") {
			t.Errorf("another outage was answered %q", got)
		}
	})
}

// TestALongListIsTurnedOverInPlace.
func TestALongListIsTurnedOverInPlace(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		for n := range 45 {
			b.declare("outage number " + strconv.Itoa(n+1))
		}
		b.pass(5 * time.Minute)
		if got := b.slash("U0DEV1", "general", "list"); !strings.Contains(got, "1 to 20 of 45") || !strings.Contains(got, "*INC-45*") {
			t.Errorf("the list begins with %q", got)
		}
		seen := len(b.sim.Ephemerals("U0DEV1"))
		if got := b.press("U0DEV1", "general", "v1.inc.list"); !strings.Contains(got, "21 to 40 of 45") || !strings.Contains(got, "Next 5") {
			t.Errorf("the next page is %q", got)
		}
		if got := b.press("U0DEV1", "general", "v1.inc.list"); !strings.Contains(got, "41 to 45 of 45") || !strings.Contains(got, "*INC-1*") {
			t.Errorf("the last page is %q", got)
		}
		if got := b.press("U0DEV1", "general", "v1.inc.list#first"); !strings.Contains(got, "1 to 20 of 45") {
			t.Errorf("from the first it is %q", got)
		}
		if n := len(b.sim.Ephemerals("U0DEV1")); n != seen {
			t.Errorf("%d messages instead of %d", n, seen)
		}
	})
}

// TestGuestsAreRefusedAtOnce: they are asked nothing that would be refused then, and what
// they typed comes back. They use up no numbers, and nobody names them to answer.
func TestGuestsAreRefusedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.AddUser(slacksim.User{ID: "U0GUEST", Name: "guest1", Guest: true})
		b.sim.AddUser(slacksim.User{ID: "U0SINGLE", Name: "guest2", SingleGuest: true})
		b.sim.AddUser(slacksim.User{ID: "U0ALIEN", Name: "alien", Stranger: true})
		b.sim.AddChannel("shared", false, "U0GUEST", "U0SINGLE", "U0ALIEN", "U0DEV1")
		b.declare("checkout is down")
		b.pass(time.Minute)
		for _, who := range []string{"U0GUEST", "U0SINGLE", "U0ALIEN"} {
			for _, text := range []string{"the site is down", "lsit", "", "declare the site is down", "resolve it works", "update it works", "INC-1 close", "close", "ack", "escalate", "snooze 30m", "INC-1 note", "INC-1 note it works", "INC-1 lead me", "page <@U0DEV1> INC-1"} {
				got := b.slash(who, "shared", text)
				if !strings.Contains(strings.ToLower(got), "guests cannot") || !strings.Contains(got, "> /inc") || strings.Contains(got, "Cancel") || strings.Contains(got, "Leave it") {
					t.Errorf("%s typed /inc %s and was answered %q", who, text, got)
				}
			}
			for text, want := range map[string]string{"list": "INC-1", "show INC-1": "checkout is down", "timeline": "PAGE-1 went to sre1", "help": "declare"} {
				if got := b.slash(who, "shared", text); !strings.Contains(got, want) {
					t.Errorf("%s typed /inc %s and was answered %q", who, text, got)
				}
			}
			for _, text := range []string{"INC-1 lead <@" + who + ">", "INC-1 page <@" + who + ">", "declare x --lead <@" + who + ">"} {
				if got := b.slash("U0DEV1", "shared", text); !strings.Contains(got, "is a guest here") {
					t.Errorf("dev1 typed /inc %s and was answered %q", text, got)
				}
			}
		}
		if got := b.slash("U0DEV1", "shared", "declare search is slow"); !strings.Contains(got, "*INC-2*") {
			t.Errorf("the next incident is %q", got)
		}
		if i, err := b.bot.Desk().Incident(t.Context(), "INC-1"); err != nil || i.Lead != "sre1" || len(i.Pages) != 1 || !i.Active() {
			t.Errorf("INC-1 is %+v (%v)", i, err)
		}
	})
}
