package incident

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxMarked is how many messages a record remembers that are pinned or were: what
// was withdrawn is remembered because Slack may deliver an addition late.
const maxMarked = 5 * MaxPins

// PinHow is a way in which somebody puts a message on a timeline.
type PinHow string

// The ways to put a message on a timeline.
const (
	ByReaction PinHow = "pushpin"  // whichever emoji is configured
	ByPin      PinHow = "pin"      // Slack's own
	ByShortcut PinHow = "shortcut" // of which Slack shows nothing, and which is not taken back
)

// MarkPin says that somebody wants a message on the timeline, or no longer does.
// EventTS orders what one person said: Slack may deliver a removal before its addition.
type MarkPin struct {
	By          Actor
	How         PinHow
	Channel, TS string
	Thread      string
	On          bool
	EventTS     string
}

func (c MarkPin) decide(i Incident, now time.Time) ([]Event, error) {
	if err := exists(i); err != nil {
		return nil, err
	}
	if c.On {
		if err := member(c.By, "put messages on a timeline"); err != nil {
			return nil, err
		}
	}
	key := PinKey(c.Channel, c.TS)
	pin, known := i.Pins[key]
	who := Marker(c.By.Person, c.How)
	last, heard := pin.By[who]
	if heard && last.TS >= c.EventTS {
		return nil, nil
	}
	if !known && !c.On && len(i.Pins) >= maxMarked {
		return nil, nil
	}
	if c.On && pin.Entry == 0 && (i.entries() >= MaxPins || !known && len(i.Pins) >= maxMarked) {
		return nil, &Error{Conflict, fmt.Sprintf("%s has as many pinned messages as it can hold: %d at the same time. Put it on the timeline with `/inc note` instead.", i.ID, MaxPins)}
	}
	at, err := TimeOfTS(c.TS)
	if err != nil {
		return nil, err
	}
	mark := Event{Kind: PinMarked, By: c.By, Channel: c.Channel, TS: c.TS, Mark: who, On: c.On, EventTS: c.EventTS}
	after := Apply(i, mark).Pins[key]
	switch {
	case after.Held() && pin.Entry == 0:
		return []Event{mark, {Kind: PinEntered, By: c.By, Channel: c.Channel, TS: c.TS, Thread: c.Thread, At: at}}, nil
	case !after.Held() && pin.Entry != 0:
		return []Event{mark, {Kind: PinWithdrawn, By: c.By, Channel: c.Channel, TS: c.TS, Entry: pin.Entry}}, nil
	}
	return []Event{mark}, nil
}

// Marker names who wants a message on the timeline: a person by their own way
// ("dev1:pushpin"), or Slack's own pin ("pin"), of which a message has one, whoever set
// it, and which anybody may remove.
func Marker(person string, how PinHow) string {
	if how == ByPin {
		return string(how)
	}
	return person + ":" + string(how)
}

// Marked is the person, unless it is Slack's own pin, and the way that a Marker names.
func Marked(marker string) (person string, how PinHow) {
	person, way, personal := strings.Cut(marker, ":")
	if !personal {
		return "", PinHow(marker)
	}
	return person, PinHow(way)
}

// entries counts the pinned messages that are on the timeline.
func (i Incident) entries() int {
	n := 0
	for _, p := range i.Pins {
		if p.Entry != 0 {
			n++
		}
	}
	return n
}

// FillPin completes an entry with the text of its message.
type FillPin struct {
	Channel, TS string
	Author      string
	Text        string
	Link        string
	AsOf        string // when the message was last edited; empty: never
	// Gone says that the message cannot be read, and why.
	Gone string
}

func (c FillPin) decide(i Incident, now time.Time) ([]Event, error) {
	pin := i.Pins[PinKey(c.Channel, c.TS)]
	if pin.Entry == 0 || pin.Fetched {
		return nil, nil
	}
	e := Event{Kind: PinText, Channel: c.Channel, TS: c.TS, Entry: pin.Entry, Author: c.Author, Text: Clip(c.Text, MaxText), Link: c.Link, EventTS: c.AsOf}
	if c.Gone != "" {
		e.Text, e.Was = "", c.Gone
	}
	return []Event{e}, nil
}

// EditPin follows an edit of a pinned message; an empty Text with Deleted set
// follows its deletion. What stood there before stays readable. AsOf orders them: Slack
// may deliver an older edit late, or one that was in the text when it was read.
type EditPin struct {
	Channel, TS string
	By          Actor
	Text        string
	Deleted     bool
	AsOf        string // when it was edited or deleted; empty: not known
}

func (c EditPin) decide(i Incident, now time.Time) ([]Event, error) {
	pin := i.Pins[PinKey(c.Channel, c.TS)]
	if pin.Entry == 0 || pin.Gone || c.AsOf != "" && c.AsOf <= pin.AsOf {
		return nil, nil
	}
	kind := PinEdited
	if c.Deleted {
		kind = PinDeleted
	}
	return []Event{{Kind: kind, By: c.By, Channel: c.Channel, TS: c.TS, Entry: pin.Entry, Text: Clip(c.Text, MaxText), EventTS: c.AsOf}}, nil
}

// messageTS is how Slack writes the ts of a message: seconds and six digits.
var messageTS = regexp.MustCompile(`^([0-9]{1,11})\.([0-9]{6})$`)

// TimeOfTS reads the time in a Slack message's ts ("1700000000.000100").
func TimeOfTS(ts string) (time.Time, error) {
	refused := &Error{Invalid, fmt.Sprintf("%q is not the time of a Slack message.", Clip(ts, 40))}
	m := messageTS.FindStringSubmatch(ts)
	if m == nil {
		return time.Time{}, refused
	}
	sec, _ := strconv.ParseInt(m[1], 10, 64) // so many digits always fit
	micro, _ := strconv.ParseInt(m[2], 10, 64)
	if sec <= 0 || sec > 1<<34 {
		return time.Time{}, refused
	}
	return time.Unix(sec, micro*1000).UTC(), nil
}
