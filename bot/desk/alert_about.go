package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// isAlert says whether a page's subject is an alert.
func isAlert(subject string) bool { return strings.HasPrefix(subject, alertPrefix+"-") }

const alertPrefix = "ALERT"

// aboutAlert are the pages about alerts.
type aboutAlert struct{}

func (aboutAlert) lane(string) string { return alertsLane }

func (aboutAlert) about(ctx context.Context, d *Desk, p paging.Page) (paging.About, uint64, error) {
	a, seq, err := d.AlertAt(ctx, p.Subject)
	if err != nil {
		return paging.About{}, 0, err
	}
	about := d.aboutAlert(&a)
	if deploys, err := d.Deploys(ctx, a.Service); err == nil { // worth showing, and nothing to fail for
		about.Details = append(about.Details, deployedBefore(&a, deploys)...)
	}
	return about, seq, nil
}

func (aboutAlert) at(u *unit, p paging.Page) (uint64, error) {
	h, err := u.heldAlert(p.Subject)
	if err != nil {
		return 0, err
	}
	return h.seq, nil
}

// told carries what has happened to a page onto its alert.
func (aboutAlert) told(u *unit, p paging.Page, e paging.Event) error {
	record := func(c alert.RecordPage) error {
		c.Page = p.ID
		return u.decideAlert(p.Subject, c)
	}
	clear(u.alerts.pages.full)
	if err := u.countSpared(p, e); err != nil {
		return err
	}
	if err := u.tellCounted(p, e); err != nil {
		return err
	}
	switch e.Kind {
	case paging.Opened:
		return record(alert.RecordPage{Kind: alert.WasPaged, By: e.By})
	case paging.Stepped:
		if p.Turn > 1 {
			return record(alert.RecordPage{Kind: alert.PageEscalated, Step: p.Step + 1})
		}
	case paging.Contacted: // whom the page asks stands on the card
		if !firstAsked(p, e) {
			return nil
		}
		h, err := u.heldAlert(p.Subject)
		if err != nil {
			return err
		}
		return u.oweCard(h)
	case paging.AcknowledgedK, paging.AnsweredAgain:
		h, err := u.heldAlert(p.Subject)
		if err != nil || h.record.State != alert.StateOpen || h.record.Page != p.ID {
			return err
		}
		return u.decideAlert(p.Subject, alert.Acknowledge{By: e.By, Via: e.Via, Page: p.ID})
	case paging.HandedOver:
		return record(alert.RecordPage{Kind: alert.PageHandedOver, By: e.By, Via: e.Via, Person: e.Person})
	case paging.SnoozedK:
		return record(alert.RecordPage{Kind: alert.PageSnoozed, By: e.By, Via: e.Via, Until: e.Due})
	case paging.Resumed:
		return record(alert.RecordPage{Kind: alert.PageResumed, By: e.By, Why: whyResumed[e.Reason]})
	case paging.EndedK:
		h, err := u.heldAlert(p.Subject)
		if err != nil || h.record.Page != p.ID { // it has another by now
			return err
		}
		if err := record(alert.RecordPage{Kind: alert.PageEnded, By: e.By, Via: e.Via, Why: e.Text}); err != nil || e.By == "" {
			return err
		}
		return u.closeWith(p.Subject, e)
	}
	return nil
}

// firstAsked says whether an event asks somebody whom the turn has not asked yet: their
// quiet hours are over, or they came on duty.
func firstAsked(p paging.Page, e paging.Event) bool {
	before := p.Notices[:len(p.Notices)-len(e.Calls)]
	return slices.ContainsFunc(e.Calls, func(c paging.Call) bool {
		return !slices.ContainsFunc(before, func(n paging.Notice) bool { return n.Turn == p.Turn && n.To == c.Recipient })
	})
}

// whyResumed says why a page that was answered comes again.
var whyResumed = map[paging.Reason]string{paging.BySnooze: "the snooze is over", paging.ByTimeout: "nothing followed the acknowledgement", paging.ByWorse: "it has become worse than what was answered"}

// closeWith closes an alert whose page a person has ended, unless they did that by
// saying what else shall become of it: else it would page again at once.
func (u *unit) closeWith(id string, e paging.Event) error {
	h, err := u.heldAlert(id)
	if err != nil {
		return err
	}
	if a := &h.record; a.State != alert.StateOpen || a.Hush != nil || a.Noise != nil || a.InIncident() {
		return nil
	}
	return u.decideAlert(id, alert.Close{By: e.By, Via: e.Via, Why: e.Text})
}

func (aboutAlert) answer(u *unit, p paging.Page, a *Answer) error {
	a.Alert = p.Subject
	return nil
}

// aboutAlert is what a page says of its alert.
func (d *Desk) aboutAlert(a *alert.Alert) paging.About {
	out := paging.About{ID: a.ID, Title: a.Title, Level: string(a.Severity), Rank: a.Severity.Rank(), Service: a.Service, Over: a.State != alert.StateOpen, Since: a.Opened}
	switch {
	case out.Over:
		out.State = string(a.State)
	case a.Reopened == 1:
		out.State = "fires again"
	case a.Reopened > 1:
		out.State = fmt.Sprintf("fires again, for the %d. time", a.Reopened+1)
	}
	detail := func(name, text string) {
		if text != "" {
			out.Details = append(out.Details, paging.Detail{Name: name, Text: text})
		}
	}
	detail("What", a.Description)
	if n := len(a.Members); n > 1 {
		detail("Fires", fmt.Sprintf("%d of %d", a.Firing(), n)+firingTitles(a))
	}
	if a.Count > 1 {
		detail("Heard", fmt.Sprintf("%d times", a.Count))
	}
	if s, ok := d.Settings.Service(a.Service); ok {
		detail("Owner", owners(s))
	}
	detail("Incident", a.Incident)
	out.Links = d.AlertLinks(a)
	if a.Channel != "" && d.Cards {
		out.Place = paging.Place{State: paging.PlaceChannel, Name: strings.TrimPrefix(a.Channel, "#")}
	}
	return out
}

// lately is how long before an alert a deploy may have caused it.
const lately = 12 * time.Hour

// deployedBefore is the last deploy before an alert, as its page says it.
func deployedBefore(a *alert.Alert, newest []alert.Deploy) []paging.Detail {
	for _, d := range newest {
		before := a.Opened.Sub(d.At).Round(time.Minute)
		if before < 0 {
			continue
		}
		if before > lately {
			return nil
		}
		text := d.Title + ", " + oncall.FormatDuration(before) + " before"
		if d.By != "" {
			text += ", by " + d.By
		}
		return []paging.Detail{{Name: "Deployed", Text: text}}
	}
	return nil
}

// owners are the teams that build and run a service.
func owners(s configs.Service) string {
	if s.SRE == "" || s.SRE == s.Owner {
		return s.Owner
	}
	if s.Owner == "" {
		return s.SRE
	}
	return s.Owner + ", with " + s.SRE
}

// AlertLinks is what there is to look at, the graph first: what the source gave, and
// what the configuration knows of the service.
func (d *Desk) AlertLinks(a *alert.Alert) []paging.Link {
	var out []paging.Link
	add := func(l paging.Link) {
		if !slices.ContainsFunc(out, func(o paging.Link) bool { return o.URL == l.URL }) {
			out = append(out, l)
		}
	}
	for _, kind := range []alert.LinkKind{alert.LinkGraph, alert.LinkRunbook, alert.LinkDashboard, alert.LinkSource} {
		for _, l := range a.Links {
			if l.Kind == kind {
				add(paging.Link{Text: cmp.Or(l.Text, linkNames[kind]), URL: l.URL})
			}
		}
	}
	own := len(out)
	for _, l := range d.Help(a.Service) {
		if slices.ContainsFunc(out[:own], func(o paging.Link) bool { return o.Text == l.Text }) {
			l.Text += " of the service"
		}
		add(l)
	}
	return out
}

var linkNames = map[alert.LinkKind]string{alert.LinkGraph: "Graph", alert.LinkRunbook: "Runbook", alert.LinkDashboard: "Dashboard", alert.LinkSource: "Source"}

// firingTitles are what the members that fire call themselves, where that is not the
// title of the alert: the first few, and how many more.
func firingTitles(a *alert.Alert) string {
	const most = 4
	var titles []string
	for _, m := range a.Members {
		if m.Status == alert.Firing && m.Title != "" && m.Title != a.Title && !slices.Contains(titles, m.Title) {
			if titles = append(titles, m.Title); len(titles) > most {
				break
			}
		}
	}
	if len(titles) > most {
		titles = append(titles[:most], "…")
	}
	if len(titles) == 0 {
		return ""
	}
	return ": also " + strings.Join(titles, "; ")
}
