package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
)

// Gone are open alerts that nothing resolves any more: all that fires of them came by
// integrations that the configuration does not have, this one among them. They go on until
// people close them: that a name is missing may be a slip.
type Gone struct {
	Integration string
	Alerts      int
}

// Gone counts such alerts by integration, sorted; an alert that came by several counts for
// each.
func (d *Desk) Gone() []Gone {
	by := map[string]int{}
	d.alerts.mu.RLock()
	for _, s := range d.alerts.known {
		for name := range d.goneBy(s) {
			by[name]++
		}
	}
	d.alerts.mu.RUnlock()
	var out []Gone
	for _, name := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Gone{name, by[name]})
	}
	return out
}

// goneBy are the integrations by which an alert came that nothing resolves any more; none:
// one of them may still.
func (d *Desk) goneBy(s *standing) map[string]bool {
	if !s.open {
		return nil
	}
	var gone map[string]bool
	for n := range s.members {
		m := &s.members[n]
		switch {
		case !m.firing || gone[m.integration]:
			continue
		case d.configured[m.integration]:
			return nil
		}
		set(&gone, m.integration, true)
	}
	return gone
}

// goneNote is what an alert says that nothing resolves any more; empty: something may.
func (d *Desk) goneNote(a *alert.Alert) string {
	var names []string
	for _, m := range a.Members {
		name := a.From(m)
		switch {
		case a.State != alert.StateOpen || m.Status == alert.Firing && d.configured[name]:
			return ""
		case m.Status == alert.Firing && !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return "It came by " + strings.Join(names, " and ") + ", which the configuration does not have any more: nothing resolves it. Close it by hand."
}

// CloseGone ends all alerts that nothing resolves any more and that came by an integration,
// and says how many they were.
func (d *Desk) CloseGone(ctx context.Context, in In, integration, why string) (int, error) {
	if err := member(in, "close alerts"); err != nil {
		return 0, err
	}
	if err := d.readAlerts(ctx); err != nil {
		return 0, err
	}
	if d.configured[integration] {
		return 0, refuse(incident.Conflict, "%s is in the configuration: what came by it is resolved by it, and would only be reported again. Close an alert of it by its name.", integration)
	}
	if why == "" {
		why = integration + " is not in the configuration any more"
	}
	n, err := d.eachKnown(ctx, func(s *standing) bool { return d.goneBy(s)[integration] }, func(u *unit, h *heldAlert) (bool, error) {
		if h.record.State != alert.StateOpen {
			return false, nil
		}
		return true, u.closeAlert(h, in.By, why)
	})
	if err != nil || n > 0 {
		return n, err
	}
	var names []string
	for _, g := range d.Gone() {
		names = append(names, fmt.Sprintf("%s (%d)", g.Integration, g.Alerts))
	}
	if len(names) == 0 {
		return 0, refuse(incident.NotFound, "No open alert came by %s, nor by any other integration that the configuration does not have.", incident.Clip(integration, 60))
	}
	return 0, refuse(incident.NotFound, "No open alert came by %s. Of integrations that the configuration does not have there are some by: %s.", incident.Clip(integration, 60), strings.Join(names, ", "))
}
