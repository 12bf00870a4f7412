package incident

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatEachEventOwes(t *testing.T) {
	i := declared(t).i
	want := map[Kind]string{
		Declared:          "slack.room slack.announce slack.card slack.topic slack.links",
		LeadSet:           "slack.card slack.announce slack.topic slack.post",
		SeveritySet:       "slack.card slack.announce slack.topic slack.post",
		Updated:           "slack.card slack.announce slack.post",
		Noted:             "",
		WasResolved:       "slack.card slack.announce slack.topic slack.post",
		WasReopened:       "slack.card slack.announce slack.topic slack.post",
		WasClosed:         "slack.card slack.announce slack.topic slack.draft",
		Paged:             "slack.card slack.announce",
		Unpaged:           "slack.card slack.announce slack.post",
		PagePaused:        "slack.card slack.announce",
		PageFailed:        "slack.card slack.announce slack.post",
		PageDeclined:      "slack.card slack.announce slack.post",
		PageEscalated:     "slack.card slack.announce slack.post",
		PageAcknowledged:  "slack.card slack.announce slack.post",
		PageSpent:         "slack.card slack.announce slack.post",
		PageHandedOver:    "slack.card slack.announce slack.post",
		PageSnoozed:       "slack.card slack.announce slack.post",
		PageResumed:       "slack.card slack.announce slack.post",
		PageNobody:        "slack.card slack.announce slack.post",
		PageSkipped:       "",
		PageAnsweredAgain: "",
		PageEnded:         "slack.card slack.announce",
		RoomOpened:        "slack.card slack.announce slack.topic slack.links",
		RoomBack:          "slack.card slack.announce slack.topic slack.links slack.post slack.missed",
		RoomLeft:          "slack.missed",
		RoomLost:          "slack.announce slack.card slack.post",
		Invited:           "slack.invite",
		PinMarked:         "",
		PinEntered:        "slack.fetch",
		PinWithdrawn:      "slack.mark",
		PinText:           "slack.mark",
		PinEdited:         "",
		PinDeleted:        "",
		DraftPosted:       "slack.card slack.announce slack.links",
		DeliveryFailed:    "slack.tell",
		AlertFired:        "slack.card slack.post",
		AlertOver:         "slack.card slack.post",
		WasDown:           "slack.post slack.missed",
		WasCutOff:         "slack.missed",
		"renamed_later":   "",
	}
	if got := len(want); got != len(everyKind())+1 {
		t.Errorf("%d kinds are in the table, want every one of %d and an unknown one", got, len(everyKind()))
	}
	for k, w := range want {
		e := Event{Seq: 17, Kind: k, By: Actor{Person: "dev1"}, Person: "sre1", Channel: "C1", TS: message}
		var kinds, targets []string
		for _, f := range Effects(i, e) {
			kinds = append(kinds, string(f.Kind))
			if slices.Contains(targets, f.Target) {
				t.Errorf("%s owes two effects to %s", k, f.Target)
			}
			targets = append(targets, f.Target)
			checkEffect(t, e, f)
		}
		if got := strings.Join(kinds, " "); got != w {
			t.Errorf("%s owes %q, want %q", k, got, w)
		}
	}
}

// TestANoteMadeElsewhereIsTold tells the room of notes that were not typed in Slack.
func TestANoteMadeElsewhereIsTold(t *testing.T) {
	for via, want := range map[string]int{"slack": 0, "cli": 1, "api:ci": 1} {
		got := Effects(declared(t).i, Event{Seq: 17, Kind: Noted, By: Actor{Person: "dev1", Via: via}, Text: "deploy 4711 went out"})
		if len(got) != want || want == 1 && got[0].Kind != PostEvent {
			t.Errorf("a note by %s owes %+v, want %d posts", via, got, want)
		}
	}
}

// TestWhatToldOfNobodyShowsWhatBecameOfIt owes that the message which told of a page
// that reached nobody is shown again with each answer; one that tells of it later is
// another message.
func TestWhatToldOfNobodyShowsWhatBecameOfIt(t *testing.T) {
	i := declared(t).i
	owed := func(e Event) (targets []string) {
		t.Helper()
		i = Apply(i, e)
		for _, f := range Effects(i, e) {
			if f.Kind != ShowNobody {
				continue
			}
			if targets = append(targets, f.Target); !f.Level || f.Event.Page != "PAGE-1" || f.Rank != RankChatter || f.After != "" {
				t.Errorf("%s owes %+v", e.Kind, f)
			}
		}
		return targets
	}
	for _, c := range []struct {
		e    Event
		want string
	}{
		{Event{Seq: 2, Kind: Paged, Page: "PAGE-1", Whom: []string{"sre1"}}, ""},
		{Event{Seq: 3, Kind: PageNobody, Page: "PAGE-1"}, "nobody/INC-1/3"},
		{Event{Seq: 4, Kind: Updated}, ""},
		{Event{Seq: 5, Kind: Paged, Page: "PAGE-2", Whom: []string{"dev1"}}, "nobody/INC-1/3"},
		{Event{Seq: 6, Kind: PageAcknowledged, Page: "PAGE-2", Person: "dev1"}, "nobody/INC-1/3"},
		{Event{Seq: 7, Kind: PageNobody, Page: "PAGE-1"}, "nobody/INC-1/7"},
		{Event{Seq: 8, Kind: WasResolved}, "nobody/INC-1/7"},
	} {
		if got := strings.Join(owed(c.e), " "); got != c.want {
			t.Errorf("%s owes %q, want %q", c.e.Kind, got, c.want)
		}
	}
}

// checkEffect checks what is true of all effects of a kind.
func checkEffect(t *testing.T, e Event, f Effect) {
	t.Helper()
	level := slices.Contains([]EffectKind{ShowCard, ShowNews, ShowTopic, ShowLinks, ShowMark}, f.Kind)
	if f.Level != level {
		t.Errorf("%s of %s shows the record: %v, want %v", f.Kind, e.Kind, f.Level, level)
	}
	if carries := f.Event != nil; carries == level && f.Kind != ShowMark && f.Kind != CreateRoom {
		t.Errorf("%s of %s carries its event: %v", f.Kind, e.Kind, carries)
	}
	if f.Event != nil && (f.Event.Seq != e.Seq || f.Event.Kind != e.Kind) {
		t.Errorf("%s of %s carries %+v", f.Kind, e.Kind, f.Event)
	}
	rank := RankCard
	if f.Kind == PostEvent || f.Kind == TellAll || f.Kind == PostDraftIn {
		rank = RankChatter
	}
	if f.Rank != rank {
		t.Errorf("%s of %s has rank %d, want %d", f.Kind, e.Kind, f.Rank, rank)
	}
	after := "room/INC-1"
	if slices.Contains([]EffectKind{CreateRoom, ShowNews, TellAll, FetchPin, ShowMark}, f.Kind) {
		after = ""
	}
	if f.After != after {
		t.Errorf("%s of %s waits for %q, want %q", f.Kind, e.Kind, f.After, after)
	}
	edge := !level && f.Kind != CreateRoom
	if numbered := strings.HasSuffix(f.Target, "/17"); numbered != edge {
		t.Errorf("%s of %s goes to %s: one row for each event is %v, want %v", f.Kind, e.Kind, f.Target, numbered, edge)
	}
	if f.Queue == "" || !strings.Contains(f.Target, "INC-1") || f.Kind != TellAll && !strings.Contains(f.Queue, "INC-1") {
		t.Errorf("%s of %s goes to %s by %s, which do not name the incident", f.Kind, e.Kind, f.Target, f.Queue)
	}
}

func TestAnEffectKeepsItsEvent(t *testing.T) {
	e := Event{Seq: 1, Kind: Updated, Text: "first"}
	f := Effects(declared(t).i, e)
	e.Text = "second"
	if got := f[len(f)-1].Event.Text; got != "first" {
		t.Errorf("the effect tells %q, want what happened", got)
	}
}

// TestWhoLeadsIsToldOnce posts a change of command only where nothing else says
// it: the card names who is on call, the acknowledgement who takes command by it.
func TestWhoLeadsIsToldOnce(t *testing.T) {
	for name, e := range map[string]Event{
		"on call":      {Seq: 2, Kind: LeadSet, Person: "sre1"},
		"acknowledged": {Seq: 9, Kind: LeadSet, By: Actor{Person: "sre1"}, Person: "sre1", Answered: true, Page: "PAGE-1"},
	} {
		for _, f := range Effects(Incident{ID: "INC-1"}, e) {
			if f.Kind == PostEvent {
				t.Errorf("%s: it is posted as well", name)
			}
		}
	}
}

// What has buttons is drawn anew: the card, and what tells of pages that reach nobody.
func TestRedraw(t *testing.T) {
	i := Incident{ID: "INC-3", Pages: []PageState{{ID: "PAGE-1"}, {ID: "PAGE-2", Nobody: 17}}}
	var got []string
	for _, e := range Redraw(i) {
		if !e.Level {
			t.Errorf("%s shows no record", e.Target)
		}
		got = append(got, e.Target)
	}
	if len(got) != 2 || got[0] != "card/INC-3" || got[1] != "nobody/INC-3/17" {
		t.Errorf("drawn anew are %q", got)
	}
}
