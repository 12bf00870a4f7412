package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

const (
	// quiet is for how long nobody does anything at the end of a walk: longer than anything
	// can be put off or silenced in it.
	quiet = 6 * time.Hour
	// ring is how often at least somebody is told of what nobody has taken.
	ring = 75 * time.Minute
	// wakes is the least of the severities that must reach somebody: that of an error.
	wakes = 2
)

// model is what a person who watched would know: what monitoring said last, and what people
// have taken, of which they are told no more. It knows no rule of the desk.
type model struct {
	fires    map[said]*fire
	taken    map[string]int       // alerts and incidents: how bad what somebody took was
	useless  map[string]int       // alerts: how bad what nobody can do anything about was
	hushed   map[string]time.Time // pages: until when nobody may be told
	silences []silenced
	trail    []string
}

// fire is a signal that fires.
type fire struct {
	alert, service, group string
	rank                  int  // how bad it was at its worst
	source                bool // somebody has answered it at its source
}

// silenced is a silence that somebody has made.
type silenced struct {
	id, service, group string
	notCritical        bool
	until              time.Time
}

func newModel() model {
	return model{fires: map[said]*fire{}, taken: map[string]int{}, useless: map[string]int{}, hushed: map[string]time.Time{}}
}

func (m *model) note(format string, args ...any) {
	m.trail = append(m.trail, fmt.Sprintf(format, args...))
}

// of are the signals of an alert that fire.
func (m *model) of(id string) (out []*fire) {
	for _, f := range m.fires {
		if f.alert == id {
			out = append(out, f)
		}
	}
	return out
}

// heard notes a signal of an alert. What is worse than what somebody took, and what fires
// again, is nobody's.
func (g *ground) heard(k said, s alert.Signal, id string) {
	before, known := g.fires[k]
	switch {
	case s.Status == alert.Resolved:
		delete(g.fires, k)
		return
	case s.Status == alert.Acknowledged:
		if known {
			before.source = true
		}
		return
	}
	rank := s.Severity.Rank()
	again := len(g.of(id)) == 0
	for _, taken := range []map[string]int{g.taken, g.useless} {
		if was, ok := taken[id]; ok && (again || rank <= wakes && rank < was) {
			delete(taken, id)
		}
	}
	if rank <= wakes { // it may be worse than what was taken
		delete(g.hushed, g.alert(id).Page)
	}
	if !known {
		g.fires[k] = &fire{alert: id, service: s.Service, group: g.alert(id).Group, rank: rank}
	} else if before.alert = id; rank < before.rank {
		before.rank = rank
		for _, f := range g.of(id) {
			f.source = false
		}
	}
}

// on are the open alerts that a page is about or counts.
func (g *ground) on(page string) (out []alert.Alert) {
	list, err := g.desk.OpenAlerts(g.t.Context(), "", 0)
	g.check(err)
	return slices.DeleteFunc(list, func(a alert.Alert) bool { return a.Page != page })
}

func worst(a alert.Alert, fires []*fire) int {
	rank := a.Severity.Rank()
	for _, f := range fires {
		rank = min(rank, f.rank)
	}
	return rank
}

// acked: whoever acknowledges a page takes all that it is about, as bad as it is.
func (g *ground) acked(page string) func() {
	p, on := g.page(page), g.on(page)
	return func() {
		if p.Status == paging.Ended {
			return
		}
		for _, a := range on {
			g.taken[a.ID] = worst(a, g.of(a.ID))
		}
		if p.By == "" && strings.HasPrefix(p.Subject, "INC-") {
			g.taken[p.Subject] = 0
		}
		g.hush(p)
	}
}

// hush: nobody is told of a page for as long as an acknowledgement stands.
func (g *ground) hush(p paging.Page) {
	until := g.desk.Now().Add(1000 * time.Hour)
	if p.Policy.AckTimeout > 0 {
		until = g.desk.Now().Add(p.Policy.AckTimeout)
	}
	g.hushed[p.ID] = until
}

// putOff: a page that is snoozed or handed over is nobody's after that.
func (g *ground) putOff(page string) func() {
	p, on := g.page(page), g.on(page)
	return func() {
		for _, a := range on {
			delete(g.taken, a.ID)
		}
		if p.By == "" {
			delete(g.taken, p.Subject)
		}
		delete(g.hushed, p.ID)
	}
}

// ended: what a person ends is closed, and fires when monitoring says so again.
func (g *ground) ended(page string) func() {
	subject := g.page(page).Subject
	return func() {
		g.hushed[page] = g.desk.Now().Add(1000 * time.Hour)
		g.alertClosed(subject)()
	}
}

func (g *ground) alertClosed(id string) func() {
	return func() {
		if !strings.HasPrefix(id, "ALERT-") || g.alert(id).State != alert.StateClosed {
			return
		}
		for k, f := range g.fires {
			if f.alert == id {
				delete(g.fires, k)
			}
		}
	}
}

func (g *ground) alertAcked(id string) func() {
	a := g.alert(id)
	whole := func() {}
	if a.Page != "" && g.page(a.Page).Subject == id {
		whole = g.acked(a.Page)
	}
	return func() {
		whole()
		g.taken[id] = worst(a, g.of(id))
	}
}

func (g *ground) alertNoise(id string) func() {
	a := g.alert(id)
	return func() { g.useless[id] = worst(a, g.of(id)) }
}

// silence: what was taken before it was silenced is nobody's when that is over.
func (g *ground) silence(s silenced) {
	g.silences = append(g.silences, s)
	for _, f := range g.fires {
		if hush := g.alert(f.alert).Hush; hush != nil && hush.Silence == s.id { // nothing longer did before
			delete(g.taken, f.alert)
		}
	}
}

func (s silenced) covers(f *fire) bool {
	return (s.service == "" || s.service == f.service) && (s.group == "" || s.group == f.group) && (!s.notCritical || f.rank > 1)
}

// incidentMoved: what was taken in an incident is nobody's once it is over.
func (g *ground) incidentMoved(id string, was bool) {
	i := g.incident(id)
	if was && !i.Active() {
		delete(g.taken, id)
		for _, f := range g.fires {
			if g.alert(f.alert).Incident == id {
				delete(g.taken, f.alert)
			}
		}
	}
	for _, p := range i.Pages {
		delete(g.hushed, p.ID)
	}
}

// mayTell holds that nobody is told of what is over, or was taken by somebody.
func (g *ground) mayTell(a attempt, p paging.Page) {
	if until := g.hushed[a.Page]; a.At.Before(until) {
		g.wrong("%s told %s at %s about what somebody has taken", a.Page, a.To, clock(a.At))
	}
	if !strings.HasPrefix(a.Subject, "ALERT-") {
		return
	}
	for _, on := range append(g.on(a.Page), g.alert(a.Subject)) {
		for _, f := range g.of(on.ID) {
			if !slices.ContainsFunc(g.silences, func(s silenced) bool { return a.At.Before(s.until) && s.covers(f) && g.holds(s) }) {
				return
			}
		}
	}
	g.wrong("%s told %s at %s about what is over or silenced", a.Page, a.To, clock(a.At))
}

// holds says whether nobody has ended a silence.
func (g *ground) holds(s silenced) bool {
	made, err := g.desk.SilenceOf(g.t.Context(), s.id)
	g.check(err)
	return made.EndedBy == ""
}

// told says whether somebody was told of something lately: by a page about it, one that counts
// it, or one that stands for those.
func (g *ground) told(subject, page string) bool {
	pages := []string{page}
	if page != "" {
		for _, s := range g.page(page).Spared {
			pages = append(pages, s.On)
		}
	}
	return slices.ContainsFunc(g.attempts, func(a attempt) bool {
		return g.desk.Now().Sub(a.At) < ring && (a.Subject == subject || slices.Contains(pages, a.Page))
	})
}

// stands says whether what somebody took stays taken: one that is asked again was asked
// often enough.
func (g *ground) stands(subject, page string) bool {
	if _, taken := g.taken[subject]; !taken || page == "" {
		return taken
	}
	p := g.page(page)
	return p.Policy.AckTimeout == 0 || p.LastRepage()
}

// judge says of what nobody was told.
func (g *ground) judge() {
	list, err := g.desk.OpenAlerts(g.t.Context(), "", 0)
	g.check(err)
	open := map[string]alert.Alert{}
	for _, a := range list {
		open[a.ID] = a
	}
	for k, f := range g.fires {
		a, ok := open[f.alert]
		if !ok {
			g.wrong("%v fires, and %s is not open", k, f.alert)
			continue
		}
		if f.rank > wakes && !(f.service == "night" && a.Pages) || f.service == "quiet" || g.told(a.ID, a.Page) || g.stands(a.ID, a.Page) {
			continue
		}
		if _, noise := g.useless[a.ID]; noise || g.inIncident(a) || g.atSource(a.ID) {
			continue
		}
		g.wrong("%v fires in %s, and nobody is told: %s, its page %q", k, a.ID, g.happened(a.ID), a.Page)
	}
	g.judgePages()
}

func (g *ground) inIncident(a alert.Alert) bool {
	return a.Incident != "" && g.incident(a.Incident).Active()
}

func (g *ground) atSource(id string) bool {
	return !slices.ContainsFunc(g.of(id), func(f *fire) bool { return !f.source })
}

// judgePages says of which incidents and open pages nobody was told.
func (g *ground) judgePages() {
	live, err := g.desk.Live(g.t.Context(), 1000)
	g.check(err)
	for _, i := range live {
		_, _, policy := g.settings.PolicyFor(i.Service)
		if i.Active() && i.Severity.Pages() && policy && !g.told(i.ID, "") && !g.stands(i.ID, "") {
			g.wrong("%s is open, and nobody is told", i.ID)
		}
	}
	pages, err := g.desk.OpenPages(g.t.Context(), 0)
	g.check(err)
	counted := g.counted()
	for _, p := range pages {
		if !g.told(p.Subject, p.ID) {
			g.wrong("%s is open, and nobody is told: it is due %s", p.ID, clock(p.Due))
		}
		if p.Answered.IsZero() && p.Folded != counted[p.ID] {
			g.wrong("%s says that it counts %d, and it counts %d", p.ID, p.Folded, counted[p.ID])
		}
	}
}

// counted is how much each page was ever to count: alerts, and pages that others stand for.
func (g *ground) counted() map[string]int {
	out := map[string]int{}
	for n := 1; ; n++ {
		events, err := g.desk.AlertEvents(g.t.Context(), fmt.Sprint("ALERT-", n))
		if err != nil {
			break
		}
		for _, e := range events {
			if e.Kind == alert.WasFolded {
				out[e.Page]++
			} else if e.Kind == alert.WasOpened && e.Alert.Folded {
				out[e.Alert.Page]++
			}
		}
	}
	pages, err := g.desk.PagesOpenedSince(g.t.Context(), time.Time{}, 1000)
	g.check(err)
	for _, id := range pages {
		events, err := g.desk.PageEvents(g.t.Context(), id)
		g.check(err)
		for _, e := range events {
			for _, s := range e.Spared {
				if !s.Again {
					out[s.On]++
				}
			}
		}
	}
	return out
}

// watchOver asks the auditor, and counts whom how many pages ask.
func (g *ground) watchOver() {
	g.auditor.Audit(g.t.Context())
	found, _ := g.auditor.Latest()
	for _, f := range found {
		if !f.Outside() {
			g.wrong("the auditor: %s", f.Text)
		}
	}
	g.notTooMany(wrong{g.t, g})
}

func clock(t time.Time) string { return t.Format("15:04:05") }
