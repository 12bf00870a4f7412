package desk

import (
	"maps"
	"slices"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

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

// alertPages are those that nobody has answered, and those that cover open alerts.
type alertPages struct {
	by       map[string]*alertPage            // by id
	policies map[string]map[string]*alertPage // those that are open, by policy
}

// of is what is known of a page; nothing yet, if it is new.
func (x *alertPages) of(id string) *alertPage {
	p := x.by[id]
	if p == nil {
		p = &alertPage{id: id}
		x.by[id] = p
	}
	return p
}

// cover counts what an alert's page has to go on for.
func (x *alertPages) cover(s *standing, by int) {
	if s == nil || !s.covered {
		return
	}
	p := x.of(s.page)
	p.covers += by
	x.drop(p)
}

// learn replaces what is known of a page.
func (x *alertPages) learn(p *paging.Page) {
	k := x.of(p.ID)
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
	x.drop(k)
}

func (x *alertPages) drop(p *alertPage) {
	if p.state != paging.Open && p.covers <= 0 {
		delete(x.by, p.id)
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

// fold has a page count alerts, some time soon.
func (x *alertPages) fold(page string, f folded) {
	if p := x.by[page]; p != nil {
		p.folds = folded{p.folds.count + f.count, f.last}
	}
}

// counted takes off the alerts that a page counts by now.
func (x *alertPages) counted(page string, n int) {
	if p := x.by[page]; p != nil {
		p.folds.count -= n
	}
}

// unfolded are the alerts that pages do not count yet, by page.
func (x *alertPages) unfolded() map[string]folded {
	out := map[string]folded{}
	for id, p := range x.by {
		if p.folds.count > 0 {
			out[id] = p.folds
		}
	}
	return out
}

// ended are those that ended while alerts need them.
func (x *alertPages) ended() map[string]bool {
	out := map[string]bool{}
	for id, p := range x.by {
		if p.state == paging.Ended && p.covers > 0 {
			out[id] = true
		}
	}
	return out
}

// folded are alerts that a page is to count.
type folded struct {
	count int
	last  string // the title of the last
}

// unitPages are what the alerts of a unit change of pages about alerts, beside what is decided
// on those themselves. Its counts come on top of those of the index.
type unitPages struct {
	stored  *alertPages
	covers  map[string]int     // how many more alerts pages cover, or fewer
	folds   map[string]folded  // alerts that pages are to count
	counted map[string]int     // alerts that pages count now, of those that were to be counted
	full    map[callKey]string // the page that counts what would be another, empty: none; until a page changes
	show    map[string]bool    // those whose messages are to show an alert anew
}

func (p *unitPages) clone() unitPages {
	return unitPages{p.stored, maps.Clone(p.covers), maps.Clone(p.folds), maps.Clone(p.counted), maps.Clone(p.full), maps.Clone(p.show)}
}

// follow notes what an event of an alert means for its page.
func (p *unitPages) follow(was, a *alert.Alert, e alert.Event) {
	if covered(was) {
		set(&p.covers, was.Page, p.covers[was.Page]-1)
	}
	if covered(a) {
		set(&p.covers, a.Page, p.covers[a.Page]+1)
	}
	if a.Page != "" && grew(e.Kind) {
		set(&p.show, a.Page, true)
	}
}

// needed counts the open alerts that a page has to go on for.
func (p *unitPages) needed(page string) int {
	n := p.covers[page]
	if k := p.stored.by[page]; k != nil {
		n += k.covers
	}
	return n
}

// fold has a page count one more alert.
func (p *unitPages) fold(page, title string) {
	set(&p.folds, page, folded{p.folds[page].count + 1, title})
}

// learn makes the index know what pages are to count, and what they count by now.
func (p *unitPages) learn() {
	for page, f := range p.folds {
		p.stored.fold(page, f)
	}
	for page, n := range p.counted {
		p.stored.counted(page, n)
	}
}
