package desk_test

import (
	"cmp"
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
	// slack is how much later the walk may see what was done than it was decided.
	slack = 20 * time.Second
	// atOnce is for how long what is urgent may wait for whoever is told first.
	atOnce = 3 * time.Minute
)

// model is what a person who watched would know: what monitoring said last, and what people
// have taken, of which they are told no more. It knows no rule of the desk.
type model struct {
	fires    map[said]*fire
	taken    map[string]int       // alerts and incidents: how bad what somebody took was
	useless  map[string]int       // alerts: how bad what nobody can do anything about was
	hushed   map[string]time.Time // pages: until when nobody may be told
	moved    map[string]bool      // pages that somebody had: they may begin elsewhere
	silences []silenced
	night    // what it knows of clocks
	trail    []string
}

// fire is a signal that fires.
type fire struct {
	alert, service, group string
	rank                  int       // how bad it was at its worst
	since                 time.Time // when it began to fire
	urgent                time.Time // since when it is too bad to wait
	source                bool      // somebody has answered it at its source
}

// said is what monitoring calls a signal.
type said struct{ integration, key string }

// silenced is a silence that somebody has made.
type silenced struct {
	id, service, group string
	notCritical        bool
	until              time.Time
}

func newModel() model {
	return model{fires: map[said]*fire{}, taken: map[string]int{}, useless: map[string]int{}, night: newNight(), hushed: map[string]time.Time{}, moved: map[string]bool{}}
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
func (g *ground) heard(k said, s alert.Signal, a alert.Alert) {
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
	again := len(g.of(a.ID)) == 0
	for _, taken := range []map[string]int{g.taken, g.useless} {
		if was, ok := taken[a.ID]; ok && (again || rank <= wakes && rank < was) {
			delete(taken, a.ID)
		}
	}
	if rank <= wakes { // it may be worse than what was taken
		delete(g.hushed, a.Page)
		g.loud[a.Page] = true
	}
	if !known {
		before = &fire{alert: a.ID, service: s.Service, group: a.Group, rank: wakes + 1, since: g.desk.Now()}
		g.fires[k] = before
		g.owesKept(before)
	}
	if before.alert = a.ID; rank <= wakes && before.rank > wakes {
		before.urgent = g.desk.Now()
	}
	worse := rank < before.rank
	before.rank = min(before.rank, rank)
	if known && worse {
		for _, f := range g.of(a.ID) {
			f.source = false
		}
	}
}

// alerts are those that are open.
func (g *ground) alerts() []alert.Alert {
	list, err := g.desk.OpenAlerts(g.t.Context(), "", 0)
	g.check(err)
	return list
}

// on are the open alerts that a page is about or counts.
func (g *ground) on(page string) []alert.Alert {
	return slices.DeleteFunc(g.alerts(), func(a alert.Alert) bool { return a.Page != page })
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
		g.moved[page] = true
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
	g.hushed[p.ID] = g.desk.Now().Add(cmp.Or(p.Policy.AckTimeout, 1000*time.Hour))
}

// putOff: a page that is snoozed or handed over is nobody's after that.
func (g *ground) putOff(page string) func() {
	p, on := g.page(page), g.on(page)
	return func() {
		g.moved[page] = true
		for _, a := range on {
			delete(g.taken, a.ID)
		}
		if p.By == "" {
			delete(g.taken, p.Subject)
		}
		delete(g.hushed, p.ID)
	}
}

// declined: whoever declines is told no more, and may be whom nobody had told yet.
func (g *ground) declined(page string) func() { return func() { g.moved[page] = true } }

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
				if k.integration == "backup" {
					g.beat = time.Time{} // nobody waits for it until it is heard
				}
			}
		}
	}
}

func (g *ground) alertAcked(id string) func() {
	a := g.alert(id)
	whole := func() {}
	if a.Page != "" && (a.Continues != "" || g.page(a.Page).Subject == id) { // a further alert has the page of its group
		whole = g.acked(a.Page)
	}
	return func() {
		whole()
		g.taken[id] = worst(a, g.of(id))
	}
}

// alertNoise: what nobody can do anything about is so in all alerts in which its group goes on.
func (g *ground) alertNoise(id string) func() {
	all := g.alerts()
	return func() {
		for _, a := range all {
			first := a
			for first.ID != id && first.Continues != "" {
				first = g.alert(first.Continues)
			}
			if first.ID == id {
				g.useless[a.ID] = worst(a, g.of(a.ID))
			}
		}
	}
}

// silence: what was taken before it was silenced is nobody's when that is over.
func (g *ground) silence(s silenced) {
	g.silences = append(g.silences, s)
	for _, a := range g.alerts() {
		if a.Hush != nil && a.Hush.Silence == s.id { // nothing longer did before
			delete(g.taken, a.ID)
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
		for _, a := range g.alerts() {
			if a.Incident == id {
				delete(g.taken, a.ID)
			}
		}
	}
	for _, p := range i.Pages {
		delete(g.hushed, p.ID)
	}
}

// mayTell holds that nobody is told of what is over, or was taken by somebody.
func (g *ground) mayTell(a attempt, p paging.Page) {
	if until := g.hushed[a.Page]; a.At.Before(until.Add(-slack)) {
		g.wrong("%s told %s at %s about what somebody has taken", a.Page, a.To, clock(a.At))
	}
	if !strings.HasPrefix(a.Subject, "ALERT-") {
		return
	}
	g.where()
	for _, on := range append(g.on(a.Page), g.alert(a.Subject)) {
		for _, f := range g.of(on.ID) {
			if !g.silenced(f) && !g.maintained(f) {
				return
			}
		}
	}
	g.wrong("%s told %s at %s about what is over, silenced or worked on", a.Page, a.To, clock(a.At))
}

func (g *ground) silenced(f *fire) bool {
	return slices.ContainsFunc(g.silences, func(s silenced) bool {
		return g.desk.Now().Before(s.until.Add(-slack)) && s.covers(f) && g.holds(s)
	})
}

// holds says whether nobody has ended a silence.
func (g *ground) holds(s silenced) bool {
	made, err := g.desk.SilenceOf(g.t.Context(), s.id)
	g.check(err)
	return made.EndedBy == ""
}

// told says whether somebody was told of something lately.
func (g *ground) told(subject, page string) bool {
	for _, id := range g.countedOn(page) {
		if slices.ContainsFunc(g.attempts, func(a attempt) bool { return g.desk.Now().Sub(a.At) < ring && (a.Subject == subject || a.Page == id) }) {
			return true
		}
	}
	return false
}

// countedOn are a page and those that stand for it.
func (g *ground) countedOn(page string) []string {
	pages := []string{page}
	if page != "" {
		for _, s := range g.page(page).Spared {
			pages = append(pages, s.On)
		}
	}
	return pages
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
	open := map[string]alert.Alert{}
	for _, a := range g.alerts() {
		open[a.ID] = a
	}
	for k, f := range g.fires {
		a, ok := open[f.alert]
		if !ok {
			g.wrong("%v fires, and %s is not open", k, f.alert)
			continue
		}
		if f.rank > wakes && !((f.service == "night" || f.service == "vault") && a.Pages) || f.service == "quiet" || g.told(a.ID, a.Page) || g.mayWait(a.Page) || g.stands(a.ID, a.Page) {
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
	for _, p := range pages {
		if !g.told(p.Subject, p.ID) && !g.mayWait(p.ID) {
			g.wrong("%s is open, and nobody is told: it is due %s", p.ID, clock(p.Due))
		}
	}
}

// where is in which open alert each signal fires: in no two.
func (g *ground) where() map[said]alert.Alert {
	out := map[said]alert.Alert{}
	for _, a := range g.alerts() {
		for _, m := range a.Members {
			k := said{a.From(m), m.Key}
			if m.Status == alert.Resolved {
				continue
			}
			if other, twice := out[k]; twice {
				g.wrong("%v fires in %s and in %s", k, other.ID, a.ID)
			}
			out[k] = a
			if k.integration == "backup" && g.fires[k] == nil { // that it is silent nobody says but the desk
				g.heard(k, alert.Signal{Status: alert.Firing, Severity: alert.SeverityError}, a)
			}
		}
	}
	return out
}

// compare holds that what fires is what monitoring has said.
func (g *ground) compare() {
	where := g.where()
	for k, a := range where {
		if g.fires[k] == nil {
			g.wrong("%v fires no more, and is in %s", k, a.ID)
		}
	}
	silent := !g.beat.IsZero() && g.desk.Now().Sub(g.beat) > 10*time.Minute && g.desk.Now().Sub(g.calm) > 10*time.Minute
	for k, f := range g.fires {
		if _, open := where[k]; !open {
			g.wrong("%v fires, and is in no open alert", k)
		}
		silent = silent && k.integration != "backup"
		f.alert = where[k].ID
	}
	if silent && !g.beats {
		g.wrong("the heartbeat is silent, and nobody notices")
	}
}

// judgeUrgent says who was not told of what is urgent by now, who is the first to be told of
// it: at any hour of the day.
func (g *ground) judgeUrgent() {
	now := g.desk.Now()
	if len(g.broken) > 0 || now.Sub(g.calm) < atOnce {
		return
	}
	pages, err := g.desk.OpenPages(g.t.Context(), 0)
	g.check(err)
	for _, p := range pages {
		if p.Status != paging.Open || p.By != "" || g.moved[p.ID] || now.Sub(p.Opened) < atOnce {
			continue
		}
		urgent := strings.HasPrefix(p.Subject, "INC-")
		for _, a := range g.on(p.ID) {
			_, taken := g.taken[a.ID]
			_, noise := g.useless[a.ID]
			urgent = urgent || !taken && !noise && slices.ContainsFunc(g.of(a.ID), func(f *fire) bool {
				return f.rank <= wakes && now.Sub(f.urgent) > atOnce && !f.source && !g.silenced(f) && !g.maintained(f)
			})
		}
		kind, first := p.Policy.Steps[0].Notify[0].Split()
		if !urgent || kind != paging.ToPerson {
			continue
		}
		on := g.countedOn(p.ID)
		if !slices.ContainsFunc(g.tried, func(a attempt) bool { return a.To == first && slices.Contains(on, a.Page) }) {
			g.wrong("%s is urgent, and %s was never told", p.ID, first)
		}
	}
}

// notTooMany holds that nobody has more unanswered pages of a policy than they may, and that
// a page which spared somebody is counted where it says.
func (g *ground) notTooMany() {
	pages, err := g.desk.OpenPages(g.t.Context(), 0)
	g.check(err)
	n := map[string]int{}
	for _, p := range pages {
		if p.Status != paging.Open || strings.HasPrefix(p.Subject, "INC-") {
			continue
		}
		holders := map[paging.Recipient]bool{}
		for _, notice := range p.Notices {
			if p.Holds(notice.To, true) && !holders[notice.To] {
				holders[notice.To] = true
				n[p.Policy.Name+" to "+notice.To.String()]++
			}
		}
		for _, s := range p.Spared {
			if on := g.page(s.On); on.Folded == 0 || on.Policy.Name != p.Policy.Name {
				g.wrong("%s has spared %s for %s, which counts %d", p.ID, s.Recipient, s.On, on.Folded)
			}
		}
	}
	for what, count := range n {
		if count > paging.MostPages {
			g.wrong("%d pages of %s are open", count, what)
		}
	}
}

// watchOver asks the auditor, and looks at what must be true at any time.
func (g *ground) watchOver() {
	g.auditor.Audit(g.t.Context())
	found, _ := g.auditor.Latest()
	for _, f := range found {
		if !f.Outside() {
			g.wrong("the auditor: %s", f.Text)
		}
	}
	g.notTooMany()
	g.compare()
	g.judgeUrgent()
}

func clock(t time.Time) string { return t.Format("15:04:05") }
