package desk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

const randomConfig = `
routes:
  - {name: worst, match: {severity: critical, service: search}, declare: 3}
  - {name: pool, match: {service: orphan}, escalation: pool}
  - {name: hosts, match: {group: "~.+"}, group_by: [group], group_window: 2m}
`

// TestAnythingMayHappenToAlerts sends random signals of several sources, lets people
// do what they may, time pass, commits fail and lives end. Afterwards what fires is
// what the sources said last, and of everything that should page somebody is told.
func TestAnythingMayHappenToAlerts(t *testing.T) {
	rounds := uint64(12)
	if testing.Short() {
		rounds = 2
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inHouse(t, randomConfig, func(t *testing.T, h *house) { anything(t, h, rand.New(rand.NewPCG(seed, 11))) })
		})
	}
}

type said struct{ integration, key string }

func anything(t *testing.T, h *house, r *rand.Rand) {
	firingNow := map[said]bool{}
	for range 150 {
		if t.Failed() {
			return
		}
		switch r.IntN(20) {
		default:
			h.randomSignals(r, firingNow)
		case 0, 1:
			h.pass(time.Duration(r.IntN(400)) * time.Second)
		case 2:
			h.fails(nil)
			h.restart()
		case 3, 4, 5:
			h.randomPerson(r, firingNow)
		case 6:
			h.failOnce(r)
		}
		h.settled(firingNow)
	}
}

// failOnce makes one of the next commits fail.
func (h *house) failOnce(r *rand.Rand) {
	at := 1 + r.IntN(3)
	fault := []memory.Fault{memory.FailsButApplied(), memory.Fails(storage.ErrUnknown), memory.Fails(storage.ErrConflict), memory.Fails(errors.New("input/output error"))}[r.IntN(4)]
	h.fails(func(n int, _ []storage.Change) memory.Fault {
		if n == at {
			return fault
		}
		return memory.None()
	})
}

// randomSignals sends some signals of one integration, until they are taken.
func (h *house) randomSignals(r *rand.Rand, firingNow map[said]bool) {
	h.t.Helper()
	integration := []string{"prometheus", "grafana"}[r.IntN(2)]
	var list []alert.Signal
	for range 1 + r.IntN(6) {
		k := said{integration, fmt.Sprint("k", r.IntN(25))}
		s := firing(k.key, as([]alert.Severity{alert.SeverityCritical, alert.SeverityError, alert.SeverityWarning}[r.IntN(3)]),
			ofService([]string{"checkout", "search", "orphan"}[len(k.key)%3]))
		if n := r.IntN(4); n > 0 && k.key < "k15" {
			s.Labels = map[string]string{"group": fmt.Sprint("g", k.key[1:2])}
		}
		if s.Status = alert.Firing; r.IntN(3) == 0 {
			s.Status = alert.Resolved
		}
		firingNow[k] = s.Status == alert.Firing
		list = append(list, s)
	}
	for range 10 {
		if _, err := h.desk.Hear(h.t.Context(), integration, list); err == nil {
			return
		}
	}
	h.t.Fatal("the signals were never taken")
}

// randomPerson does what a person may do with an alert or a page.
func (h *house) randomPerson(r *rand.Rand, firingNow map[said]bool) {
	h.t.Helper()
	open, err := h.desk.OpenAlerts(h.t.Context(), "", 0)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(open) == 0 {
		return
	}
	a := open[r.IntN(len(open))]
	ctx, who := h.t.Context(), in([]string{"dev1", "dev2", "sre1"}[r.IntN(3)], "")
	switch r.IntN(10) {
	case 0, 1:
		_, err = h.desk.AcknowledgeAlert(ctx, who, a.ID)
	case 2:
		_, err = h.desk.SilenceAlert(ctx, who, a.ID, time.Now().Add(time.Duration(1+r.IntN(9))*time.Minute), "known")
	case 3:
		_, err = h.desk.NotActionable(ctx, who, a.ID, "noise")
	case 4:
		_, err = h.desk.CloseAlert(ctx, who, a.ID, "done")
		if h.alert(a.ID).State == alert.StateClosed { // also when the answer was lost
			for _, m := range a.Members {
				delete(firingNow, said{a.From(m), m.Key}) // until the source says it again
			}
		}
	case 5:
		_, err = h.desk.DeclareFromAlert(ctx, who, a.ID, desk.Declaration{Severity: 4})
	case 6:
		if a.Page != "" {
			_, err = h.desk.Acknowledge(ctx, who, a.Page)
		}
	case 7, 8:
		if a.Page != "" {
			_, err = h.desk.HandOver(ctx, who, a.Page, []string{"dev1", "dev2", "sre1", "lead1"}[r.IntN(4)])
		}
	case 9:
		_, _, err = h.desk.Silence(ctx, who, alert.Silence{Match: map[string]string{"service": "search"}, Until: time.Now().Add(3 * time.Minute)})
	}
	if _, _, refused := desk.Refusal(err); err != nil && !refused && !errors.Is(err, storage.ErrUnknown) && !errors.Is(err, storage.ErrConflict) && err.Error() != "input/output error" {
		h.t.Logf("a person was answered %v", err)
	}
}

// settled checks what must be true whenever nothing is under way.
func (h *house) settled(firingNow map[said]bool) {
	h.t.Helper()
	h.fails(nil)
	h.pass(3 * time.Second)
	open, err := h.desk.OpenAlerts(h.t.Context(), "", 0)
	if err != nil {
		h.t.Fatal(err)
	}
	found := map[said]string{}
	for _, a := range open {
		for _, m := range a.Members {
			k := said{a.From(m), m.Key}
			if m.Status != alert.Firing {
				continue
			}
			if other := found[k]; other != "" {
				h.t.Errorf("%v fires in %s and in %s", k, other, a.ID)
			}
			found[k] = a.ID
			if fires, heard := firingNow[k]; heard && !fires {
				h.t.Errorf("%v is resolved, and fires in %s", k, a.ID)
			}
		}
	}
	for k, fires := range firingNow {
		if fires && found[k] == "" {
			h.t.Errorf("%v fires, and is in no open alert", k)
		}
	}
	unheard, _, err := h.desk.Unheard(h.t.Context(), "", 10_000, time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, id := range unheard {
		h.t.Errorf("nobody is told of %s: %s", id, h.happened(id))
	}
	h.notTooMany(h.t)
}

// notTooMany checks that nobody has more unanswered pages of a policy than they may, and
// that a page which spared somebody is counted where it says.
func (h *house) notTooMany(t testing.TB) {
	t.Helper()
	pages, err := h.desk.OpenPages(h.t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, p := range pages {
		if p.Status != paging.Open || p.Subject[:4] == "INC-" {
			continue
		}
		holders := map[paging.Recipient]bool{}
		for _, notice := range p.Notices {
			if p.Holds(notice.To, true) {
				holders[notice.To] = true
			}
		}
		for who := range holders {
			n[p.Policy.Name+" to "+who.String()]++
		}
		for _, s := range p.Spared {
			if on := h.page(s.On); on.Folded == 0 || on.Policy.Name != p.Policy.Name {
				t.Errorf("%s has spared %s for %s, which counts %d", p.ID, s.Recipient, s.On, on.Folded)
			}
		}
	}
	for what, count := range n {
		if count > 5 {
			t.Errorf("%d pages of %s are open", count, what)
		}
	}
}
