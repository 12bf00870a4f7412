package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/storage"
)

// The kinds of effects of schedules.
const (
	// WordKind tells one person, or the schedule's channel, once.
	WordKind = "slack.duty"
	// AskKind shows one person how a request stands that they can answer.
	AskKind = "slack.request"
	// HintKind tells the admins once what keeps Watchbill from its work.
	HintKind = "slack.hint"
)

// The kinds of words.
const (
	SayHandoff  = "handoff"
	SayReminder = "reminder"
	SayOverride = "override"
	SayClosed   = "closed" // a request was taken, declined, withdrawn, or nobody took it
	SayEnded    = "ended"  // overrides were taken back
	SayWatch    = "watch"  // what the watchman saw
	SayRemoved  = "removed"
)

// Word is what somebody is told about a schedule: the body of a WordKind effect.
type Word struct {
	Kind     string `json:"kind"`
	Schedule string `json:"schedule"`     // empty: several
	To       string `json:"to,omitempty"` // a person; empty: the schedule's channel
	By       string `json:"by,omitempty"` // who made it happen
	// At is when the handoff is, or the shift that a reminder is about begins.
	At      time.Time       `json:"at,omitzero"`
	Handoff *oncall.Handoff `json:"handoff,omitempty"`
	// Since is when the shift began that a handoff ends, Missed how many handoffs
	// before it were not told.
	Since  time.Time `json:"since,omitzero"`
	Missed int       `json:"missed,omitempty"`
	// Late says that it is told later than it should have been.
	Late      bool                    `json:"late,omitempty"`
	Request   *oncall.Request         `json:"request,omitempty"`
	Overrides []oncall.StoredOverride `json:"overrides,omitempty"`
	Lines     []string                `json:"lines,omitempty"`
	Page      string                  `json:"page,omitempty"` // that a shadow or a mentor is told of; By was paged
}

// Ask names a request and whom it is shown to: the body of an AskKind effect.
type Ask struct {
	Schedule string `json:"schedule"`
	Request  string `json:"request"`
	To       string `json:"to"`
}

// say owes words as edge effects of a record's event.
func (u *scheduleUnit) say(ref storage.Ref, seq uint64, words []Word) error {
	for n, w := range words {
		body, err := json.Marshal(w)
		if err != nil {
			return fmt.Errorf("encode effect: %w", err)
		}
		dest := "slack/duty/" + w.To
		if w.To == "" {
			dest = "slack/duty/#" + strings.ToLower(w.Schedule)
		}
		class := storage.Card
		if w.Kind == SayWatch {
			class = storage.Chatter
		}
		u.put = append(u.put, storage.Effect{Target: fmt.Sprintf("duty/%s/%s/%d/%d", ref.Kind, ref.ID, seq, n), Kind: WordKind, Dest: dest,
			Class: class, Record: ref, Seq: seq, Body: body, Created: u.at})
	}
	return nil
}

// tellChange owes what the events of one command mean to people.
func (u *scheduleUnit) tellChange(before oncall.Record, name string, events []oncall.Event) error {
	h := u.records[name]
	words := u.changeWords(before, name, events)
	for _, e := range events {
		var err error
		switch e.Kind {
		case oncall.CoverRequested, oncall.SwapProposed, oncall.RequestClosed:
			err = u.ask(name, *e.Request, u.asked(name, *e.Request))
		case oncall.VersionApplied:
			err = u.leftGroup(before, name, e.Version.Schedule.UserGroup)
		}
		if err != nil {
			return err
		}
	}
	return u.say(scheduleRef(name), h.seq, words)
}

// changeWords are what the events of one command have people told. What ends with a
// schedule that is removed is not told one by one, nor an override that comes of a
// request, whose end is told.
func (u *scheduleUnit) changeWords(before oncall.Record, name string, events []oncall.Event) []Word {
	has := func(kind string) bool {
		return slices.ContainsFunc(events, func(e oncall.Event) bool { return e.Kind == kind })
	}
	removed, answered := has(oncall.ScheduleRemoved), has(oncall.RequestClosed)
	var words []Word
	for _, e := range events {
		switch {
		case e.Kind == oncall.ScheduleRemoved:
			words = append(words, removedWords(before, e)...)
		case e.Kind == oncall.RequestClosed && !removed:
			words = append(words, closedWords(name, e)...)
		case e.Kind == oncall.OverridesAdded && !answered && len(before.Versions) > 0:
			words = append(words, u.overrideWords(SayOverride, name, e.By, e.Overrides)...)
		case e.Kind == oncall.OverridesEnded && !answered && !removed:
			ended := slices.DeleteFunc(slices.Clone(u.records[name].record.Overrides), func(o oncall.StoredOverride) bool { return !slices.Contains(e.Ended, o.ID) })
			words = append(words, u.overrideWords(SayEnded, name, e.By, ended)...)
		}
	}
	return words
}

// leftGroup hints at a user group that follows no schedule any more: whoever is in it
// now stays in it, and is mentioned for ever.
func (u *scheduleUnit) leftGroup(before oncall.Record, name, next string) error {
	if len(before.Versions) == 0 || before.Removed != nil {
		return nil
	}
	handle := strings.TrimPrefix(before.Versions[len(before.Versions)-1].Schedule.UserGroup, "@")
	if handle == "" || strings.EqualFold(handle, strings.TrimPrefix(next, "@")) {
		return nil
	}
	for _, k := range u.plans.all() {
		if k.record.Name != name && k.record.Removed == nil && follows(k.record, []string{handle}) {
			return nil
		}
	}
	return u.hint(scheduleRef(name), Hint{Key: "group/left/" + name + "/" + handle, Text: "The schedule " + name + " no longer names the user group @" + handle +
		", which keeps the people it has now. Change its members in Slack, or disable it."})
}

// removedWords tell the channel and everybody who stood that a schedule is no more.
func removedWords(before oncall.Record, e oncall.Event) []Word {
	words := []Word{{Kind: SayRemoved, Schedule: before.Name, By: e.By, At: e.At}}
	for _, p := range PeopleOf(before) {
		if p != e.By {
			words = append(words, Word{Kind: SayRemoved, Schedule: before.Name, To: p, By: e.By, At: e.At})
		}
	}
	return words
}

// closedWords tell those whom a request concerns how it ended.
func closedWords(name string, e oncall.Event) []Word {
	q := e.Request
	people := []string{q.Person}
	for _, p := range []string{q.TakenBy, q.Other} {
		if p != "" && !slices.Contains(people, p) {
			people = append(people, p)
		}
	}
	var words []Word
	for _, p := range people {
		if p == e.By && q.Status != oncall.RequestTaken { // they did it and were answered
			continue
		}
		words = append(words, Word{Kind: SayClosed, Schedule: name, To: p, By: e.By, Request: q})
	}
	return words
}

// overrideWords tell those whose time on call an override changes, unless they made
// it themselves. Its times become instants: readers are in other zones than the schedule.
func (u *scheduleUnit) overrideWords(kind, name, by string, list []oncall.StoredOverride) []Word {
	var order []string
	of := map[string][]oncall.StoredOverride{}
	for _, o := range list {
		o = o.Instants(u.plans.zones)
		for _, p := range []string{o.Replaces, o.Person} {
			if p == "" || p == by || slices.Contains(of[p], o) {
				continue
			}
			if len(of[p]) == 0 {
				order = append(order, p)
			}
			of[p] = append(of[p], o)
		}
	}
	var words []Word
	for _, p := range order {
		words = append(words, Word{Kind: kind, Schedule: name, To: p, By: by, Overrides: of[p], At: u.at})
	}
	return words
}

// asked are those who can answer a request: for a swap the person asked, for a
// cover everybody else of the schedule.
func (u *scheduleUnit) asked(name string, q oncall.Request) []string {
	if q.Kind == oncall.SwapRequest {
		return []string{q.Other}
	}
	r := u.records[name].record
	var out []string
	for _, p := range PeopleOf(r) {
		if p != q.Person {
			out = append(out, p)
		}
	}
	return out
}

// PeopleOf are those who stand in the rotations of a schedule as it is now, in the
// order in which they stand there.
func PeopleOf(r oncall.Record) []string {
	if len(r.Versions) == 0 {
		return nil
	}
	var out []string
	add := func(people []string) {
		for _, p := range people {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	s := r.Versions[len(r.Versions)-1].Schedule
	for _, l := range s.Layers {
		add(l.Rotation.People)
	}
	for _, p := range s.Pools {
		add(p.People)
	}
	return out
}

// ask owes that the people are shown how a request stands.
func (u *scheduleUnit) ask(name string, q oncall.Request, people []string) error {
	for _, p := range people {
		body, err := json.Marshal(Ask{Schedule: name, Request: q.ID, To: p})
		if err != nil {
			return fmt.Errorf("encode effect: %w", err)
		}
		u.put = append(u.put, storage.Effect{Target: "request/" + name + "/" + q.ID + "/" + p, Level: true, Kind: AskKind, Dest: "slack/duty/" + p,
			Class: storage.Card, Record: scheduleRef(name), Seq: u.records[name].seq, Body: body, Created: u.at})
	}
	return nil
}

// ReadWord reads the body of a WordKind effect.
func ReadWord(body []byte) (Word, error) {
	var w Word
	if err := json.Unmarshal(body, &w); err != nil {
		return w, fmt.Errorf("decode effect: %w", err)
	}
	return w, nil
}
