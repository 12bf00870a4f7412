package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// pageSubject has what a page is about shown where the page is asked for.
func (f *front) pageSubject(ctx context.Context, in *slackui.Input) error {
	if in.Page == "" || in.Verb != slackui.Show && in.Verb != slackui.Timeline {
		return nil
	}
	p, err := f.desk.PageOf(ctx, in.Page)
	if err != nil {
		return err
	}
	switch kind, _, _ := strings.Cut(p.Subject, "-"); kind {
	case "INC":
		in.Incident = p.Subject
	case "ALERT":
		in.Alert = p.Subject
	default:
		return refusal(incident.Invalid, "%s is a test: it is about nothing.", p.ID)
	}
	return nil
}

// pageVerb answers, escalates, passes on or puts off a page that was named, or the one
// that is open for this person.
func (f *front) pageVerb(ctx context.Context, r request) (*slackui.Message, error) {
	page := r.input.Page
	if page == "" && r.by.Guest && r.input.Verb != slackui.Decline {
		return nil, notForGuests
	}
	if page == "" {
		var err error
		if page, err = f.openPageFor(ctx, r); err != nil {
			return nil, err
		}
	}
	var a desk.Answer
	var err error
	in := r.in()
	in.Words = r.input.Text
	switch r.input.Verb {
	case slackui.HandOver:
		if len(r.input.People) == 0 {
			return f.pageForm(ctx, r, page, slackui.HandOverModal)
		}
		var to string
		if to, err = r.person(f.desk, r.input.People[0]); err == nil {
			a, err = f.desk.HandOver(ctx, in, page, to)
		}
	case slackui.Snooze:
		if r.input.Wait == 0 {
			return f.pageForm(ctx, r, page, slackui.SnoozeModal)
		}
		a, err = f.desk.Snooze(ctx, in, page, r.input.Wait)
	case slackui.Ack:
		a, err = f.desk.Acknowledge(ctx, in, page)
	case slackui.Escalate:
		a, err = f.desk.Escalate(ctx, in, page, r.input.Turn)
	default:
		a, err = f.desk.Decline(ctx, in, page)
	}
	if a.Incident != "" { // where they are a note
		r.input.Text = ""
	}
	return f.reply.answerUnsaid(r, a, err)
}

// pageForm opens a form about a page, unless that is over.
func (f *front) pageForm(ctx context.Context, r request, page string, form func(string, paging.About, slackui.Meta, slackui.Scene) slack.ModalViewRequest) (*slackui.Message, error) {
	p, about, _, err := f.desk.PageShown(ctx, page)
	switch {
	case err != nil:
		return nil, err
	case p.Status == paging.Ended:
		return new(slackui.PageOver(page, incident.Incident{}, f.views.plain())), nil
	}
	return f.reply.openForm(ctx, r, form(page, about, r.meta(""), f.views.plain()))
}

// openPageFor is the open page of the incident that is meant, else the newest
// open page that was sent to this person.
func (f *front) openPageFor(ctx context.Context, r request) (string, error) {
	if r.input.Alert != "" {
		return f.alerts.pageOf(ctx, r.input.Alert)
	}
	i, ok, err := f.places.here(ctx, r.channel, r.thread)
	if r.input.Incident != "" {
		i, err = f.desk.Incident(ctx, r.input.Incident)
		ok = err == nil
	}
	if err != nil {
		return "", err
	}
	if ok {
		if page, err := desk.NewestOpenPage(i); err == nil {
			return page, nil
		}
		passes := r.input.Verb == slackui.HandOver || r.input.Verb == slackui.Snooze
		for _, p := range slices.Backward(i.Pages) {
			if passes && p.By == r.by.Person { // whose it is may pass it on, or put it off
				return p.ID, nil
			}
		}
		return desk.NewestOpenPage(i)
	}
	pages, err := f.desk.OpenPages(ctx, 1000)
	if err != nil {
		return "", err
	}
	for n := len(pages) - 1; n >= 0; n-- {
		if pages[n].Told(r.by.Person) {
			return pages[n].ID, nil
		}
	}
	if len(pages) == 0 {
		return "", refusal(incident.NotFound, "No page is open: nobody is waited for.")
	}
	return "", refusal(incident.NotFound, "No open page was sent to you. Name the page or the incident: for example `%s %s %s`.",
		f.settings.Slack.Commands.Incident[0], r.input.Verb, pages[len(pages)-1].ID)
}

// pressedPage does what a button of a page says. The page itself shows what came of it.
func (f *front) pressedPage(ctx context.Context, r *request, a slackui.Action) (*slackui.Message, error) {
	switch a.Kind {
	case slackui.PageAck:
		done, err := f.desk.Acknowledge(ctx, r.in(), a.Page)
		switch {
		case err != nil:
			return nil, err
		case !done.Changed && done.Paged.Status == paging.Ended:
			return new(slackui.PageOver(a.Page, done.Now, f.views.plain())), nil
		case done.Paged.Owner != r.by.Person:
			return new(slackui.PageMoved(done.Paged, f.views.plain())), nil
		}
		return nil, nil
	case slackui.PageEscalate:
		done, err := f.desk.Escalate(ctx, r.in(), a.Page, a.Turn)
		if err != nil || done.Changed {
			return nil, err
		}
		return new(slackui.PageMoved(done.Paged, f.views.plain())), nil
	case slackui.PageDecline:
		_, err := f.desk.Decline(ctx, r.in(), a.Page)
		return nil, err
	}
	if a.Text == "resolve" { // of the menu, as all that follows
		return f.askToResolve(ctx, r, a.Page)
	}
	r.typed = a.Page + " " + a.Text
	verb, rest, _ := strings.Cut(a.Text, " ")
	r.input = slackui.Parse(verb+" "+a.Page+" "+rest, f.now(), f.people.Zone(r.by.Person))
	m, err := f.dispatch(ctx, *r)
	if m != nil && r.input.Verb == slackui.Snooze && r.input.Wait > 0 {
		return nil, err
	}
	return m, err
}

// askToResolve opens the form that ends a page: that of its incident, if it is about one.
func (f *front) askToResolve(ctx context.Context, r *request, page string) (*slackui.Message, error) {
	p, err := f.desk.PageOf(ctx, page)
	if err == nil && p.Status != paging.Ended && strings.HasPrefix(p.Subject, "INC-") {
		return f.ask(ctx, r, slackui.Action{Kind: slackui.AskResolve, Incident: p.Subject})
	}
	return f.pageForm(ctx, *r, page, slackui.EndPageModal)
}
