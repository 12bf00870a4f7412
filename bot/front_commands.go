package bot

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// dispatch does what was asked for: by a typed command, a mention, or a button
// that carries one.
func (f *front) dispatch(ctx context.Context, r request) (*slackui.Message, error) {
	if r.input.Problem != "" {
		return nil, refusal(incident.Invalid, "%s", r.input.Problem)
	}
	if err := f.pageSubject(ctx, &r.input); err != nil {
		return nil, err
	}
	if m, ok, err := f.alerts.do(ctx, r); ok {
		return m, err
	}
	if m, ok, err := f.asked(ctx, r); ok {
		return m, err
	}
	if r.input.Incident != "" { // the desk reads the incident
		if m, ok, err := f.put(ctx, r, r.input.Incident); ok {
			return m, err
		}
	}
	i, asked, err := f.which(ctx, r)
	if err != nil || asked != nil {
		return asked, err
	}
	return f.onIncident(ctx, r, i)
}

// asked does what is asked for without an incident being meant; ok is false when one is.
func (f *front) asked(ctx context.Context, r request) (m *slackui.Message, ok bool, err error) {
	in, s := r.input, f.views.plain()
	switch in.Verb {
	case slackui.Empty, slackui.Declare:
		if in.Text == "" || in.Verb == slackui.Empty {
			m, err = f.reply.openForm(ctx, r, slackui.DeclareModal(in, r.meta(""), s))
		} else {
			m, err = f.declare(ctx, r)
		}
	case slackui.FreeText:
		m, err = f.offer(ctx, r)
	case slackui.Later:
		m = new(slackui.NotYet(in))
	case slackui.Help:
		m = new(slackui.HelpText(s))
	case slackui.List:
		m, err = f.list(ctx, 0)
	case slackui.Oncall:
		m, err = f.oncall.onCall(r)
	case slackui.Duty:
		m, err = f.oncall.do(ctx, r)
	case slackui.Ack, slackui.Escalate, slackui.Decline, slackui.HandOver, slackui.Snooze:
		m, err = f.pageVerb(ctx, r)
	case slackui.Resolve:
		if in.Page == "" {
			return nil, false, nil
		}
		var a desk.Answer
		a, err = f.desk.EndPage(ctx, r.in(), in.Page, in.Text)
		m, err = f.reply.answer(r, a, err)
	default:
		return nil, false, nil
	}
	return m, true, err
}

// list lists the open incidents from a place on.
func (f *front) list(ctx context.Context, from int) (*slackui.Message, error) {
	live, err := f.desk.Worst(ctx)
	if err != nil {
		return nil, err
	}
	return new(slackui.ListOf(live, from, f.views.plain())), nil
}

// declare opens an incident; whoever is named is its commander.
func (f *front) declare(ctx context.Context, r request) (*slackui.Message, error) {
	d := desk.Declaration{Title: r.input.Text, Severity: r.input.Severity, Service: r.input.Service}
	if len(r.input.People) > 0 {
		var err error
		if d.Lead, err = r.person(f.desk, r.input.People[0]); err != nil {
			return nil, err
		}
	}
	a, err := f.desk.Declare(ctx, r.in(), d)
	return f.reply.answer(r, a, err)
}

// offer answers text that is no verb: it may be a title, or in an incident's
// channel an update. Nothing is done before they say so.
func (f *front) offer(ctx context.Context, r request) (*slackui.Message, error) {
	i, ok, err := f.places.here(ctx, r.channel, r.thread)
	if err != nil {
		return nil, err
	}
	if ok && r.input.Incident == "" {
		r.input.Incident = i.ID
	}
	if r.by.Guest {
		return nil, refusal(incident.Forbidden, "%s", slackui.NotForGuests(r.input, f.views.plain()))
	}
	return new(slackui.OfferDeclare(r.input, f.views.plain())), nil
}

// which says which incident a command is for: the one it names, else the one
// whose channel this is, else for a question the only one that is open; else it asks.
func (f *front) which(ctx context.Context, r request) (incident.Incident, *slackui.Message, error) {
	if r.input.Incident != "" {
		i, err := f.desk.Incident(ctx, r.input.Incident)
		return i, nil, err
	}
	if i, ok, err := f.places.here(ctx, r.channel, r.thread); err != nil || ok {
		return i, nil, err
	}
	if r.input.Maybe != "" {
		if i, err := f.desk.Incident(ctx, r.input.Maybe); err == nil {
			return i, nil, nil
		}
	}
	live, err := f.desk.Worst(ctx)
	if err != nil {
		return incident.Incident{}, nil, err
	}
	if reads := r.input.Verb == slackui.Show || r.input.Verb == slackui.Timeline; reads && len(live) == 1 {
		return live[0], nil, nil
	}
	if r.by.Guest && r.input.Verb != slackui.Show && r.input.Verb != slackui.Timeline && r.input.Verb != slackui.Postmortem {
		return incident.Incident{}, nil, notForGuests
	}
	m := slackui.Asks(r.input, live, f.views.plain())
	return incident.Incident{}, &m, nil
}

// onIncident does what was asked for with one incident.
func (f *front) onIncident(ctx context.Context, r request, i incident.Incident) (*slackui.Message, error) {
	in, s := r.input, f.views.plain()
	switch in.Verb {
	case slackui.Show:
		if i.Room.State == incident.RoomThread { // it says where that is
			s = f.views.sceneOf(ctx, i.ID)
		}
		s.Help = f.desk.Help(i.Service)
		return new(slackui.StatusOf(i, s)), nil
	case slackui.Timeline:
		return f.timeline(ctx, r, i, 0)
	case slackui.Postmortem:
		return f.showDraft(ctx, i)
	case slackui.Page:
		if len(in.Targets) == 0 && len(in.Names) == 0 && i.Active() {
			return f.reply.openForm(ctx, r, slackui.PageModal(i, f.pageable(), r.meta(i.ID)))
		}
		targets, err := f.targets(r)
		if err != nil {
			return nil, err
		}
		a, err := f.desk.Page(ctx, r.in(), i.ID, targets)
		return f.reply.answer(r, a, err)
	}
	if m, ok, err := f.put(ctx, r, i.ID); ok {
		return m, err
	}
	view, err := f.formFor(r, i, s)
	if err != nil {
		return nil, err
	}
	return f.reply.openForm(ctx, r, view)
}

// askClose asks whether an incident is to be closed that is not resolved, unless they were
// asked: nobody would be called for it any more.
func (f *front) askClose(ctx context.Context, r request, id string) (*slackui.Message, error) {
	i, err := f.desk.Incident(ctx, id)
	if err != nil || r.again || r.by.Guest || !i.Active() { // a guest is refused without a question
		return nil, err
	}
	return new(slackui.AskClose(i, f.views.plain())), nil
}

// put puts what was typed to an incident; ok is false when it is no whole command.
func (f *front) put(ctx context.Context, r request, id string) (m *slackui.Message, ok bool, err error) {
	c, err := f.commandFor(r)
	if c == nil || err != nil {
		return nil, err != nil, err
	}
	if _, closes := c.(incident.Close); closes {
		if asked, err := f.askClose(ctx, r, id); asked != nil || err != nil {
			return asked, true, err
		}
	}
	a, err := f.desk.Change(ctx, r.in(), id, c)
	m, err = f.reply.answer(r, a, err)
	return m, true, err
}

// commandFor turns what was typed into a command; nil where the text says too little,
// and for what is no command to an incident.
func (f *front) commandFor(r request) (incident.Command, error) {
	in := r.input
	switch in.Verb {
	case slackui.Lead:
		if len(in.People) == 0 {
			return incident.SetLead{By: r.by, Person: r.by.Person, Answered: true}, nil
		}
		person, err := r.person(f.desk, in.People[0])
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
func (f *front) formFor(r request, i incident.Incident, s slackui.Scene) (slack.ModalViewRequest, error) {
	switch r.input.Verb {
	case slackui.Update:
		return slackui.UpdateModal(i, "", r.meta(i.ID)), nil
	case slackui.Note:
		s.Zone, s.Now = f.people.Zone(r.by.Person), f.now()
		return slackui.NoteModal(i, r.input.At, r.meta(i.ID), s), nil
	case slackui.Reopen:
		return slackui.ReopenModal(i, r.meta(i.ID)), nil
	}
	return slack.ModalViewRequest{}, refusal(incident.Invalid, "I do not know what to do with that. `%s help` lists the commands.", f.settings.Slack.Commands.Incident[0])
}

// targets are those whom a page is for.
func (f *front) targets(r request) ([]paging.Target, error) {
	var said []string
	for _, t := range r.input.Targets {
		if t == paging.Target(paging.ToPerson+":"+slackui.Self) {
			t = paging.Target(paging.ToPerson + ":" + r.by.Person)
		}
		said = append(said, string(t))
	}
	return f.desk.Targets(append(said, r.input.Names...)...)
}

func (f *front) timeline(ctx context.Context, r request, i incident.Incident, before uint64) (*slackui.Message, error) {
	events, err := f.desk.Events(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	s := f.views.scene(ctx, i)
	s.Zone = f.people.Zone(r.by.Person)
	return new(slackui.TimelineOf(i, incident.Timeline(events, s.Names), before, s)), nil
}

func (f *front) showDraft(ctx context.Context, i incident.Incident) (*slackui.Message, error) {
	if i.Status != incident.Closed {
		return nil, refusal(incident.Conflict, "%s is %s: its postmortem draft is written when it is closed. `%s timeline %s` shows what has happened.",
			i.ID, i.Status, f.settings.Slack.Commands.Incident[0], i.ID)
	}
	draft, err := f.desk.Draft(ctx, i.ID, f.version)
	if err != nil {
		return nil, err
	}
	d := draftFor(draft)
	d.Link = i.Draft
	return new(slackui.PostmortemPost(d)), nil
}

// pageable are the schedules and teams that a form offers to page.
func (f *front) pageable() []paging.Target {
	var out []paging.Target
	for _, name := range f.desk.ScheduleNames() {
		out = append(out, paging.Target(paging.ToSchedule+":"+name))
	}
	for _, t := range f.settings.Teams {
		out = append(out, paging.Target(paging.ToTeam+":"+t.Name))
	}
	return out
}
