package desk_test

import (
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// kill has the process die with one of its next commits, which happened or did not, and live
// again after a while, perhaps with another configuration. Whoever was not answered asks
// again then.
func (g *ground) kill(a, b, c int) {
	last := 1 + a%4
	g.rebirth = rebirth{time.Duration(b%(1+c)) * time.Second, c % (3 * len(groundChanges))}
	g.fails(func(n int, _ []storage.Change) memory.Fault {
		if n < last {
			return memory.None()
		}
		g.dead.Store(true)
		if n == last && b%2 == 0 {
			return memory.FailsButApplied()
		}
		return memory.Fails(storage.ErrClosed)
	})
}

// rebirth is how a process that was killed lives again.
type rebirth struct {
	after  time.Duration
	change int
}

// rise begins the next life of a process that was killed, and says whether it was.
func (g *ground) rise() bool {
	if !g.dead.Load() {
		return false
	}
	g.house.end()
	g.fails(nil)
	time.Sleep(g.rebirth.after)
	change := g.rebirth.change
	if change >= len(groundChanges) {
		change = g.change
	}
	g.note("%s lives again", clock(g.desk.Now()))
	g.live(change)
	return true
}

// harm does what no command does, at the end of a walk in which all was well: the auditor
// must see it.
func (g *ground) harm(seed uint64) {
	pages, err := g.desk.OpenPages(g.t.Context(), 0)
	g.check(err)
	pages = slices.DeleteFunc(pages, func(p paging.Page) bool { return p.Status != paging.Open || p.By != "" })
	if len(g.found) > 0 || len(pages) == 0 {
		return
	}
	p := pages[seed/2%uint64(len(pages))]
	if seed%2 == 0 { // nobody puts what is due
		time.Sleep(p.Due.Sub(g.desk.Now()) + slack)
	} else { // nobody owes what was intended
		g.steps++
		if _, err := g.desk.Escalate(g.t.Context(), g.as("visitor"), p.ID, -1); err != nil {
			g.check(err)
			return
		}
		sent := p.Sent
		p = g.page(p.ID)
		lost := storage.Change{}
		for n := sent + 1; n <= p.Sent; n++ {
			lost.Withdraw = append(lost.Withdraw, desk.NoticeTarget(p.ID, n))
		}
		if len(lost.Withdraw) == 0 {
			return
		}
		g.check(g.store.Commit(g.t.Context(), lost))
		time.Sleep(slack)
	}
	g.auditor.Audit(g.t.Context())
	found, _ := g.auditor.Latest()
	if !slices.ContainsFunc(found, func(f watch.Finding) bool { return strings.Contains(f.Text, p.ID) && !f.Outside() }) {
		g.wrong("%s is harmed, and the auditor says only %v", p.ID, found)
	}
}
