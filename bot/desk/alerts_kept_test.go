package desk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
)

const nightly = `
maintenance:
  - {name: nightly, match: {service: checkout}, cron: "0 0 * * *", duration: 30m, time_zone: UTC}
`

// digests are what channels are to be told of silences and maintenance that are over.
func (h *house) digests() []desk.Kept {
	h.t.Helper()
	all, err := h.store.Effects(h.t.Context(), 0, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []desk.Kept
	for _, e := range all {
		if e.Kind == desk.KeptKind {
			k, err := desk.ReadKept(e.Body)
			if err != nil {
				h.t.Fatal(err)
			}
			out = append(out, k)
		}
	}
	return out
}

func TestWhatMaintenanceKeptIsToldWhenItIsOver(t *testing.T) {
	inHouse(t, nightly, func(t *testing.T, h *house) {
		h.hear(firing("a"), firing("b"))
		h.hear(cleared("b"))
		h.pass(29 * time.Minute)
		want(t, "digests before it is over", len(h.digests()), 0)
		h.pass(2 * time.Minute)
		told := h.digests()
		if len(told) != 1 {
			t.Fatalf("the digests are %+v", told)
		}
		k := told[0]
		want(t, "its name", k.Window, "nightly")
		want(t, "alerts", k.Total, 2)
		want(t, "of which fire", k.Firing, 1)
		want(t, "how long it was on", k.Until.Sub(k.From), 30*time.Minute)
		h.restart()
		h.pass(time.Minute)
		want(t, "digests after a restart", len(h.digests()), 1)
	})
}

// TestMaintenanceThatEndedWhileNothingRan is told of although none of its alerts is open
// any more, once, and with when it was noticed.
func TestMaintenanceThatEndedWhileNothingRan(t *testing.T) {
	inHouse(t, nightly, func(t *testing.T, h *house) {
		h.hear(firing("a"))
		h.hear(cleared("a"))
		h.downFor(2 * time.Hour)
		h.pass(3 * time.Second)
		told := h.digests()
		if len(told) != 1 || told[0].Total != 1 || told[0].Firing != 0 {
			t.Fatalf("the digests are %+v", told)
		}
		if late := told[0].Told.Sub(told[0].Until); late < 90*time.Minute || late > 2*time.Hour {
			t.Errorf("it was noticed %s after its end", late)
		}
		h.restart()
		h.pass(time.Minute)
		want(t, "digests after another restart", len(h.digests()), 1)
	})
}

// TestASilenceIsAppliedAfterARestart to the alerts that were stored before it could be,
// and its digest is told once when it ended while nothing ran.
func TestASilenceIsAppliedAfterARestart(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		if _, _, err := h.desk.Silence(t.Context(), in("sre1", ""), alert.Silence{Match: map[string]string{"service": "checkout"}, Until: time.Now().Add(time.Hour), Why: "known"}); err != nil {
			t.Fatal(err)
		}
		h.restart()
		h.pass(2 * time.Second)
		want(t, "the alert is silenced", h.alert(id).Silenced(time.Now()), true)
		next := h.one(firing("b"))
		want(t, "one that fires after the restart is silenced", h.alert(next).Silenced(time.Now()), true)
		h.hear(cleared("a"), cleared("b"))
		h.downFor(3 * time.Hour)
		h.pass(3 * time.Second)
		told := h.digests()
		if len(told) != 1 || told[0].Silence != "SIL-1" || told[0].Total != 2 || told[0].Told.Sub(told[0].Until) < time.Hour {
			t.Fatalf("the digests are %+v", told)
		}
		h.restart()
		h.pass(time.Minute)
		want(t, "digests after another restart", len(h.digests()), 1)
	})
}

// TestTheAlertsOfAnIncidentAreNamedInOrder however many there are, also after a restart.
func TestTheAlertsOfAnIncidentAreNamedInOrder(t *testing.T) {
	inHouse(t, `
routes:
  - {match: {severity: critical}, declare: 2}
`, func(t *testing.T, h *house) {
		const n = 300
		var signals []alert.Signal
		var ids []string
		for k := range n {
			signals = append(signals, firing(fmt.Sprint("a", k), as(alert.SeverityCritical)))
			ids = append(ids, fmt.Sprint("ALERT-", k+1))
		}
		h.hear(signals...)
		for _, life := range []string{"first", "second"} {
			if got := h.desk.AlertIDsOf("INC-1"); !slices.Equal(got, ids) {
				t.Fatalf("in the %s life: %d alerts, from %v", life, len(got), got[:min(3, len(got))])
			}
			h.restart()
		}
		h.hear(cleared("a7", as(alert.SeverityCritical)))
		want(t, "alerts when one is over", len(h.desk.AlertIDsOf("INC-1")), n-1)
		want(t, "alerts of another incident", len(h.desk.AlertIDsOf("INC-2")), 0)
	})
}
