package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const message = "1772625000.000100" // a while before noon

func pin(person string, how PinHow, eventTS string) MarkPin {
	return MarkPin{By: who(person), How: how, Channel: "C1", TS: message, Thread: "1772624000.000100", On: true, EventTS: eventTS}
}

func unpin(person string, how PinHow, eventTS string) MarkPin {
	c := pin(person, how, eventTS)
	c.On = false
	return c
}

// pins does commands one after the other, each with what it makes happen.
func pins(t *testing.T, x *life, steps ...any) {
	t.Helper()
	for n := 0; n < len(steps); n += 2 {
		if got := x.do(steps[n].(Command)); got != steps[n+1] {
			t.Errorf("%d: %+v gave %q, want %q", n/2, steps[n], got, steps[n+1])
		}
		x.folds()
	}
}

func TestTwoPinnersMakeOneEntry(t *testing.T) {
	x := declared(t)
	pins(t, x,
		pin("dev1", ByReaction, "11.000001"), "pin_marked, pinned",
		pin("dev2", ByReaction, "12.000001"), "pin_marked",
		pin("dev1", ByPin, "13.000001"), "pin_marked",
		unpin("dev1", ByReaction, "14.000001"), "pin_marked",
		unpin("dev2", ByReaction, "15.000001"), "pin_marked",
		unpin("dev2", ByPin, "16.000001"), "pin_marked, unpinned") // Slack's pin is anybody's to remove
	if e := x.events[2]; e.Kind != PinEntered || !e.At.Equal(time.Unix(1772625000, 100_000)) || e.Thread != "1772624000.000100" || e.By != who("dev1") || !e.Recorded.Equal(noon) {
		t.Errorf("got %+v", e)
	}
	if last := x.events[len(x.events)-1]; last.Entry != 3 {
		t.Errorf("entry %d was withdrawn, want 3", last.Entry)
	}
	if p := x.i.Pins[PinKey("C1", message)]; p.Entry != 0 || p.Held() {
		t.Errorf("got %+v", p)
	}
}

func TestARemovalMayBeHeardBeforeItsAddition(t *testing.T) {
	x := declared(t)
	pins(t, x,
		unpin("dev1", ByReaction, "12.000001"), "pin_marked",
		pin("dev1", ByReaction, "11.000001"), "",
		pin("dev1", ByReaction, "12.000001"), "",
		pin("dev1", ByReaction, "13.000001"), "pin_marked, pinned",
		unpin("dev1", ByReaction, "14.000001"), "pin_marked, unpinned",
		unpin("dev1", ByReaction, "16.000001"), "pin_marked",
		pin("dev1", ByReaction, "15.000001"), "",
		pin("dev1", ByReaction, "17.000001"), "pin_marked, pinned")
}

func TestWhatIsHeardTwiceOrTooLateChangesNothing(t *testing.T) {
	x := declared(t)
	pins(t, x,
		pin("dev1", ByReaction, "11.000001"), "pin_marked, pinned",
		pin("dev1", ByReaction, "11.000001"), "",
		unpin("dev1", ByReaction, "10.000001"), "",
		pin("dev1", ByReaction, "12.000001"), "pin_marked",
		unpin("dev1", ByReaction, "11.500001"), "",
		unpin("dev1", ByReaction, "13.000001"), "pin_marked, unpinned",
		unpin("dev1", ByReaction, "13.000001"), "")
}

func TestAMessagePinnedAgainIsANewEntry(t *testing.T) {
	x := declared(t)
	fill := FillPin{Channel: "C1", TS: message, Author: "dev2", Text: "look at this", Link: "https://example.com/"}
	pins(t, x,
		pin("dev1", ByPin, "11.000001"), "pin_marked, pinned",
		fill, "pin_text",
		fill, "",
		unpin("dev1", ByPin, "12.000001"), "pin_marked, unpinned",
		fill, "",
		EditPin{Channel: "C1", TS: message, Text: "edited"}, "",
		pin("dev2", ByPin, "13.000001"), "pin_marked, pinned",
		fill, "pin_text")
	if got := x.events[len(x.events)-1].Entry; got != 8 {
		t.Errorf("the text completes entry %d, want 8", got)
	}
	lines := Timeline(x.events, PlainNames)
	if !lines[0].Withdrawn || lines[1].Withdrawn || lines[1].Quote != "look at this" || lines[0].Seq != 3 || lines[1].Seq != 8 {
		t.Errorf("got %+v", lines[:2])
	}
}

func TestTheTextOfAPin(t *testing.T) {
	x := declared(t)
	pins(t, x,
		FillPin{Channel: "C1", TS: message, Text: "nobody pinned it"}, "",
		EditPin{Channel: "C1", TS: message, Text: "nobody pinned it"}, "",
		pin("dev1", ByPin, "11.000001"), "pin_marked, pinned",
		EditPin{Channel: "C2", TS: message, Text: "another channel"}, "",
		FillPin{Channel: "C1", TS: message, Author: "dev2", Text: strings.Repeat("é", 2*MaxText), Link: "https://example.com/"}, "pin_text",
		EditPin{Channel: "C1", TS: message, By: who("dev2"), Text: strings.Repeat("ü", 2*MaxText)}, "pin_edited",
		EditPin{Channel: "C1", TS: message, By: who("dev2"), Deleted: true}, "pin_deleted")
	for _, e := range x.events[3:5] {
		if got := len([]rune(e.Text)); got != MaxText || !strings.HasSuffix(e.Text, "…") || e.Entry != 3 {
			t.Errorf("%s of entry %d has %d characters, want %d and a mark", e.Kind, e.Entry, got, MaxText)
		}
	}
	y := declared(t)
	pins(t, y, pin("dev1", ByPin, "11.000001"), "pin_marked, pinned", FillPin{Channel: "C1", TS: message, Text: "x", Gone: "Slack says not_in_channel"}, "pin_text")
	if e := y.events[3]; e.Text != "" || e.Was != "Slack says not_in_channel" {
		t.Errorf("got %+v", e)
	}
}

// Slack may deliver edits in another order than they were made, and those that were in
// the text already when it was read.
func TestEditsAreOrdered(t *testing.T) {
	x := declared(t)
	edit := func(text, at string) EditPin {
		return EditPin{Channel: "C1", TS: message, By: who("dev2"), Text: text, AsOf: at}
	}
	pins(t, x, pin("dev1", ByPin, "11.000001"), "pin_marked, pinned",
		FillPin{Channel: "C1", TS: message, Text: "read after one edit", AsOf: "1772625010.000000"}, "pin_text",
		edit("read after one edit", "1772625010.000000"), "",
		edit("third", "1772625030.000000"), "pin_edited",
		edit("second, late", "1772625020.000000"), "",
		edit("fourth, at an unknown time", ""), "pin_edited",
		EditPin{Channel: "C1", TS: message, Deleted: true, AsOf: "1772625040.000000"}, "pin_deleted",
		EditPin{Channel: "C1", TS: message, Deleted: true}, "",
		edit("of a message that is gone", "1772625050.000000"), "")
	lines := Timeline(x.events, PlainNames)
	l := lines[slices.IndexFunc(lines, func(l Line) bool { return l.Kind == PinEntered })]
	if want := []string{"read after one edit", "third", "fourth, at an unknown time"}; !slices.Equal(l.Was, want) || l.Quote != "" {
		t.Errorf("earlier texts are %q, want %q", l.Was, want)
	}
	off := pin("dev1", ByPin, "12.000001")
	off.On = false
	pins(t, x, off, "pin_marked, unpinned", pin("dev1", ByPin, "13.000001"), "pin_marked, pinned",
		FillPin{Channel: "C1", TS: message, Text: "again"}, "pin_text", edit("edited again", "1772625060.000000"), "pin_edited")
}

// The text may be read before an edit, or the deletion, that is told before the text is.
func TestATextThatWasReadBeforeAnEdit(t *testing.T) {
	for _, c := range []struct {
		name        string
		change      EditPin
		quote, text string
		was         []string
	}{
		{"edited", EditPin{Text: "new", AsOf: "1772625010.000000"}, "new", "message by dev2", []string{"old"}},
		{"deleted", EditPin{Deleted: true, AsOf: "1772625010.000000"}, "", "message by dev2 (deleted in Slack later)", []string{"old"}},
		{"edited at the time at which it was read", EditPin{Text: "old", AsOf: "1772625000.000000"}, "old", "message by dev2", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := declared(t)
			c.change.Channel, c.change.TS, c.change.By = "C1", message, who("dev2")
			kind := "pin_edited"
			if c.change.Deleted {
				kind = "pin_deleted"
			}
			pins(t, x, pin("dev1", ByReaction, "11.000001"), "pin_marked, pinned", c.change, kind,
				FillPin{Channel: "C1", TS: message, Author: "dev2", Text: "old", AsOf: "1772625000.000000"}, "pin_text")
			l := Timeline(x.events, PlainNames)[0]
			if l.Quote != c.quote || l.Text != c.text || !slices.Equal(l.Was, c.was) {
				t.Errorf("got %q, earlier %q, %s", l.Quote, l.Was, l.Text)
			}
		})
	}
}

func TestPinsAreBounded(t *testing.T) {
	x := declared(t)
	nth := func(n int) MarkPin {
		c := pin("dev1", ByPin, "11.000001")
		c.TS = fmt.Sprintf("17726%05d.000100", n)
		return c
	}
	for n := range MaxPins {
		x.do(nth(n))
	}
	if got := x.refused(nth(MaxPins), Conflict); !strings.Contains(got, "200") || !strings.Contains(got, "note") {
		t.Errorf("the refusal says neither how many nor what to do: %s", got)
	}
	pins(t, x, MarkPin{By: who("dev2"), How: "pin", Channel: "C1", TS: nth(0).TS, On: true, EventTS: "12.000001"}, "pin_marked")

	off := nth(7)
	off.On, off.EventTS = false, "12.000001"
	pins(t, x, off, "pin_marked, unpinned", nth(MaxPins), "pin_marked, pinned")

	back := nth(7)
	back.EventTS = "13.000001"
	x.refused(back, Conflict)
	back.On = false
	pins(t, x, back, "pin_marked")
}

// TestWhatIsRememberedOfPinsIsBounded: those known go on and off all the same.
func TestWhatIsRememberedOfPinsIsBounded(t *testing.T) {
	x := declared(t)
	nth := func(n int, on bool, eventTS string) MarkPin {
		c := pin("dev1", ByPin, eventTS)
		c.TS, c.On = fmt.Sprintf("17726%05d.000100", n), on
		return c
	}
	x.do(nth(0, true, "11.000001"))
	for n := 1; n < maxMarked; n++ {
		x.i.Pins[PinKey("C1", nth(n, false, "").TS)] = Pin{By: map[string]Mark{Marker("dev1", ByPin): {TS: "11.000001"}}}
	}
	x.refused(nth(maxMarked, true, "11.000001"), Conflict)
	for _, step := range []struct {
		mark MarkPin
		want string
	}{
		{nth(maxMarked, false, "11.000001"), ""},
		{nth(0, false, "12.000001"), "pin_marked, unpinned"},
		{nth(2, false, "12.000001"), "pin_marked"},
		{nth(1, true, "12.000001"), "pin_marked, pinned"},
		{nth(1, false, "13.000001"), "pin_marked, unpinned"},
	} {
		if got := x.do(step.mark); got != step.want || len(x.i.Pins) != maxMarked {
			t.Errorf("%+v made %q, want %q; the record remembers %d messages", step.mark, got, step.want, len(x.i.Pins))
		}
	}
}

func TestPinsThatAreNoMessages(t *testing.T) {
	for _, ts := range []string{"", "x", "1772625000", "1772625000.", "1772625000.1", "-1.000000", "1772625000.000100/x", "1772625000.0001000", " 1772625000.000100"} {
		c := pin("dev1", ByPin, "11.000001")
		c.TS = ts
		declared(t).refused(c, Invalid)
	}
}

// TestGuestsPinNothing: what they unpin in Slack is unpinned all the same.
func TestGuestsPinNothing(t *testing.T) {
	x := declared(t)
	c := pin("guest1", ByPin, "12.000001")
	c.By = guest
	x.refused(c, Forbidden)
	pins(t, x, pin("dev1", ByPin, "11.000001"), "pin_marked, pinned")
	c.On = false
	pins(t, x, c, "pin_marked, unpinned")
}

func TestMarkersNameWhoAndHow(t *testing.T) {
	for _, c := range []struct {
		person string
		how    PinHow
		who    string
	}{{"dev1", ByReaction, "dev1"}, {"dev1", ByShortcut, "dev1"}, {"dev1", ByPin, ""}} {
		if person, how := Marked(Marker(c.person, c.how)); person != c.who || how != c.how {
			t.Errorf("%s by %s comes back as %q by %q", c.how, c.person, how, person)
		}
	}
}
