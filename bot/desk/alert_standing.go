package desk

import (
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
)

// standing is what the index knows of one alert. There may be a hundred thousand, so it
// holds little, and few pointers: times are in microseconds since 1970, 0 for never, and
// what many alerts have in common is kept once.
type standing struct {
	id string
	*traits
	open    bool
	opened  int64
	reopens int64  // until when it opens again, once it is resolved
	group   string // empty: no other signal can join it
	pages   bool
	hushed  int64 // until when; 0: it is not silenced
	waits   int64 // until when it does not page; 0: it does not wait
	covered bool  // the page has to go on for it
	folded  bool  // and is about another
	left    bool  // its incident is over
	own     bool  // it has a card of its own
	counted int64 // when repeats of it were stored last; 0: not since the start
	members []memberStanding
	one     [1]memberStanding // most alerts have one member
}

// traits are what many alerts have in common.
type traits struct {
	service  string
	severity alert.Severity
	page     string
	incident string
	channel  string
	storm    string
	hush     string // what silences them, as hushKey names it
	before   string // and what did before
}

type memberStanding struct {
	memberKey
	firing bool
	starts int64
	// said is the severity that its source said last, if it was heard since the start.
	said  alert.Severity
	heard bool
}

// covered says whether the alert's page has to go on for it. A page that was answered
// goes on too, until its alert is over: it may come again.
func covered(a *alert.Alert) bool {
	answered := a.Acknowledged != nil && (a.Folded || a.Acknowledged.By == "")
	return a.State == alert.StateOpen && a.Page != "" && !answered && a.Hush == nil && a.Noise == nil && !a.InIncident()
}

// micros is a time as the index holds it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func (x *alertIndex) standingOf(a *alert.Alert, was *standing) *standing {
	s := &standing{id: a.ID, traits: x.texts.traitsOf(a), open: a.State == alert.StateOpen, opened: micros(a.Opened), pages: a.Pages,
		waits: micros(a.Waits), covered: covered(a), folded: a.Folded, left: !a.Left.IsZero(), own: a.OwnCard()}
	if !a.Alone() {
		s.group = a.Group
	}
	if a.Window > 0 {
		s.reopens = micros(a.Opened.Add(a.Window))
	}
	if a.Hush != nil {
		s.hushed = micros(a.Hush.Until)
	}
	if s.members = s.one[:]; len(a.Members) != 1 {
		s.members = make([]memberStanding, len(a.Members))
	}
	for n, m := range a.Members {
		s.members[n] = memberStanding{memberKey: memberKey{x.texts.word(a.From(m)), m.Key}, firing: m.Status == alert.Firing, starts: micros(m.Starts)}
		if was != nil && n < len(was.members) && was.members[n].memberKey == s.members[n].memberKey && was.open == s.open { // opened again, it may be less than it was
			s.members[n].said, s.members[n].heard = was.members[n].said, was.members[n].heard
		}
	}
	return s
}

// nothingNew says whether a signal about a member only repeats what is known, as far
// as the index can say.
func (s *standing) nothingNew(place int, g *alert.Signal) bool {
	m := &s.members[place]
	switch g.Status {
	case alert.Firing:
		return m.firing && m.heard && m.said == g.Severity && micros(g.Starts) <= m.starts
	case alert.Resolved:
		return !m.firing
	}
	return false
}

// mostWords is how many texts, and how many traits, are kept once; with more, it begins
// anew.
const mostWords = 50_000

// texts are those that many alerts have, kept once.
type texts struct {
	words  map[string]string
	traits map[traits]*traits
}

// word is a text that many members have, kept once.
func (x *texts) word(text string) string {
	if kept, ok := x.words[text]; ok {
		return kept
	}
	text = strings.Clone(text)
	x.words[text] = text
	return text
}

func (x *texts) traitsOf(a *alert.Alert) *traits {
	t := traits{a.Service, a.Severity, a.Page, a.Incident, a.Channel, a.Storm, hushKey(a.Hush), hushKey(a.Hushed)}
	if kept := x.traits[t]; kept != nil {
		return kept
	}
	for _, text := range []*string{&t.service, (*string)(&t.severity), &t.page, &t.incident, &t.channel, &t.storm, &t.hush, &t.before} {
		*text = strings.Clone(*text) // it may be a part of something large
	}
	x.traits[t] = &t
	return &t
}

func (x *texts) prune() {
	if len(x.words) > mostWords {
		x.words = map[string]string{}
	}
	if len(x.traits) > mostWords {
		x.traits = map[traits]*traits{}
	}
}
