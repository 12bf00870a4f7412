package incident

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheTimelineIsInTheOrderThingsHappened(t *testing.T) {
	x := declared(t)
	x.at(10 * time.Minute).do(Note{By: who("dev1"), Text: "second", At: noon.Add(5 * time.Minute)})
	x.do(Note{By: who("dev1"), Text: "before it all", At: noon.Add(-time.Hour)})
	x.do(Note{By: who("dev1"), Text: "third", At: noon.Add(5 * time.Minute)})
	x.do(Note{By: who("dev1"), Text: "now"})
	var got []string
	for _, l := range Timeline(x.events, PlainNames) {
		got = append(got, l.Quote)
	}
	if want := []string{"before it all", "", "second", "third", "now"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLateEntries(t *testing.T) {
	for d, want := range map[time.Duration]bool{0: false, time.Minute: false, time.Minute + time.Microsecond: true, -time.Hour: false} {
		if got := (Line{At: noon, Recorded: noon.Add(d)}).Late(); got != want {
			t.Errorf("%v later is late: %v, want %v", d, got, want)
		}
	}
}

func TestAmendmentsStandOnTheirEntry(t *testing.T) {
	x := declared(t)
	x.do(pin("dev1", "pin", "11.000001"))
	if l := Timeline(x.events, PlainNames)[0]; l.Kind != PinEntered || l.Quote != "" || !strings.Contains(l.Text, "being fetched") {
		t.Errorf("before the text is known: %+v", l)
	}
	x.do(FillPin{Channel: "C1", TS: message, Author: "dev2", Text: "one", Link: "https://example.com/1"})
	x.do(EditPin{Channel: "C1", TS: message, Text: "two"})
	x.do(EditPin{Channel: "C1", TS: message, Text: "three"})
	l := Timeline(x.events, PlainNames)[0]
	if l.Quote != "three" || !slices.Equal(l.Was, []string{"one", "two"}) || l.Text != "message by dev2" || l.Link != "https://example.com/1" || l.Withdrawn {
		t.Errorf("got %+v", l)
	}
	x.do(EditPin{Channel: "C1", TS: message, Deleted: true})
	x.do(unpin("dev1", "pin", "12.000001"))
	l = Timeline(x.events, PlainNames)[0]
	if l.Quote != "" || !slices.Equal(l.Was, []string{"one", "two", "three"}) || l.Text != "message by dev2 (deleted in Slack later)" || l.Link != "" || !l.Withdrawn {
		t.Errorf("got %+v", l)
	}
	if got := len(Timeline(x.events, PlainNames)); got != 2 {
		t.Errorf("%d lines, want 2", got)
	}
}

func TestAPinWhoseTextCannotBeHad(t *testing.T) {
	x := declared(t)
	x.do(pin("dev1", "pin", "11.000001"))
	x.do(EditPin{Channel: "C1", TS: message, Text: "edited before it was fetched"})
	x.do(FillPin{Channel: "C1", TS: message, Gone: "Slack says not_in_channel"})
	if l := Timeline(x.events, PlainNames)[0]; !strings.Contains(l.Text, "not_in_channel") || l.Quote != "" || len(l.Was) != 0 {
		t.Errorf("got %+v", l)
	}
}

func TestAMessageWithoutAnAuthorIsNotWatchbills(t *testing.T) {
	x := declared(t)
	x.do(pin("dev1", "pin", "11.000001"))
	x.do(FillPin{Channel: "C1", TS: message, Text: "CPU 98 %"})
	if got, want := Timeline(x.events, PlainNames)[0].Text, "a pinned message"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnAmendmentOfNothingIsLeftOut(t *testing.T) {
	lines := Timeline([]Event{{Seq: 1, Kind: PinEdited, Entry: 9, Text: "x"}, {Seq: 2, Kind: PinWithdrawn, Entry: 9}, {Seq: 3, Kind: PinText}}, PlainNames)
	if len(lines) != 0 {
		t.Errorf("got %+v", lines)
	}
}

func TestSentences(t *testing.T) {
	dev, cli := who("dev1"), Actor{Person: "dev1", Via: "cli"}
	ci, token := Actor{Person: "token:ci", Via: ViaAPI("ci")}, Actor{Person: "dev1", Via: ViaAPI("ci")}
	for _, c := range []struct {
		e    Event
		want string
	}{
		{Event{Kind: Declared, By: dev, Severity: 2, Title: "it is down"}, "DEV1 declared SEV2: it is down"},
		{Event{Kind: Declared, By: cli, Severity: 2, Title: "it is down", Service: "checkout"}, "DEV1 (by CLI) declared SEV2: it is down (service checkout)"},
		{Event{Kind: Declared, By: ci, Severity: 2, Title: "it is down"}, "TOKEN:CI declared SEV2: it is down"},
		{Event{Kind: Updated, By: token, Text: "secret"}, "DEV1 (by API token ci) posted an update"},
		{Event{Kind: LeadSet, By: cli, Person: "dev1", Answered: true}, "DEV1 (by CLI) took command"},
		{Event{Kind: PageAcknowledged, By: cli, Page: "PAGE-1", Person: "dev1"}, "DEV1 (by CLI) acknowledged PAGE-1"},
		{Event{Kind: PageDeclined, By: token, Page: "PAGE-1", Person: "dev1"}, "DEV1 (by API token ci) cannot take PAGE-1"},
		{Event{Kind: LeadSet, By: dev, Person: "dev1", Answered: true}, "DEV1 took command"},
		{Event{Kind: LeadSet, By: dev, Person: "dev1", Was: "dev1", Answered: true}, "DEV1 took command"},
		{Event{Kind: LeadSet, By: dev, Person: "dev1", Was: "sre1", Answered: true}, "DEV1 took command from SRE1"},
		{Event{Kind: LeadSet, By: dev, Person: "sre1"}, "DEV1 named SRE1 incident commander"},
		{Event{Kind: LeadSet, By: dev, Person: "sre1", Answered: true}, "SRE1 is incident commander, named by DEV1"},
		{Event{Kind: LeadSet, Person: "dev1", Answered: true}, "DEV1 is incident commander"},
		{Event{Kind: LeadSet, Person: "sre1"}, "SRE1 is on call and was named incident commander"},
		{Event{Kind: SeveritySet, By: dev, Severity: 1, Was: "SEV2"}, "DEV1 changed the severity from SEV2 to SEV1"},
		{Event{Kind: Updated, By: dev, Text: "secret"}, "DEV1 posted an update"},
		{Event{Kind: Noted, By: dev, Text: "secret"}, "DEV1 noted"},
		{Event{Kind: WasResolved, By: dev, Text: "secret"}, "DEV1 resolved the incident"},
		{Event{Kind: WasReopened, By: dev, Text: "secret"}, "DEV1 reopened the incident"},
		{Event{Kind: WasClosed, By: dev}, "DEV1 closed the incident"},
		{Event{Kind: Paged, Page: "PAGE-1", Whom: []string{"sre1"}}, "PAGE-1 went to SRE1"},
		{Event{Kind: Paged, By: dev, Page: "PAGE-1", Whom: []string{"sre1", "sre2", "channel:ops"}}, "PAGE-1 went to SRE1, SRE2 and CHANNEL:OPS, asked for by DEV1"},
		{Event{Kind: Paged, Page: "PAGE-1"}, "PAGE-1 went to nobody"},
		{Event{Kind: Unpaged, Text: "no policy"}, "Nobody was paged: no policy"},
		{Event{Kind: PagePaused, Page: "PAGE-1", Person: "sre1"}, "SRE1 has notifications paused in Slack; PAGE-1 goes on at once"},
		{Event{Kind: PageFailed, Page: "PAGE-1", Person: "sre1", Method: "sms", Text: "no such number"}, "PAGE-1 could not reach SRE1 by sms: no such number"},
		{Event{Kind: PageFailed, Page: "PAGE-1", Person: "sre1", Text: "deactivated"}, "PAGE-1 could not reach SRE1: deactivated"},
		{Event{Kind: PageDeclined, Page: "PAGE-1", Person: "sre1"}, "SRE1 cannot take PAGE-1"},
		{Event{Kind: PageEscalated, By: dev, Page: "PAGE-1"}, "DEV1 escalated PAGE-1"},
		{Event{Kind: PageAcknowledged, Page: "PAGE-1", Person: "sre1"}, "SRE1 acknowledged PAGE-1"},
		{Event{Kind: PageAcknowledged, Page: "PAGE-1", Person: "sre1", Answered: true}, "SRE1 acknowledged PAGE-1 and takes command"},
		{Event{Kind: PageSpent, Page: "PAGE-1"}, "Nobody answers PAGE-1, and nobody else is left to ask: it comes again and again until somebody does"},
		{Event{Kind: PageSkipped, Page: "PAGE-1", Text: "nobody is on call"}, "A step of PAGE-1 was skipped: nobody is on call"},
		{Event{Kind: PageAnsweredAgain, Page: "PAGE-1", Person: "sre1"}, "SRE1 acknowledged PAGE-1 too"},
		{Event{Kind: Paged, Page: "PAGE-1", Whom: []string{"lead1"}, Floor: true}, "PAGE-1 went to LEAD1, because nobody else is left to ask"},
		{Event{Kind: PageHandedOver, By: dev, Page: "PAGE-1", Person: "sre1"}, "DEV1 handed PAGE-1 over to SRE1"},
		{Event{Kind: PageSnoozed, By: dev, Page: "PAGE-1", Until: noon}, "DEV1 snoozed PAGE-1 until 2026-03-04 12:00 UTC"},
		{Event{Kind: PageResumed, By: dev, Page: "PAGE-1", Snoozed: true}, "PAGE-1 comes again: DEV1 had snoozed it until now"},
		{Event{Kind: PageResumed, By: dev, Page: "PAGE-1"}, "PAGE-1 comes again: DEV1 acknowledged it, and it did not end in time"},
		{Event{Kind: PageResumed, Page: "PAGE-1", By: Actor{Person: "dev1"}, Text: "it became worse"}, "PAGE-1 comes again: it became worse"},
		{Event{Kind: PageNobody, Page: "PAGE-1"}, "PAGE-1 reaches nobody: neither its escalation policy nor the last resort leads to anybody"},
		{Event{Kind: PageEnded, Page: "PAGE-1"}, "PAGE-1 ended"},
		{Event{Kind: RoomLost, Text: "archived"}, "The incident goes on in the announcement's thread: archived"},
		{Event{Kind: RoomBack, Channel: "C1", Name: "inc-1"}, "The incident is back in its channel"},
		{Event{Kind: AlertFired, Alert: "ALERT-7", Title: "disk full"}, "ALERT-7 fires: disk full"},
		{Event{Kind: AlertOver, Alert: "ALERT-7", Title: "disk full"}, "ALERT-7 is resolved: disk full"},
		{Event{Kind: DeliveryFailed, Text: "the card"}, "Watchbill could not deliver the card"},
		{Event{Kind: WasDown, At: noon, Until: noon.Add(7 * time.Minute)}, "Watchbill was not running for 7m, until 12:07 UTC: what people typed to it in that time was not recorded"},
		{Event{Kind: WasCutOff, At: noon, Until: noon.Add(26 * time.Hour)}, "Watchbill heard nothing from Slack for 26h, until " + noon.Add(26*time.Hour).Format("2006-01-02") + " 14:00 UTC"},
		{Event{Kind: WasCutOff, At: noon, Until: noon.Add(7 * time.Minute)}, "Watchbill heard nothing from Slack for 7m, until 12:07 UTC"},
		{Event{Kind: "impact_began", By: dev}, "impact began (DEV1)"},
	} {
		if got := Sentence(c.e, strings.ToUpper); got != c.want {
			t.Errorf("%s: %q, want %q", c.e.Kind, got, c.want)
		}
	}
}

func TestEveryKindHasALineOrIsKnownToHaveNone(t *testing.T) {
	silent := []Kind{PinText, PinEdited, PinDeleted, PinWithdrawn, PinMarked, RoomOpened, RoomLeft, Invited, DraftPosted}
	for _, e := range everyKind() {
		lines := Timeline([]Event{e}, PlainNames)
		if got, want := len(lines), 1; slices.Contains(silent, e.Kind) == (got == want) {
			t.Errorf("%s has %d lines", e.Kind, got)
		}
		for _, l := range lines {
			quoted := slices.Contains([]Kind{Updated, Noted, WasResolved, WasReopened, SeveritySet}, e.Kind)
			if (l.Quote == e.Text) != quoted && e.Text != "" || l.Seq != e.Seq || !l.At.Equal(e.At) || !l.Recorded.Equal(e.Recorded) || l.By != e.By {
				t.Errorf("%s: got %+v", e.Kind, l)
			}
		}
	}
}

func TestPlainNames(t *testing.T) {
	for in, want := range map[string]string{"": "Watchbill", "dev1": "dev1", "channel:ops": "ops", "token:ci": "API token ci"} {
		if got := PlainNames(in); got != want {
			t.Errorf("PlainNames(%q) = %q, want %q", in, got, want)
		}
	}
}
