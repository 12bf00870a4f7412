package desk

import (
	"cmp"
	"slices"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// tell sees to it that somebody is told of an alert that wants it: by an incident, by
// a page of its own, or by one that others have already.
func (u *unit) tell(id string) error {
	h, err := u.heldAlert(id)
	if err != nil {
		return err
	}
	if err := u.leaveEndedPage(h); err != nil {
		return err
	}
	a := &h.record
	if err := u.restate(a); err != nil {
		return err
	}
	if a.WantsIncident(u.at) {
		if err := u.declareFor(h); err != nil {
			return err
		}
	}
	if !a.WantsPage(u.at) {
		return nil
	}
	call := u.callFor(a)
	newest, err := u.groupPage(a)
	if err != nil {
		return err
	}
	if newest == "" {
		newest = u.capped(call)
	}
	if newest != "" {
		u.alerts.pages.fold(newest, a.Title)
		return u.decideAlert(id, alert.RecordPage{Kind: alert.WasFolded, Page: newest})
	}
	call.Subject = id
	_, err = u.openPage(call)
	return err
}

// groupPage is the unanswered page of the alert that another goes on with; empty: there is
// none that stands for it.
func (u *unit) groupPage(a *alert.Alert) (string, error) {
	if a.Continues == "" {
		return "", nil
	}
	first, err := u.heldAlert(a.Continues)
	if err != nil || first.record.Page == "" {
		return "", err
	}
	p, err := u.page(first.record.Page)
	if err != nil || p.Status != paging.Open || p.Urgency == paging.Low && urgencyOf(a) != paging.Low {
		return "", err
	}
	return p.ID, nil
}

// restate has the page of an alert follow what has become of it: a warning that becomes
// critical wakes people.
func (u *unit) restate(a *alert.Alert) error {
	if a.Page == "" {
		return nil
	}
	p, err := u.page(a.Page)
	if err != nil || p.Subject != a.ID {
		return err
	}
	worse := a.Severity.Pages() && a.Severity.Worse(alert.Severity(p.Facts.Severity))
	return u.decidePage(a.Page, paging.Restate{Facts: factsOfAlert(a), Urgency: urgencyOf(a), Worse: worse, World: u.world()})
}

// leaveEndedPage takes an alert off a page that has ended without it.
func (u *unit) leaveEndedPage(h *heldAlert) error {
	a := &h.record
	if a.Page == "" || a.State != alert.StateOpen {
		return nil
	}
	p, err := u.page(a.Page)
	if err != nil || p.Status == paging.Open || p.Status == paging.Acknowledged {
		return err
	}
	return u.decideAlert(a.ID, alert.RecordPage{Kind: alert.PageEnded, Page: a.Page})
}

// leaveLesser takes an alert that has become worse off a page that does not stand for it:
// one that goes to others than it does now, or, if it is urgent, one about another that
// somebody has answered or that may wait for the morning.
func (u *unit) leaveLesser(h *heldAlert, escalation string) error {
	a := &h.record
	if a.Page == "" {
		return nil
	}
	p, err := u.page(a.Page)
	if err != nil {
		return err
	}
	elsewhere := a.Escalation != escalation && a.Acknowledged == nil && a.Declare == 0
	lesser := a.Folded && a.Severity.Pages() && (p.Status != paging.Open || p.Urgency == paging.Low)
	if !elsewhere && !lesser {
		return nil
	}
	return u.leavePage(h, "it has become worse", a.ID+" has become worse, and has a page of its own")
}

// leaveAnswered takes an alert that fires again off a page that goes on for others, and that
// somebody has answered: when they did, this was not to be told. What fires again and is
// less must not make that less urgent either.
func (u *unit) leaveAnswered(h *heldAlert, was *alert.Alert) error {
	a := &h.record
	if a.Page == "" {
		return nil
	}
	less := was.Severity.Worse(a.Severity) || was.Pages && !a.Pages
	if p, err := u.page(a.Page); err != nil || p.Status != paging.Acknowledged && !less {
		return err
	}
	return u.leavePage(h, "it fires again", a.ID+" fires again, and is told of anew")
}

// leavePage takes an alert off the page that it has, and lets that end if no other needs it.
func (u *unit) leavePage(h *heldAlert, why, end string) error {
	was := h.record
	if err := u.decideAlert(was.ID, alert.RecordPage{Kind: alert.WasUnfolded, Page: was.Page, Why: why}); err != nil {
		return err
	}
	return u.release(&was, end)
}

// callFor is the page that an alert asks for. Where there is no policy, the admins and
// the incidents channel are told: somebody always is.
func (u *unit) callFor(a *alert.Alert) paging.Begin {
	c := paging.Begin{Facts: factsOfAlert(a), Urgency: urgencyOf(a), World: u.world()}
	var ok bool
	if c.Policy, ok = u.d.Settings.Policy(a.Escalation); !ok && a.Escalation != "" { // the configuration has another by now
		c.Policy, _, ok = u.d.Settings.PolicyFor(a.Service)
	}
	if !ok {
		c.Policy = u.d.Settings.FloorPolicy()
	}
	return c
}

// urgencyOf is how loud the page of an alert may be: one that only warns, and pages
// because its route says so, waits for quiet hours to end.
func urgencyOf(a *alert.Alert) paging.Urgency {
	if a.Severity.Pages() {
		return paging.High
	}
	return paging.Low
}

func factsOfAlert(a *alert.Alert) paging.Facts {
	return paging.Facts{Severity: string(cmp.Or(a.Severity, alert.SeverityError)), Service: a.Service}
}

// capped is the page that counts what would be another, because all whom it would tell
// first have enough unanswered ones of its policy; empty: it tells somebody.
func (u *unit) capped(c paging.Begin) (newest string) {
	if len(u.openPagesOf(c.Policy.Name)) < paging.MostPages {
		return ""
	}
	c.ID, c.Subject = "PAGE-0", "ALERT-0"
	events, err := paging.Decide(paging.Page{}, c, u.at)
	if err != nil {
		return ""
	}
	for _, e := range events {
		if len(e.Whom()) > 0 {
			return ""
		}
		for _, s := range e.Spared {
			if number(s.On) > number(newest) {
				newest = s.On
			}
		}
	}
	return newest
}

// spare names the newest page of somebody who has enough unanswered ones, about alerts
// and of its policy, beside a page. When that is opened, those that failed to reach them
// count too: else each alert of a storm would try in vain. Those that may wait for the
// morning count, and stand for none that may not: where there are no others, it is sent.
// For one that may wait itself, those that are to come in the morning count too.
func (u *unit) spare(p paging.Page, to paging.Recipient) string {
	if !isAlert(p.Subject) {
		return ""
	}
	n, newest := 0, ""
	for _, o := range u.openPagesOf(p.Policy.Name) {
		if o.id == p.ID || !holds(o, p, to) {
			continue
		}
		n++
		if p.Urgency == paging.Low || !o.low {
			newest = o.id
		}
	}
	if n < paging.MostPages {
		return ""
	}
	return newest
}

// holds says whether an unanswered page counts, for another, among those of somebody.
func holds(o *alertPage, other paging.Page, to paging.Recipient) bool {
	return slices.Contains(o.reached, to) || other.Turn == 0 && slices.Contains(o.missed, to) ||
		other.Urgency == paging.Low && slices.Contains(o.planned, to)
}

// openPagesOf are the unanswered pages about alerts of a policy as they stand in the
// unit, oldest first.
func (u *unit) openPagesOf(policy string) []*alertPage {
	var out []*alertPage
	for id, p := range u.d.alerts.pages.policies[policy] {
		if _, here := u.pages[id]; !here {
			out = append(out, p)
		}
	}
	for id, h := range u.pages {
		if p := &h.record; p.Policy.Name == policy && p.Status == paging.Open && isAlert(p.Subject) {
			k := &alertPage{id: id, low: p.Urgency == paging.Low}
			k.reached, k.missed, k.planned = holders(p)
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b *alertPage) int { return byNumber(a.id, b.id) })
	return out
}

// countSpared has the pages that stand for this one, with those whom it spared, count
// it, once each.
func (u *unit) countSpared(p paging.Page, e paging.Event) error {
	for _, s := range e.Spared {
		if s.Again {
			continue
		}
		a, err := u.heldAlert(p.Subject)
		if err != nil {
			return err
		}
		if err := u.decidePage(s.On, paging.Fold{Count: 1, Last: p.ID + ": " + a.record.Title}); err != nil {
			return err
		}
	}
	return nil
}

// tellCounted has the alerts with a card that are counted on a page say who has it.
func (u *unit) tellCounted(p paging.Page, e paging.Event) error {
	c := alert.RecordPage{Page: p.ID, By: e.By, Via: e.Via}
	switch e.Kind {
	case paging.AcknowledgedK, paging.SnoozedK:
		c.Kind = alert.PageAnswered
	case paging.HandedOver:
		c.Kind, c.Person = alert.PageHandedOver, e.Person
	case paging.Resumed:
		c.Kind, c.Why = alert.PageResumed, whyResumed[e.Reason]
	}
	if c.Kind == "" || p.Folded == 0 && u.alerts.pages.needed(p.ID) < 2 {
		return nil
	}
	for _, id := range u.d.alerts.shownOn(p.ID) {
		h, err := u.heldAlert(id)
		if err != nil {
			return err
		}
		if h.record.Acknowledged != nil { // by somebody for itself
			continue
		}
		if err := u.decideAlert(id, c); err != nil {
			return err
		}
	}
	return nil
}

// release lets the page of an alert end that does not need it any more, when no other
// alert does. It ends by itself: who ends a page by hand closes its alert.
func (u *unit) release(a *alert.Alert, why string) error {
	if a.Page == "" || u.alerts.pages.needed(a.Page) > 0 {
		return nil
	}
	return u.decidePage(a.Page, paging.End{Why: why})
}

// showPages owes that the messages of pages show the alerts that changed.
func (u *unit) showPages() error {
	for _, id := range sorted(u.alerts.pages.show) {
		if err := u.showPage(id); err != nil {
			return err
		}
	}
	return nil
}

// showPage owes that all messages of a page show how it stands, unless it is over.
func (u *unit) showPage(id string) error {
	p, err := u.page(id)
	if err != nil || p.Status == paging.Ended {
		return err
	}
	return u.showNotices(p, newestCopies(p.Notices))
}
