package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// mostSends is how often a notice is handed to a provider that does not say whether it has
// taken it: then the next way to the person comes.
const mostSends = 4

// deliverNotify hands one notice of a page to the provider of its method, unless the
// page was answered meanwhile. Whatever keeps it from going out is reported at once,
// so that the next way to the person comes; a provider that is away is asked again
// all the same as long as the page is open.
func (d *pageDelivery) deliverNotify(ctx context.Context, j courier.Job) courier.Result {
	o, fail := d.noticeOf(ctx, j)
	if fail != nil {
		return fail.Result
	}
	if why := o.needless(); why != "" {
		return o.unsent(why, !j.Again())
	}
	p, n := o.page, o.notice
	address := d.settings.AddressOf(n.To.Person, n.Method)
	if address == "" {
		return o.unreachable(j, fmt.Sprintf("there is no address for %s", n.Method))
	}
	link, err := d.links.URL(p.ID, n.N)
	if err != nil {
		d.log.Error().Err(err).Msg("make the link of a page")
	}
	m := notice(p, n, o.about)
	m.Link, m.Key, m.Answer = link, j.Target, d.howToAnswer(p)
	m.Repeat = m.Repeat || j.Again()
	r := d.senders.Send(ctx, notify.Method(n.Method), notify.To{Address: address, Name: d.people.Display(n.To.Person)}, m)
	d.notified(n.Method, r)
	return d.sent(j, o, r)
}

// howToAnswer says so to whoever has no link.
func (d *pageDelivery) howToAnswer(p paging.Page) string {
	if d.desk.Deaf(paging.Slack) {
		return fmt.Sprintf("Slack brings no answers at the moment: type `watchbill page ack %s` in a shell.", p.ID)
	}
	return fmt.Sprintf("Answer in Slack, or type `watchbill page ack %s`.", p.ID)
}

// sent is what an attempt at a provider means for the notice.
func (d *pageDelivery) sent(j courier.Job, o owed, r notify.Result) courier.Result {
	if r.OK() {
		done := courier.Result{State: storage.Done, Seq: o.seq, Note: r.Provider + " " + r.ID, Receipt: []byte(r.ID)}
		return o.reports(done, paging.Report{Fate: paging.Sent, Provider: r.ID})
	}
	why := strings.TrimSpace(r.Reason + " " + r.Detail)
	if r.Class == notify.Dead {
		return o.unreachable(j, why)
	}
	out := courier.Result{State: storage.Pending, Note: why, Untried: r.Class != notify.Unknown}
	if r.After > 0 {
		out.At = d.now().Add(min(r.After, time.Minute))
	}
	if r.Class == notify.Unavailable || j.Attempts >= mostSends {
		return o.reports(out, paging.Report{Fate: paging.Failed, Why: why})
	}
	return d.overdue(o, out)
}

// notice is what a page says outside Slack.
func notice(p paging.Page, n paging.Notice, a paging.About) notify.Message {
	subject := strings.TrimSpace(a.Level+" "+a.Title) + " (" + a.ID + ")"
	short := subject
	if p.Folded > 0 {
		short += fmt.Sprintf(" and %d more", p.Folded)
	}
	return notify.Message{Page: p.ID, Subject: subject, Short: short, Long: longNotice(p, a, short), Repeat: p.Repeats(n), Urgency: notify.Urgency(p.Urgency)}
}

// longNotice is all that is worth knowing, line by line.
func longNotice(p paging.Page, a paging.About, head string) string {
	lines := []string{head, ""}
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, name+": "+text)
		}
	}
	add("State", a.State)
	add("Service", a.Service)
	add("Since", a.Since.UTC().Format("2006-01-02 15:04 MST"))
	add("In command", a.Lead)
	add("Asked for by", p.By)
	for _, d := range a.Details {
		add(d.Name, d.Text)
	}
	if a.Update != nil {
		add("Last update", a.Update.Text)
	}
	if a.Place.Name != "" {
		add("Channel", "#"+a.Place.Name)
	}
	for _, l := range a.Links {
		add(l.Text, l.URL)
	}
	return strings.Join(lines, "\n")
}
