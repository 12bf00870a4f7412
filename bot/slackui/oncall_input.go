package slackui

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// What can be asked of the on-call schedules, besides who is on call.
const (
	DoHelp     = "help"
	DoSchedule = "schedule" // the picture of two weeks
	DoShifts   = "shifts"   // when somebody is on call
	DoCover    = "cover"    // ask others to take a shift
	DoSwap     = "swap"     // offer one person a shift for theirs
	DoOverride = "override" // put somebody on call
	DoOff      = "off"      // note time off
	DoShadow   = "shadow"   // learn beside somebody
	DoGraduate = "graduate" // a learner's next step
	DoGaps     = "gaps"     // times with nobody
	DoFeed     = "feed"     // shifts as a calendar to subscribe to
	DoRemind   = "remind"   // when to be reminded
	DoTake     = "take"     // a cover request
	DoAccept   = "accept"   // a swap
	DoDecline  = "decline"  // a swap
	DoWithdraw = "withdraw" // a request of one's own
	DoUndo     = "undo"     // an override, a request, time off, a shadow
	DoBack     = "back"     // time off of one's own
	DoChanges  = "changes"  // what stands beside the rotations
	DoRemove   = "remove"   // a schedule
	DoTest     = "test"     // page oneself, to prove how one is reached
	DoReady    = "ready"    // who is reached how, and what of it is proven
)

// Roster is what somebody asks of the schedules; Input.Verb is Duty then.
type Roster struct {
	Do string // one of the constants above
	// Schedule is the schedule's name as typed; empty: the one that fits.
	Schedule string
	// From and To are in UTC; zero: not given.
	From, To time.Time
	// FromDay and ToDay are dates of time off, the last one included.
	FromDay, ToDay string
	// OtherFrom and OtherTo are what a swap wants in return.
	OtherFrom, OtherTo time.Time
	// Person and Other are Slack user ids, names as typed, or Self. For an override
	// Person comes on call and Other is replaced; for a swap Other is asked; for a
	// shadow Other is followed.
	Person, Other string
	ID            string // of a request, an override, time off or a shadow: "R3", "O5", "T4", "S2"
	Sure          bool   // the person was asked and said yes
	Choice        string // of reminders
	Note          string
}

var rosterVerbs = map[string]string{
	"schedule": DoSchedule, "rota": DoSchedule, "rotation": DoSchedule, "picture": DoSchedule,
	"shifts": DoShifts, "me": DoShifts, "my": DoShifts, "mine": DoShifts,
	"feed": DoFeed, "calendar": DoFeed, "ical": DoFeed,
	"cover": DoCover, "swap": DoSwap, "exchange": DoSwap, "trade": DoSwap, "override": DoOverride,
	"off": DoOff, "away": DoOff, "vacation": DoOff, "holiday": DoOff, "shadow": DoShadow, "graduate": DoGraduate,
	"gaps": DoGaps, "gap": DoGaps, "remind": DoRemind, "reminder": DoRemind, "reminders": DoRemind,
	"withdraw": DoWithdraw, "undo": DoUndo, "take": DoTake, "accept": DoAccept, "decline": DoDecline, "refuse": DoDecline,
	"back": DoBack, "return": DoBack, "changes": DoChanges, "overrides": DoChanges, "requests": DoChanges, "remove": DoRemove, "delete": DoRemove,
	"test": DoTest, "ready": DoReady, "readiness": DoReady, "reach": DoReady,
}

// changeID is what a request, an override, time off or a shadow is called.
var changeID = regexp.MustCompile(`^(?i)[orst][0-9]{1,9}$`)

// ParseOncall reads what follows `/oncall`. Names are schedules, services or teams
// to be looked up; none asks for all.
func ParseOncall(text string, now time.Time, zone *time.Location) Input {
	p := newParser(text, now, zone)
	p.commandName()
	p.in.Verb = Oncall
	if len(p.toks) == 0 {
		return p.in
	}
	word := p.toks[0].bare()
	if do, ok := rosterVerbs[word]; ok {
		p.in.Verb, p.in.Word = Duty, word
		p.toks = p.toks[1:]
		p.roster(do)
		return p.in
	}
	if r := (Roster{Do: DoShifts}); r.named(p.toks[0]) && len(p.toks) == 1 {
		p.in.Verb, p.in.Word, p.in.Roster = Duty, word, r
		return p.in
	}
	switch v, _ := single(word); {
	case v == Help:
		p.in.Verb, p.in.Word, p.in.Roster = Duty, word, Roster{Do: DoHelp}
		return p.in
	case v == Later:
		p.in.Word, p.in.Text = word, p.in.Raw
		p.in.Verb = v
		return p.in
	case v == Oncall:
		p.toks = p.toks[1:]
	}
	p.askedTime()
	p.oncall()
	if p.in.Verb == FreeText { // there is nothing to declare by /oncall
		p.in.Verb = Oncall
		p.problem("%q is not a schedule. Name one, or leave it out to see all of them.", p.in.Raw)
	}
	return p.in
}

// askedTime takes out of the text when somebody is asked for: "checkout fri 17:00".
func (p *parser) askedTime() {
	for i, t := range p.toks {
		at, n, _ := comingTime(p.toks[i:], p.now, p.now, p.zone)
		if n == 0 || t.quoted {
			continue
		}
		if t.bare() != "now" { // which is no minute: what began a moment ago counts
			p.in.At = at
		}
		if i > 0 && p.toks[i-1].bare() == "at" {
			i, n = i-1, n+1
		}
		p.toks = slices.Delete(slices.Clone(p.toks), i, i+n)
		return
	}
}

// OncallSaid says whether a message begins with the on-call command's name, and what
// follows it.
func OncallSaid(text string) (rest string, ok bool) {
	t, ok := firstToken(text)
	if !ok || t.quoted {
		return "", false
	}
	switch t.bare() {
	case "oncall", "on-call", "/oncall":
		return trim(text[t.end:]), true
	}
	return "", false
}

// MayMeanDuty says whether a text begins with a word of schedules, so that it is worth
// reading it as their command too.
func MayMeanDuty(text string) bool {
	t, ok := firstToken(text)
	if !ok {
		return false
	}
	word := t.bare()
	if strings.HasPrefix(word, "/") { // a command's name that was typed twice
		return true
	}
	verb, _ := single(word)
	return rosterVerbs[word] != "" || verb == Help
}

// LeavesTo says whether a text that was read as a command of incidents means the one
// of schedules instead: it is none of incidents, or it names what only schedules have.
func (in Input) LeavesTo(duty Input) bool {
	switch in.Verb {
	case FreeText, Later:
		return duty.Roster.complete()
	}
	return duty.Roster.ID != ""
}

// complete says whether enough was said for it to be no sentence that only begins like
// a command: "back to normal" is none.
func (r *Roster) complete() bool {
	switch r.Do {
	case DoHelp, DoTake, DoAccept, DoDecline, DoWithdraw, DoUndo:
		return r.Do == DoHelp || r.ID != ""
	case DoRemind:
		return r.Choice != ""
	case DoRemove:
		return r.Schedule != ""
	case DoSwap, DoShadow:
		return r.Other != "" || r.Schedule != ""
	case DoGraduate:
		return r.Person != ""
	case DoShifts: // "my cart is empty"
		return false
	}
	return true
}

// roster reads people, times and the schedule's name, in any order.
func (p *parser) roster(do string) {
	s := stretch{zone: p.zone}
	r := Roster{Do: do}
	for len(p.toks) > 0 && p.in.Problem == "" {
		t := p.toks[0]
		word := t.bare()
		d, spans := forSpan(p.toks)
		at, times, day := comingTime(p.toks, p.now, orLater(p.now, s.from), p.zone)
		used := 1
		switch {
		case do == DoRemind:
			r.Choice = strings.ToLower(word)
		case spans > 0:
			s.length, used = d, spans
		case word == "for" && do == DoOverride && r.Person != "": // "@x for @y"
		case times > 0 && !t.quoted:
			if !s.add(at, day) {
				p.problem("%q has more than two times. Give one from and one to.", p.in.Raw)
			}
			used = times
		default:
			p.rosterWord(&r, t, word)
		}
		p.toks = p.toks[used:]
	}
	r.From, r.To = s.ends(p.now)
	if do == DoOff {
		r.FromDay, r.ToDay = s.days()
	}
	if !r.To.IsZero() && !r.From.Before(r.To) {
		p.problem("%q ends before it begins. Swap the two times.", p.in.Raw)
	}
	p.in.Roster = r
}

func orLater(now, from time.Time) time.Time {
	if from.IsZero() {
		return now
	}
	return from
}

// stretch is a time that is given by its ends, or by one and its length.
type stretch struct {
	zone     *time.Location
	from, to time.Time
	length   time.Duration
	whole    bool      // it begins with a day that was given without a time
	last     time.Time // the day with which it ends, if it is one of whole days
}

// add takes one more time; false: there are two already. The last day is included.
func (s *stretch) add(at time.Time, day bool) bool {
	switch {
	case s.from.IsZero():
		s.from, s.whole = at, day
	case s.to.IsZero():
		if s.whole && day {
			s.last = at
		}
		if day {
			at = nextDay(at, s.zone)
		}
		s.to = at
	default:
		return false
	}
	return true
}

// ends are its ends; a length alone counts from now, and a day alone is whole.
func (s *stretch) ends(now time.Time) (from, to time.Time) {
	switch {
	case !s.to.IsZero():
	case s.length > 0:
		s.from = orLater(now.UTC().Truncate(time.Minute), s.from)
		s.to = s.from.Add(s.length)
	case s.whole:
		s.to, s.last = nextDay(s.from, s.zone), s.from
	}
	return s.from, s.to
}

// days are its first and its last day, if it is one of whole days.
func (s *stretch) days() (first, last string) {
	if s.last.IsZero() {
		return "", ""
	}
	return s.from.In(s.zone).Format(time.DateOnly), s.last.In(s.zone).Format(time.DateOnly)
}

func (p *parser) rosterWord(r *Roster, t token, word string) {
	if rosterFiller(word) && !t.quoted {
		return
	}
	if userForm.MatchString(t.text) && r.named(t) {
		return
	}
	if self(word) {
		if r.Do == DoOverride || r.Do == DoGraduate {
			r.person(Self)
		}
		return
	}
	if r.named(t) {
		return
	}
	name := strings.TrimRight(trim(Decode(t.text, nil)), ",;")
	if r.takesID() && r.ID == "" && changeID.MatchString(name) {
		r.ID = strings.ToUpper(name)
		return
	}
	if kind, rest, ok := strings.Cut(name, ":"); ok && targetKind(kind) != "" {
		name = rest
	}
	if r.Schedule != "" {
		p.problem("I take %q and %q for schedules, and one is enough. Name people with an @, and times as in `tomorrow 14:00`.", r.Schedule, name)
		return
	}
	r.Schedule = name
}

// takesID says whether the verb is about something that has an id.
func (r *Roster) takesID() bool {
	switch r.Do {
	case DoWithdraw, DoUndo, DoTake, DoAccept, DoDecline, DoBack:
		return true
	}
	return false
}

// named takes a person that is mentioned, or named with an @.
func (r *Roster) named(t token) bool {
	name, ok := strings.CutPrefix(t.text, "@")
	name = strings.TrimRight(name, ",;")
	if m := userForm.FindStringSubmatch(t.text); m != nil {
		name, ok = m[1], true
	}
	if ok && name != "" {
		r.person(name)
	}
	return ok && name != ""
}

// person takes the next person that is named, in the order that the verb expects.
func (r *Roster) person(name string) {
	switch {
	case r.Do == DoSwap, r.Do == DoShadow:
		r.Other = name
	case r.Person == "":
		r.Person = name
	default:
		r.Other = name
	}
}

func rosterFiller(word string) bool {
	switch word {
	case "from", "to", "until", "till", "on", "at", "in", "of", "with", "by", "for", "my", "shift", "shifts", "the", "please", "replaces", "replacing",
		"instead", "and", "-", "–", "schedule", "beside", "behind", "this", "time", "add", "request", "":
		return true
	}
	return false
}

// forSpan reads "for 2h".
func forSpan(toks []token) (time.Duration, int) {
	if len(toks) < 2 || toks[0].bare() != "for" {
		return 0, 0
	}
	if d, n := span(toks[1].bare(), 2); n > 0 && d > 0 {
		return d, n
	}
	return 0, 0
}
