package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// dispatch does what was asked for: by a typed command, a mention, or a button
// that carries one.
func (b *Bot) dispatch(ctx context.Context, r request) (*slackui.Message, error) {
	in := r.input
	s := b.views.plain()
	if in.Problem != "" {
		return nil, &desk.Error{Code: incident.Invalid, Message: in.Problem}
	}
	if err := b.pageSubject(ctx, &r.input); err != nil {
		return nil, err
	}
	in = r.input
	if m, ok, err := b.onAlerts(ctx, r); ok {
		return m, err
	}
	switch in.Verb {
	case slackui.Empty:
		return b.openForm(ctx, r, slackui.DeclareModal(in, r.meta(""), s))
	case slackui.Declare:
		if in.Text == "" {
			return b.openForm(ctx, r, slackui.DeclareModal(in, r.meta(""), s))
		}
		return b.declare(ctx, r)
	case slackui.FreeText:
		return b.offer(ctx, r)
	case slackui.Later:
		m := slackui.NotYet(in)
		return &m, nil
	case slackui.Help:
		m := slackui.HelpText(s)
		return &m, nil
	case slackui.List:
		live, err := b.desk.Worst(ctx)
		if err != nil {
			return nil, err
		}
		m := slackui.ListOf(live, s)
		return &m, nil
	case slackui.Oncall:
		at := in.At
		if at.IsZero() {
			at = b.now()
		}
		watches, err := b.desk.OnCall(in.Text, at)
		if err != nil {
			return nil, err
		}
		m := slackui.OncallNow(b.watches(watches), in.At, s)
		return &m, nil
	case slackui.Duty:
		return b.duty(ctx, r)
	case slackui.Ack, slackui.Escalate, slackui.Decline, slackui.HandOver, slackui.Snooze:
		return b.pageVerb(ctx, r)
	case slackui.Resolve:
		if in.Page != "" {
			a, err := b.desk.EndPage(ctx, r.in(), in.Page, in.Text)
			return b.answer(r, a, err)
		}
	}
	if in.Incident != "" { // a whole command: the desk reads the incident
		if c, err := b.commandFor(r); c != nil || err != nil {
			return b.put(ctx, r, in.Incident, c, err)
		}
	}
	i, asked, err := b.which(ctx, r)
	if err != nil || asked != nil {
		return asked, err
	}
	return b.onIncident(ctx, r, i)
}

// pageSubject has what a page is about shown where the page is asked for.
func (b *Bot) pageSubject(ctx context.Context, in *slackui.Input) error {
	if in.Page == "" || in.Verb != slackui.Show && in.Verb != slackui.Timeline {
		return nil
	}
	p, err := b.desk.PageOf(ctx, in.Page)
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

// declare opens an incident; whoever is named is its commander.
func (b *Bot) declare(ctx context.Context, r request) (*slackui.Message, error) {
	d := desk.Declaration{Title: r.input.Text, Severity: r.input.Severity, Service: r.input.Service}
	if len(r.input.People) > 0 {
		var err error
		if d.Lead, err = b.person(r, r.input.People[0]); err != nil {
			return nil, err
		}
	}
	a, err := b.desk.Declare(ctx, r.in(), d)
	return b.answer(r, a, err)
}

// offer answers text that is no verb: it may be a title, or in an incident's
// channel an update. Nothing is done before they say so.
func (b *Bot) offer(ctx context.Context, r request) (*slackui.Message, error) {
	i, ok, err := b.here(ctx, r.channel, r.thread)
	if err != nil {
		return nil, err
	}
	if ok && r.input.Incident == "" {
		r.input.Incident = i.ID
	}
	m := slackui.OfferDeclare(r.input, b.views.plain())
	return &m, nil
}

func (b *Bot) answer(r request, a desk.Answer, err error) (*slackui.Message, error) {
	if err != nil {
		return nil, err
	}
	m := b.answered(r, a)
	return &m, nil
}

// which says which incident a command is for: the one it names, else the one
// whose channel this is, else for a question the only one that is open; else it asks.
func (b *Bot) which(ctx context.Context, r request) (incident.Incident, *slackui.Message, error) {
	if r.input.Incident != "" {
		i, err := b.desk.Incident(ctx, r.input.Incident)
		return i, nil, err
	}
	if i, ok, err := b.here(ctx, r.channel, r.thread); err != nil || ok {
		return i, nil, err
	}
	if r.input.Maybe != "" {
		if i, err := b.desk.Incident(ctx, r.input.Maybe); err == nil {
			return i, nil, nil
		}
	}
	live, err := b.desk.Worst(ctx)
	if err != nil {
		return incident.Incident{}, nil, err
	}
	if reads := r.input.Verb == slackui.Show || r.input.Verb == slackui.Timeline; reads && len(live) == 1 {
		return live[0], nil, nil
	}
	m := slackui.Asks(r.input, live, b.views.plain())
	return incident.Incident{}, &m, nil
}

// onIncident does what was asked for with one incident.
func (b *Bot) onIncident(ctx context.Context, r request, i incident.Incident) (*slackui.Message, error) {
	in, s := r.input, b.views.plain()
	switch in.Verb {
	case slackui.Show:
		if i.Room.State == incident.RoomThread { // it says where that is
			s = b.views.sceneOf(ctx, i.ID)
		}
		s.Help = b.desk.Help(i.Service)
		m := slackui.StatusOf(i, s)
		return &m, nil
	case slackui.Timeline:
		return b.timeline(ctx, r, i, 0)
	case slackui.Postmortem:
		return b.showDraft(ctx, i)
	case slackui.Page:
		if len(in.Targets) == 0 && len(in.Names) == 0 {
			return b.openForm(ctx, r, slackui.PageModal(i, b.pageable(), r.meta(i.ID)))
		}
		targets, err := b.targets(r)
		if err != nil {
			return nil, err
		}
		a, err := b.desk.Page(ctx, r.in(), i.ID, targets)
		return b.answer(r, a, err)
	}
	if c, err := b.commandFor(r); c != nil || err != nil {
		return b.put(ctx, r, i.ID, c, err)
	}
	view, err := b.formFor(r, i, s)
	if err != nil {
		return nil, err
	}
	return b.openForm(ctx, r, view)
}

// askClose asks whether an incident is to be closed that is not resolved, unless they were
// asked: nobody would be called for it any more.
func (b *Bot) askClose(ctx context.Context, r request, id string) (*slackui.Message, error) {
	i, err := b.desk.Incident(ctx, id)
	if err != nil || r.again || !i.Active() {
		return nil, err
	}
	m := slackui.AskClose(i, b.views.plain())
	return &m, nil
}

// put puts a command to an incident; err is what is wrong with the command.
func (b *Bot) put(ctx context.Context, r request, id string, c incident.Command, err error) (*slackui.Message, error) {
	if err != nil {
		return nil, err
	}
	if _, closes := c.(incident.Close); closes {
		if asked, err := b.askClose(ctx, r, id); asked != nil || err != nil {
			return asked, err
		}
	}
	a, err := b.desk.Change(ctx, r.in(), id, c)
	return b.answer(r, a, err)
}

// commandFor turns what was typed into a command; nil where the text says too little,
// and for what is no command to an incident.
func (b *Bot) commandFor(r request) (incident.Command, error) {
	in := r.input
	switch in.Verb {
	case slackui.Lead:
		if len(in.People) == 0 {
			return incident.SetLead{By: r.by, Person: r.by.Person, Answered: true}, nil
		}
		person, err := b.person(r, in.People[0])
		return incident.SetLead{By: r.by, Person: person, Text: in.Text}, err
	case slackui.Sev:
		return incident.SetSeverity{By: r.by, Severity: in.Severity, Text: in.Text}, nil
	case slackui.Update:
		if in.Text != "" {
			return incident.Update{By: r.by, Text: in.Text}, nil
		}
	case slackui.Note:
		if in.Text != "" {
			return incident.Note{By: r.by, Text: in.Text, At: r.meant(in.At)}, nil
		}
	case slackui.Resolve:
		return incident.Resolve{By: r.by, Text: in.Text}, nil
	case slackui.Reopen:
		if in.Text != "" {
			return incident.Reopen{By: r.by, Text: in.Text}, nil
		}
	case slackui.Close:
		return incident.Close{By: r.by}, nil
	}
	return nil, nil
}

// formFor is the form for a command of which the text said too little.
func (b *Bot) formFor(r request, i incident.Incident, s slackui.Scene) (slack.ModalViewRequest, error) {
	switch r.input.Verb {
	case slackui.Update:
		return slackui.UpdateModal(i, "", r.meta(i.ID)), nil
	case slackui.Note:
		s.Zone, s.Now = b.people.Zone(r.by.Person), b.now()
		return slackui.NoteModal(i, "", r.input.At, r.meta(i.ID), s), nil
	case slackui.Reopen:
		return slackui.ReopenModal(i, "", r.meta(i.ID)), nil
	}
	return slack.ModalViewRequest{}, &desk.Error{Code: incident.Invalid, Message: "I do not know what to do with that. `" + b.settings.Slack.Commands.Incident[0] + " help` lists the commands."}
}

// person is the one somebody named: by mention, by name, or as "me".
func (b *Bot) person(r request, said string) (string, error) {
	if said == slackui.Self {
		return r.by.Person, nil
	}
	return b.desk.Named(said)
}

// targets are those whom a page is for.
func (b *Bot) targets(r request) ([]paging.Target, error) {
	var said []string
	for _, t := range r.input.Targets {
		if t == paging.Target(paging.ToPerson+":"+slackui.Self) {
			t = paging.Target(paging.ToPerson + ":" + r.by.Person)
		}
		said = append(said, string(t))
	}
	return b.desk.Targets(append(said, r.input.Names...)...)
}

// pageVerb answers, escalates, passes on or puts off a page that was named, or the one
// that is open for this person.
func (b *Bot) pageVerb(ctx context.Context, r request) (*slackui.Message, error) {
	page := r.input.Page
	if page == "" {
		var err error
		if page, err = b.openPageFor(ctx, r); err != nil {
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
			return b.pageForm(ctx, r, page, slackui.HandOverModal)
		}
		var to string
		if to, err = b.person(r, r.input.People[0]); err == nil {
			a, err = b.desk.HandOver(ctx, in, page, to)
		}
	case slackui.Snooze:
		if r.input.Wait == 0 {
			return b.pageForm(ctx, r, page, slackui.SnoozeModal)
		}
		a, err = b.desk.Snooze(ctx, in, page, r.input.Wait)
	case slackui.Ack:
		a, err = b.desk.Acknowledge(ctx, in, page)
	case slackui.Escalate:
		a, err = b.desk.Escalate(ctx, in, page, r.input.Turn)
	default:
		a, err = b.desk.Decline(ctx, in, page)
	}
	if a.Incident != "" { // where they are a note
		r.input.Text = ""
	}
	return b.answerUnsaid(r, a, err)
}

// answerUnsaid is answer for what keeps no text: words that stood beside it come back.
func (b *Bot) answerUnsaid(r request, a desk.Answer, err error) (*slackui.Message, error) {
	m, err := b.answer(r, a, err)
	if err == nil && r.input.Text != "" {
		*m = slackui.Unsaid(*m, r.input.Text)
	}
	return m, err
}

// pageForm opens a form about a page, unless that is over.
func (b *Bot) pageForm(ctx context.Context, r request, page string, form func(string, paging.About, slackui.Meta, slackui.Scene) slack.ModalViewRequest) (*slackui.Message, error) {
	p, about, _, err := b.desk.PageShown(ctx, page)
	switch {
	case err != nil:
		return nil, err
	case p.Status == paging.Ended:
		m := slackui.PageOver(page)
		return &m, nil
	}
	return b.openForm(ctx, r, form(page, about, r.meta(""), b.views.plain()))
}

// openPageFor is the open page of the incident that is meant, else the newest
// open page that was sent to this person.
func (b *Bot) openPageFor(ctx context.Context, r request) (string, error) {
	if r.input.Alert != "" {
		return b.pageOfAlert(ctx, r.input.Alert)
	}
	i, ok, err := b.here(ctx, r.channel, r.thread)
	if r.input.Incident != "" {
		i, err = b.desk.Incident(ctx, r.input.Incident)
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
	pages, err := b.desk.OpenPages(ctx, 1000)
	if err != nil {
		return "", err
	}
	for n := len(pages) - 1; n >= 0; n-- {
		if pages[n].Told(r.by.Person) {
			return pages[n].ID, nil
		}
	}
	if len(pages) == 0 {
		return "", &desk.Error{Code: incident.NotFound, Message: "No page is open: nobody is waited for."}
	}
	return "", &desk.Error{Code: incident.NotFound, Message: fmt.Sprintf("No open page was sent to you. Name the page or the incident: for example `%s %s %s`.",
		b.settings.Slack.Commands.Incident[0], r.input.Verb, pages[len(pages)-1].ID)}
}

func (b *Bot) timeline(ctx context.Context, r request, i incident.Incident, before uint64) (*slackui.Message, error) {
	events, err := b.desk.Events(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	s := b.views.scene(ctx, i)
	s.Zone = b.people.Zone(r.by.Person)
	m := slackui.TimelineOf(i, incident.Timeline(events, s.Names), before, s)
	return &m, nil
}

func (b *Bot) showDraft(ctx context.Context, i incident.Incident) (*slackui.Message, error) {
	if i.Status != incident.Closed {
		return nil, &desk.Error{Code: incident.Conflict, Message: i.ID + " is " + string(i.Status) + ": its postmortem draft is written when it is closed. `" +
			b.settings.Slack.Commands.Incident[0] + " timeline " + i.ID + "` shows what has happened."}
	}
	draft, err := b.desk.Draft(ctx, i.ID, b.version)
	if err != nil {
		return nil, err
	}
	d := draftFor(draft)
	d.Link = i.Draft
	m := slackui.PostmortemPost(d)
	return &m, nil
}

// openForm opens a modal. The trigger lives for three seconds: when that is too
// short, the person is told what to type instead.
func (b *Bot) openForm(ctx context.Context, r request, view slack.ModalViewRequest) (*slackui.Message, error) {
	instead := slackui.InsteadOf(view, cmp.Or(r.input.Alert, r.input.Incident), b.views.plain())
	if r.by.Guest { // before they fill it in
		return nil, &desk.Error{Code: incident.Forbidden, Message: "Guests cannot change incidents and alerts here. Ask a member of the workspace to do it for you."}
	}
	if r.trigger == "" { // a message brings none
		m := slackui.NeedsForm(r.input, instead, b.views.plain())
		return &m, nil
	}
	body, err := json.Marshal(view)
	if err != nil {
		return nil, err
	}
	if _, err := b.client.OpenView(ctx, r.trigger, body); err != nil {
		b.log.Warn().Err(err).Msg("open a form")
		return nil, &desk.Error{Code: incident.Conflict, Message: "The form could not be opened in time, and nothing was changed. Try again, or type it: for example `" +
			instead + "`."}
	}
	return nil, nil
}

// meta is what a form carries from where it was asked for.
func (r request) meta(id string) slackui.Meta { return slackui.Meta{Incident: id, Channel: r.channel} }

// pageable are the schedules and teams that a form offers to page.
func (b *Bot) pageable() []paging.Target {
	var out []paging.Target
	for _, name := range b.desk.ScheduleNames() {
		out = append(out, paging.Target(paging.ToSchedule+":"+name))
	}
	for _, t := range b.settings.Teams {
		out = append(out, paging.Target(paging.ToTeam+":"+t.Name))
	}
	return out
}
