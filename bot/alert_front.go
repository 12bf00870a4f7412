package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

type alertFront struct {
	settings *configs.Config
	desk     *desk.Desk
	people   *desk.Directory
	views    *views
	reply    *replies
	now      func() time.Time
}

// shownAlerts is how many alerts an answer lists.
const shownAlerts = 20

// do does what was asked for with alerts; ok is false when it is about something
// else.
func (f *alertFront) do(ctx context.Context, r request) (m *slackui.Message, ok bool, err error) {
	in := r.input
	switch in.Verb {
	case slackui.Alerts:
		m, err = f.listAlerts(ctx, in.Service)
	case slackui.Silences:
		m, err = f.listSilences(ctx)
	case slackui.Silence:
		m, err = f.silence(ctx, r)
	case slackui.Unsilence:
		m, err = f.unsilence(ctx, r)
	case slackui.Declare, slackui.Show, slackui.Timeline, slackui.Ack, slackui.Noise, slackui.Close, slackui.Resolve:
		if in.Alert == "" {
			return nil, false, nil
		}
		m, err = f.doOne(ctx, r)
	default:
		return nil, false, nil
	}
	return m, true, err
}

// doOne does what was asked for with one alert.
func (f *alertFront) doOne(ctx context.Context, r request) (*slackui.Message, error) {
	id := r.input.Alert
	switch r.input.Verb {
	case slackui.Show:
		a, err := f.views.alertShown(ctx, id)
		if err != nil {
			return nil, err
		}
		return new(slackui.AlertStatus(a, f.views.ofAlert(a.Alert))), nil
	case slackui.Timeline:
		return f.history(ctx, id)
	case slackui.Declare:
		return f.declare(ctx, r)
	}
	var done desk.Answer
	var err error
	switch r.input.Verb {
	case slackui.Ack:
		done, err = f.desk.AcknowledgeAlert(ctx, r.in(), id)
		return f.reply.answerUnsaid(r, done, err)
	case slackui.Noise:
		before := ""
		if a, err := f.desk.Alert(ctx, id); err == nil && a.Noise != nil {
			before = a.Noise.By
		}
		if done, err = f.desk.NotActionable(ctx, r.in(), id, r.input.Text); err == nil {
			return f.noted(ctx, r, id, before)
		}
	default:
		done, err = f.desk.CloseAlert(ctx, r.in(), id, r.input.Text)
	}
	return f.reply.answer(r, done, err)
}

func (f *alertFront) noted(ctx context.Context, r request, id, before string) (*slackui.Message, error) {
	a, err := f.views.alertShown(ctx, id)
	if err != nil {
		return nil, err
	}
	if before == r.by.Person {
		before = ""
	}
	return new(slackui.NoiseNoted(a, before, f.views.plain())), nil
}

// lookedThrough is how many of the open alerts are looked through for a list, the worst
// first.
const lookedThrough = 1000

// listAlerts lists what is open: of a service, or where there is none of that name, what
// is called so.
func (f *alertFront) listAlerts(ctx context.Context, said string) (*slackui.Message, error) {
	s, known := f.settings.Service(said)
	found, err := f.desk.FiringOf(ctx, s.Name, lookedThrough)
	if err != nil {
		return nil, err
	}
	f.asPaged(ctx, found.List)
	if said != "" && !known {
		return f.called(ctx, said, found.List)
	}
	l := slackui.AlertList{Service: s.Name, List: slackui.FoldAlerts(found.List, found.Open, f.now()), Open: found.Open, Silenced: found.Silenced, Folded: found.Folded, Stormed: found.Stormed, Gone: found.Gone}
	if len(l.List) < len(found.List) { // or each silenced one is in it
		for _, h := range found.Hushed {
			l.Hushed = append(l.Hushed, slackui.HushedAlerts{Hush: h.Hush, Total: h.Total, Newest: slackui.Alert{Alert: h.Newest, Link: f.views.alertLink(ctx, h.Newest)}})
		}
	}
	f.linkFirst(ctx, l.List)
	return new(slackui.AlertsOf(l, f.views.plain())), nil
}

// called lists those alerts of a list whose names hold a text, one by one.
func (f *alertFront) called(ctx context.Context, said string, list []alert.Alert) (*slackui.Message, error) {
	l := slackui.AlertList{Name: said}
	for n := range list {
		a := &list[n]
		if !strings.Contains(strings.ToLower(alert.Name(a)+"\n"+a.Title), strings.ToLower(said)) {
			continue
		}
		l.Open++
		if a.Silenced(f.now()) {
			l.Silenced++
		}
		l.List = append(l.List, slackui.AlertGroup{Alert: slackui.Alert{Alert: *a}})
	}
	if l.Open == 0 {
		return nil, refusal(incident.NotFound, "I know no service %s, and no open alert is called so. `/inc alerts` shows the alerts of all.", incident.Clip(said, 60))
	}
	f.linkFirst(ctx, l.List)
	return new(slackui.AlertsOf(l, f.views.plain())), nil
}

// asPaged lets alerts that are counted on the page of another stand as that page does.
func (f *alertFront) asPaged(ctx context.Context, list []alert.Alert) {
	pages := map[string]*alert.Said{}
	for n := range list {
		a := &list[n]
		if !a.Folded || a.Acknowledged != nil {
			continue
		}
		said, known := pages[a.Page]
		if !known {
			if p, err := f.desk.PageOf(ctx, a.Page); err == nil && p.Status == paging.Acknowledged {
				said = &alert.Said{By: p.Owner, At: p.Answered}
			}
			pages[a.Page] = said
		}
		a.Acknowledged = said
	}
}

// linkFirst links those alerts of a list that are shown to their cards.
func (f *alertFront) linkFirst(ctx context.Context, list []slackui.AlertGroup) {
	for n := range list[:min(shownAlerts, len(list))] {
		list[n].Link = f.views.alertLink(ctx, list[n].Alert.Alert)
	}
}

// concerning are the open alerts that concern a person: of the services of their teams, and
// of none.
func (f *alertFront) concerning(ctx context.Context, person string) (slackui.AlertList, error) {
	teams := f.settings.TeamsOf(person)
	theirs := func(service string) bool {
		s, ok := f.settings.Service(service)
		return !ok || slices.ContainsFunc(teams, func(t configs.Team) bool {
			return strings.EqualFold(t.Name, s.Owner) || strings.EqualFold(t.Name, s.SRE)
		})
	}
	found, err := f.desk.FiringFor(ctx, theirs, lookedThrough)
	f.asPaged(ctx, found.List)
	l := slackui.AlertList{List: slackui.FoldAlerts(found.List, found.Open, f.now()), Open: found.Open, Silenced: found.Silenced, Folded: found.Folded, Stormed: found.Stormed, Gone: found.Gone}
	l.List = l.List[:min(len(l.List), slackui.MaxHomeAlerts)]
	f.linkFirst(ctx, l.List)
	return l, err
}

func (f *alertFront) history(ctx context.Context, id string) (*slackui.Message, error) {
	a, err := f.views.alertShown(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := f.desk.AlertEvents(ctx, id)
	if err != nil {
		return nil, err
	}
	return new(slackui.HistoryOf(a, events, f.views.plain())), nil
}

// declare opens an incident for an alert. Typed in one line it is declared at
// once, with the alert's title; the button and the form say more.
func (f *alertFront) declare(ctx context.Context, r request) (*slackui.Message, error) {
	a, taken, err := f.undeclared(ctx, r.input.Alert)
	if err != nil || taken != nil {
		return taken, err
	}
	d := desk.Declaration{Title: r.input.Text, Severity: r.input.Severity, Service: r.input.Service}
	if len(r.input.People) > 0 {
		if d.Lead, err = r.person(f.desk, r.input.People[0]); err != nil {
			return nil, err
		}
	}
	done, err := f.desk.DeclareFromAlert(ctx, r.in(), a.ID, d)
	return f.reply.answer(r, done, err)
}

// undeclared is an alert for which there is no incident yet; taken says whose there is.
func (f *alertFront) undeclared(ctx context.Context, id string) (a slackui.Alert, taken *slackui.Message, err error) {
	if a, err = f.views.alertShown(ctx, id); err == nil && a.InIncident() {
		taken = new(slackui.AlertTaken(a, a.Declared.Reporter.Person, f.views.plain()))
	}
	return a, taken, err
}

// askDeclare opens the form for an incident, filled in with what is known of an alert.
func (f *alertFront) askDeclare(ctx context.Context, r request, id string) (*slackui.Message, error) {
	a, taken, err := f.undeclared(ctx, id)
	if err != nil || taken != nil {
		return taken, err
	}
	r.input.Alert = id
	return f.reply.openForm(ctx, r, slackui.AlertDeclareModal(a.Alert, r.meta(""), f.views.plain()))
}

func (f *alertFront) listSilences(ctx context.Context) (*slackui.Message, error) {
	list, err := f.desk.Silences(ctx, false)
	if err != nil {
		return nil, err
	}
	var windows []slackui.Window
	for _, w := range f.settings.Router().On(f.now()) {
		windows = append(windows, slackui.Window{Name: w.Name, What: w.What, Until: w.Until})
	}
	return new(slackui.SilencesOf(list, windows, f.views.plain())), nil
}

// silence silences an alert, or what matches; where it is not said for how long, a
// form asks.
func (f *alertFront) silence(ctx context.Context, r request) (*slackui.Message, error) {
	in := r.input
	switch {
	case in.Until.IsZero(), in.Alert == "" && len(in.Match) == 0:
		return f.askSilence(ctx, r, in.Alert)
	case in.Alert != "" && len(in.Match) > 0:
		return nil, refusal(incident.Invalid, "Silence one alert, or what alerts have in common, not both at once. Nothing was changed.")
	case in.Alert != "":
		done, err := f.desk.SilenceAlert(ctx, r.in(), in.Alert, in.Until, in.Text)
		return f.reply.answer(r, done, err)
	}
	made, n, err := f.desk.Silence(ctx, r.in(), alert.Silence{Match: in.Match, Until: in.Until, Why: in.Text})
	if err != nil {
		return nil, err
	}
	return new(slackui.SilenceMade(made, n)), nil
}

func (f *alertFront) askSilence(ctx context.Context, r request, id string) (*slackui.Message, error) {
	var a alert.Alert
	if id != "" {
		var err error
		if a, err = f.desk.Alert(ctx, id); err != nil {
			return nil, err
		}
	}
	r.input.Alert = id
	return f.reply.openForm(ctx, r, slackui.SilenceModal(a, r.input, r.meta("")))
}

// unsilence ends a silence: the one that is named, or the one that holds an alert.
func (f *alertFront) unsilence(ctx context.Context, r request) (*slackui.Message, error) {
	id := r.input.Silence
	if r.input.Alert != "" {
		a, err := f.desk.Alert(ctx, r.input.Alert)
		if err != nil {
			return nil, err
		}
		switch h := a.Hush; {
		case !a.Silenced(f.now()):
			return nil, refusal(incident.Conflict, "%s is not silenced.", a.ID)
		case h.Silence == "":
			return nil, refusal(incident.Conflict, "%s is silenced by the maintenance %q of the configuration, until %s. It can be ended only there.", a.ID, h.Window, h.Until.UTC().Format("2006-01-02 15:04 MST"))
		}
		id = a.Hush.Silence
	}
	ended, n, err := f.desk.Unsilence(ctx, r.in(), id)
	if err != nil {
		return nil, f.endedBy(ctx, r, id, err)
	}
	return new(slackui.SilenceEnded(ended, n)), nil
}

// endedBy says who was faster in ending a silence.
func (f *alertFront) endedBy(ctx context.Context, r request, id string, err error) error {
	var refused *desk.Error
	if !errors.As(err, &refused) || refused.Code != incident.Conflict {
		return err
	}
	if s, readErr := f.desk.SilenceOf(ctx, id); readErr == nil && s.EndedBy != "" && s.EndedBy != r.by.Person {
		return refusal(incident.Conflict, "%s has ended %s already, at %s.", f.people.Display(s.EndedBy), s.ID, s.Until.UTC().Format("2006-01-02 15:04 MST"))
	}
	return err
}

// pressed does what a button of an alert's card says.
func (f *alertFront) pressed(ctx context.Context, r request, a slackui.Action) (*slackui.Message, error) {
	r.input.Alert = a.Alert
	switch a.Kind {
	case slackui.AlertAck:
		done, err := f.desk.AcknowledgeAlert(ctx, r.in(), a.Alert)
		if err != nil {
			return nil, err
		}
		if shown, err := f.desk.Alert(ctx, a.Alert); err == nil && shown.Acknowledged != nil && shown.Acknowledged.By == r.by.Person {
			return nil, nil // the card itself shows who has it
		}
		r.input.Verb = slackui.Ack
		return f.reply.answer(r, done, nil)
	case slackui.AskAlertDeclare:
		return f.askDeclare(ctx, r, a.Alert)
	case slackui.AskSilence:
		return f.askSilence(ctx, r, a.Alert)
	case slackui.EndSilence:
		r.input.Alert, r.input.Silence = "", a.Silence
		return f.unsilence(ctx, r)
	}
	if a.Kind == slackui.AlertMenu && a.Text == slackui.MenuHistory {
		return f.history(ctx, a.Alert)
	}
	shown, err := f.desk.Alert(ctx, a.Alert)
	if err != nil {
		return nil, err
	}
	if a.Kind == slackui.AskNoise {
		return f.reply.openForm(ctx, r, slackui.NoiseModal(shown, r.meta("")))
	}
	return f.reply.openForm(ctx, r, slackui.AlertCloseModal(shown, r.meta("")))
}

// pageOf is the page that tells people of an alert.
func (f *alertFront) pageOf(ctx context.Context, id string) (string, error) {
	a, err := f.desk.Alert(ctx, id)
	if err == nil && a.Page == "" {
		err = refusal(incident.Conflict, "%s has no page: %s.", id, f.unpagedBecause(a))
	}
	return a.Page, err
}

// unpagedBecause says why an alert has no page.
func (f *alertFront) unpagedBecause(a alert.Alert) string {
	switch {
	case a.State != alert.StateOpen:
		return "it is " + string(a.State)
	case a.InIncident():
		return a.Incident + " was declared for it and pages instead"
	case a.Silenced(f.now()):
		return "it is silenced"
	case a.Noise != nil:
		return f.people.Display(a.Noise.By) + " says that there is nothing to do about it"
	}
	return "it pages nobody"
}

// outdated shows why a form of an alert could not be carried out. Whoever was faster is
// named.
func (f *alertFront) outdated(ctx context.Context, sub slackui.Submission, text string) slack.ModalViewRequest {
	a, err := f.views.alertShown(ctx, sub.Alert)
	if err != nil {
		a.ID = sub.Alert
	}
	if by := a.Declared.Reporter.Person; sub.Verb == slackui.Declare && by != "" {
		text = fmt.Sprintf("%s declared %s for %s already. Nothing was declared twice.", f.people.Display(by), a.Incident, a.ID)
	}
	return slackui.OutdatedAlert(a, text, sub.Text, f.views.plain())
}
