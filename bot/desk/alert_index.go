package desk

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// alertIndex is what the desk keeps in memory of the alerts that are not over, so
// that a signal needs no reading. It is read from the store once, and then follows
// each commit of the lane of alerts, which alone changes it.
type alertIndex struct {
	reading sync.Mutex // held while the store is read

	mu     sync.RWMutex
	loaded bool
	// moved are the records that changed while the store is read: what was read of
	// them may be older. Nil: nothing is read.
	moved map[string]bool
	// known are the alerts that are open, or may be opened again, by id.
	known map[string]*standing
	// members are the seats of the members of open alerts, groups the newest alerts
	// of groups that have more than one member, or may.
	members map[memberKey]seat
	groups  map[string]*standing
	// pages are those about alerts that nobody has answered, and those that cover
	// open alerts.
	pages    map[string]*alertPage
	policies map[string]map[string]*alertPage // those of pages that are open, by policy
	silences map[string]*alert.Silencer
	channels map[string]*cardChannel
	storms   map[string]*storm
	// unapplied are the silences that open alerts may not know of yet; windows are the
	// turns of maintenance that have kept something, toldOf those that were told of.
	unapplied       map[string]bool
	windows, toldOf map[windowKey]bool
	// belonging are the open alerts of each incident, by their numbers.
	belonging map[string]map[string]bool
	// incidents are those that routes opened last; told is how much of their alerts
	// their timelines were told.
	incidents map[incidentKey]string
	told      map[string]int
	words     map[string]string
	traits    map[traits]*traits

	counting sync.Mutex
	repeats  map[*standing]*repeats // that are not stored yet
}

func newAlertIndex() *alertIndex {
	x := &alertIndex{}
	x.clear()
	return x
}

func (x *alertIndex) clear() {
	x.known, x.members, x.groups = map[string]*standing{}, map[memberKey]seat{}, map[string]*standing{}
	x.pages, x.policies = map[string]*alertPage{}, map[string]map[string]*alertPage{}
	x.silences, x.channels = map[string]*alert.Silencer{}, map[string]*cardChannel{}
	x.storms, x.incidents, x.told = map[string]*storm{}, map[incidentKey]string{}, map[string]int{}
	x.words, x.traits = map[string]string{}, map[traits]*traits{}
	x.repeats = map[*standing]*repeats{}
	x.belonging = map[string]map[string]bool{}
	x.unapplied, x.windows, x.toldOf = map[string]bool{}, map[windowKey]bool{}, map[windowKey]bool{}
}

// memberKey is the identity of a signal among all integrations.
type memberKey struct{ integration, key string }

// seat is a member's place in an alert.
type seat struct {
	alert *standing
	place int
}

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

// repeats are signals that said nothing new of an alert.
type repeats struct {
	counts     map[int]int
	suppressed int
	since      time.Time // of the first
}

// alertPage is what the index knows of a page about alerts.
type alertPage struct {
	id     string
	policy string
	low    bool // it may wait for quiet hours to end
	state  paging.Status
	// reached are the people and places that hold it, missed those of them that could
	// not be reached, planned those who are to be told of it later.
	reached, missed, planned []paging.Recipient
	covers                   int    // open alerts that it has to go on for
	folds                    folded // alerts that it does not count yet
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

// mostWords is how many texts, and how many traits, are kept once; with more, it begins
// anew.
const mostWords = 50_000

// word is a text that many members have, kept once.
func (x *alertIndex) word(text string) string {
	if kept, ok := x.words[text]; ok {
		return kept
	}
	text = strings.Clone(text)
	x.words[text] = text
	return text
}

func (x *alertIndex) traitsOf(a *alert.Alert) *traits {
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

func (x *alertIndex) standingOf(a *alert.Alert, was *standing) *standing {
	s := &standing{id: a.ID, traits: x.traitsOf(a), open: a.State == alert.StateOpen, opened: micros(a.Opened), pages: a.Pages,
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
		s.members[n] = memberStanding{memberKey: memberKey{x.word(a.From(m)), m.Key}, firing: m.Status == alert.Firing, starts: micros(m.Starts)}
		if was != nil && n < len(was.members) && was.members[n].memberKey == s.members[n].memberKey && was.open == s.open { // opened again, it may be less than it was
			s.members[n].said, s.members[n].heard = was.members[n].said, was.members[n].heard
		}
	}
	return s
}

// learn replaces what is known of an alert. It is called with mu held.
func (x *alertIndex) learn(a *alert.Alert, now time.Time) {
	was := x.known[a.ID]
	s := x.standingOf(a, was)
	x.cover(was, -1)
	x.cover(s, 1)
	x.learnCard(was, s, a)
	x.learnHush(a)
	x.belong(was, s)
	if was != nil {
		for _, m := range was.members {
			if x.members[m.memberKey].alert == was {
				delete(x.members, m.memberKey)
			}
		}
	}
	if was == nil && a.Incident != "" && a.Declare > 0 {
		x.incidents[incidentKey{a.Route, a.Service}] = a.Incident
	}
	x.carry(was, s)
	if again := s.group != "" && a.Continued == "" && s.reopens > now.UnixMicro(); !s.open && !again {
		x.forget(s)
		return
	}
	x.known[s.id] = s
	if s.open {
		for n, m := range s.members {
			if at := x.members[m.memberKey]; m.firing || at.alert == nil || at.alert.id == s.id || !at.alert.members[at.place].firing {
				x.members[m.memberKey] = seat{s, n}
			}
		}
	}
	if s.group != "" && a.Continued == "" {
		x.groups[s.group] = s
	}
}

func (x *alertIndex) move(id string) {
	if x.moved != nil {
		x.moved[id] = true
	}
}

// forget drops an alert that is over and does not open again.
func (x *alertIndex) forget(s *standing) {
	delete(x.known, s.id)
	if g := x.groups[s.group]; g != nil && g.id == s.id {
		delete(x.groups, s.group)
	}
}

// prune forgets the alerts that might have been opened again until now.
func (x *alertIndex) prune(now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.groups {
		if !s.open && s.reopens <= now.UnixMicro() {
			x.forget(s)
		}
	}
	for k := range x.toldOf {
		if now.UnixMicro()-k.until > keepTold.Microseconds() {
			delete(x.toldOf, k)
		}
	}
	x.pruneChannels(now)
	x.pruneTold()
	if len(x.words) > mostWords {
		x.words = map[string]string{}
	}
	if len(x.traits) > mostWords {
		x.traits = map[traits]*traits{}
	}
}

// pruneTold forgets how much the timelines were told of incidents that no alert belongs to
// any more, nor comes to.
func (x *alertIndex) pruneTold() {
	comes := map[string]bool{}
	for _, id := range x.incidents {
		comes[id] = true
	}
	maps.DeleteFunc(x.told, func(id string, _ int) bool { return !comes[id] && len(x.belonging[id]) == 0 })
}

// belong follows which open alerts belong to which incident.
func (x *alertIndex) belong(was, s *standing) {
	if was != nil && was.incident != "" {
		delete(x.belonging[was.incident], was.id)
	}
	if s.incident == "" {
		return
	}
	if !s.open {
		if delete(x.belonging[s.incident], s.id); len(x.belonging[s.incident]) == 0 {
			delete(x.belonging, s.incident)
		}
		return
	}
	if x.belonging[s.incident] == nil {
		x.belonging[s.incident] = map[string]bool{}
	}
	x.belonging[s.incident][s.id] = true
}

// keepTold is how long it is known that a channel was told of a maintenance: alerts
// that it silenced name it as long as they are open.
const keepTold = 400 * 24 * time.Hour

// cover counts what an alert's page has to go on for.
func (x *alertIndex) cover(s *standing, by int) {
	if s == nil || !s.covered {
		return
	}
	p := x.pages[s.page]
	if p == nil {
		p = &alertPage{id: s.page}
		x.pages[s.page] = p
	}
	p.covers += by
	x.dropPage(p)
}

// learnPage replaces what is known of a page about alerts. It is called with mu held.
func (x *alertIndex) learnPage(p *paging.Page) {
	k := x.pages[p.ID]
	if k == nil {
		k = &alertPage{id: p.ID}
		x.pages[p.ID] = k
	}
	if delete(x.policies[k.policy], k.id); len(x.policies[k.policy]) == 0 {
		delete(x.policies, k.policy)
	}
	k.policy, k.low, k.state = p.Policy.Name, p.Urgency == paging.Low, p.Status
	k.reached, k.missed, k.planned = holders(p)
	if k.state == paging.Open {
		if x.policies[k.policy] == nil {
			x.policies[k.policy] = map[string]*alertPage{}
		}
		x.policies[k.policy][k.id] = k
	}
	x.dropPage(k)
}

func (x *alertIndex) dropPage(p *alertPage) {
	if p.state != paging.Open && p.covers <= 0 {
		delete(x.pages, p.id)
	}
}

// holders are the people and places among whose unanswered pages one counts: those it
// reached, or still may, and those it did not; and those who are to be told of it first.
func holders(p *paging.Page) (reached, missed, planned []paging.Recipient) {
	for _, n := range p.Notices {
		switch {
		case slices.Contains(reached, n.To) || slices.Contains(missed, n.To):
		case p.Holds(n.To, false):
			reached = append(reached, n.To)
		case p.Holds(n.To, true):
			missed = append(missed, n.To)
		}
	}
	for _, q := range p.Pending {
		if !slices.Contains(planned, q.To) {
			planned = append(planned, q.To)
		}
	}
	return reached, missed, planned
}

// shownOn are the open alerts with a card of their own that are counted on a page, the
// first of them. It is called from the lane.
func (x *alertIndex) shownOn(page string) []string {
	var out []string
	for id, s := range x.known {
		if s.open && s.folded && s.own && s.page == page {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return out[:min(len(out), mostShown)]
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

// repeat counts a signal that says nothing new. It is called with mu held to read, or
// from the lane.
func (x *alertIndex) repeat(s *standing, place, n int, now time.Time) {
	x.counting.Lock()
	defer x.counting.Unlock()
	r := x.repeats[s]
	if r == nil {
		r = &repeats{counts: map[int]int{}, since: now}
		x.repeats[s] = r
	}
	r.counts[place] += n
	if now.UnixMicro() < s.hushed {
		r.suppressed += n
	}
}

// carry keeps the repeats that are not stored yet when what is known of an alert is
// replaced; with the alert over, they are counted no more.
func (x *alertIndex) carry(was, s *standing) {
	if was == nil {
		return
	}
	x.counting.Lock()
	defer x.counting.Unlock()
	s.counted = was.counted
	r := x.repeats[was]
	delete(x.repeats, was)
	if r != nil && s.open {
		x.repeats[s] = r
	}
}

// takeRepeats copies the repeats of an alert that are not stored yet; nil: none.
func (x *alertIndex) takeRepeats(id string) *repeats {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.known[id]
	if s == nil {
		return nil
	}
	x.counting.Lock()
	defer x.counting.Unlock()
	r := x.repeats[s]
	if r == nil || len(r.counts) == 0 {
		return nil
	}
	return &repeats{counts: maps.Clone(r.counts), suppressed: r.suppressed}
}

// stored takes off the repeats that a commit has stored. It is called with mu held.
func (x *alertIndex) stored(id string, taken *repeats, now time.Time) {
	s := x.known[id]
	if taken == nil || s == nil {
		return
	}
	x.counting.Lock()
	defer x.counting.Unlock()
	s.counted = now.UnixMicro()
	r := x.repeats[s]
	if r == nil {
		return
	}
	r.suppressed -= taken.suppressed
	r.since = now
	for place, n := range taken.counts {
		if r.counts[place] -= n; r.counts[place] <= 0 {
			delete(r.counts, place)
		}
	}
	if len(r.counts) == 0 {
		delete(x.repeats, s)
	}
}

// hear counts what was heard in a unit that is stored. It is called with mu held.
func (x *alertIndex) hear(list []repeat, now time.Time) {
	for _, r := range list {
		at, ok := x.members[r.key]
		if !ok {
			continue
		}
		m := &at.alert.members[at.place]
		m.said, m.heard = r.said, true
		if r.count > 0 {
			x.repeat(at.alert, at.place, r.count, now)
		}
	}
}

// mostPatience is how long an alert that repeats all the time waits between two times
// that it is stored.
const mostPatience = 10 * time.Second

// unstored are the alerts whose repeats are to be stored at now, those that have waited
// longest first: a second after the first of them, and with alerts that repeat all the
// time for hours less often, so that what is stored of them stays readable; with all,
// those that wait at all.
func (x *alertIndex) unstored(now time.Time, all bool) []string {
	type waiting struct {
		id    string
		since time.Time
	}
	var list []waiting
	x.counting.Lock()
	for s, r := range x.repeats {
		patience := min(max(flushEvery, now.Sub(time.UnixMicro(s.opened))/600), mostPatience)
		if len(r.counts) > 0 && (all || now.Sub(r.since) >= flushEvery && now.Sub(time.UnixMicro(s.counted)) >= patience) {
			list = append(list, waiting{s.id, r.since})
		}
	}
	x.counting.Unlock()
	slices.SortFunc(list, func(a, b waiting) int { return a.since.Compare(b.since) })
	ids := make([]string, len(list))
	for n, w := range list {
		ids[n] = w.id
	}
	return ids
}

// fold has a page count alerts, some time soon. It is called with mu held.
func (x *alertIndex) fold(page string, f folded) {
	if p := x.pages[page]; p != nil {
		p.folds = folded{p.folds.count + f.count, f.last}
	}
}

// unfolded are the alerts that pages do not count yet, by page.
func (x *alertIndex) unfolded() map[string]folded {
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := map[string]folded{}
	for id, p := range x.pages {
		if p.folds.count > 0 {
			out[id] = p.folds
		}
	}
	return out
}

// endedPages are those that ended while alerts need them.
func (x *alertIndex) endedPages() map[string]bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := map[string]bool{}
	for id, p := range x.pages {
		if p.state == paging.Ended && p.covers > 0 {
			out[id] = true
		}
	}
	return out
}
