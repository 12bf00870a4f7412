package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// shownTime is how long an answer waits for what it shows.
const shownTime = time.Second

// shownAlerts is how many alerts an answer lists.
const shownAlerts = 20

// onAlerts does what was asked for with alerts; ok is false when it is about something
// else.
func (b *Bot) onAlerts(ctx context.Context, r request) (m *slackui.Message, ok bool, err error) {
	in := r.input
	switch in.Verb {
	case slackui.Alerts:
		m, err = b.listAlerts(ctx, in.Service)
	case slackui.Silences:
		m, err = b.listSilences(ctx)
	case slackui.Silence:
		m, err = b.silence(ctx, r)
	case slackui.Unsilence:
		m, err = b.unsilence(ctx, r)
	case slackui.Declare, slackui.Show, slackui.Timeline, slackui.Ack, slackui.Noise, slackui.Close, slackui.Resolve:
		if in.Alert == "" {
			return nil, false, nil
		}
		m, err = b.onAlert(ctx, r)
	default:
		return nil, false, nil
	}
	return m, true, err
}

// onAlert does what was asked for with one alert.
func (b *Bot) onAlert(ctx context.Context, r request) (*slackui.Message, error) {
	id := r.input.Alert
	switch r.input.Verb {
	case slackui.Show:
		a, err := b.views.alertShown(ctx, id)
		if err != nil {
			return nil, err
		}
		m := slackui.AlertStatus(a, b.views.ofAlert(a.Alert))
		return &m, nil
	case slackui.Timeline:
		return b.alertHistory(ctx, id)
	case slackui.Declare:
		return b.declareFromAlert(ctx, r)
	}
	var done desk.Answer
	var err error
	switch r.input.Verb {
	case slackui.Ack:
		done, err = b.desk.AcknowledgeAlert(ctx, r.in(), id)
		return b.answerUnsaid(r, done, err)
	case slackui.Noise:
		before := ""
		if a, err := b.desk.Alert(ctx, id); err == nil && a.Noise != nil {
			before = a.Noise.By
		}
		if done, err = b.desk.NotActionable(ctx, r.in(), id, r.input.Text); err == nil {
			return b.noted(ctx, r, id, before)
		}
	default:
		done, err = b.desk.CloseAlert(ctx, r.in(), id, r.input.Text)
	}
	return b.answer(r, done, err)
}

func (b *Bot) noted(ctx context.Context, r request, id, before string) (*slackui.Message, error) {
	a, err := b.views.alertShown(ctx, id)
	if err != nil {
		return nil, err
	}
	if before == r.by.Person {
		before = ""
	}
	m := slackui.NoiseNoted(a, before, b.views.plain())
	return &m, nil
}

// alertAnswered is what a person sees of a command on an alert that was carried out.
func (b *Bot) alertAnswered(r request, done desk.Answer) slackui.Message {
	ctx, cancel := context.WithTimeout(context.Background(), shownTime)
	defer cancel()
	s := b.views.plain()
	a, err := b.views.alertShown(ctx, done.Alert)
	switch {
	case err != nil:
		return slackui.Noted(done.Alert+": done.", s)
	case done.Silence != "":
		made, err := b.desk.SilenceOf(ctx, done.Silence)
		if err != nil {
			return slackui.Noted(done.Alert+" is silenced ("+done.Silence+").", s)
		}
		return slackui.AlertSilenced(a, made, s)
	case a.State == alert.StateClosed:
		return slackui.AlertClosed(a)
	case r.input.Verb == slackui.Noise:
		return slackui.NoiseNoted(a, "", s)
	}
	return slackui.AlertAcked(a, r.by.Person, s)
}

// lookedThrough is how many of the open alerts are looked through for a list, the worst
// first.
const lookedThrough = 1000

// listAlerts lists what is open: of a service, or where there is none of that name, what
// is called so.
func (b *Bot) listAlerts(ctx context.Context, said string) (*slackui.Message, error) {
	s, known := b.settings.Service(said)
	f, err := b.desk.FiringOf(ctx, s.Name, lookedThrough)
	if err != nil {
		return nil, err
	}
	b.asPaged(ctx, f.List)
	if said != "" && !known {
		return b.alertsCalled(ctx, said, f.List)
	}
	l := slackui.AlertList{Service: s.Name, List: slackui.FoldAlerts(f.List, f.Open, b.now()), Open: f.Open, Silenced: f.Silenced, Folded: f.Folded, Stormed: f.Stormed}
	if len(l.List) < len(f.List) { // or each silenced one is in it
		for _, h := range f.Hushed {
			l.Hushed = append(l.Hushed, slackui.HushedAlerts{Hush: h.Hush, Total: h.Total, Newest: slackui.Alert{Alert: h.Newest, Link: b.views.alertLink(ctx, h.Newest)}})
		}
	}
	b.linkFirst(ctx, l.List)
	m := slackui.AlertsOf(l, b.views.plain())
	return &m, nil
}

// alertsCalled lists those alerts of a list whose names hold a text, one by one.
func (b *Bot) alertsCalled(ctx context.Context, said string, list []alert.Alert) (*slackui.Message, error) {
	l := slackui.AlertList{Name: said}
	for n := range list {
		a := &list[n]
		if !strings.Contains(strings.ToLower(alert.Name(a)+"\n"+a.Title), strings.ToLower(said)) {
			continue
		}
		l.Open++
		if a.Silenced(b.now()) {
			l.Silenced++
		}
		l.List = append(l.List, slackui.AlertGroup{Alert: slackui.Alert{Alert: *a}})
	}
	if l.Open == 0 {
		return nil, &desk.Error{Code: incident.NotFound, Message: fmt.Sprintf("I know no service %s, and no open alert is called so. `/inc alerts` shows the alerts of all.", incident.Clip(said, 60))}
	}
	b.linkFirst(ctx, l.List)
	m := slackui.AlertsOf(l, b.views.plain())
	return &m, nil
}

// asPaged lets alerts that are counted on the page of another stand as that page does.
func (b *Bot) asPaged(ctx context.Context, list []alert.Alert) {
	pages := map[string]*alert.Said{}
	for n := range list {
		a := &list[n]
		if !a.Folded || a.Acknowledged != nil {
			continue
		}
		said, known := pages[a.Page]
		if !known {
			if p, err := b.desk.PageOf(ctx, a.Page); err == nil && p.Status == paging.Acknowledged {
				said = &alert.Said{By: p.Owner, At: p.Answered}
			}
			pages[a.Page] = said
		}
		a.Acknowledged = said
	}
}

// linkFirst links those alerts of a list that are shown to their cards.
func (b *Bot) linkFirst(ctx context.Context, list []slackui.AlertGroup) {
	for n := range list[:min(shownAlerts, len(list))] {
		list[n].Link = b.views.alertLink(ctx, list[n].Alert.Alert)
	}
}

// alertsFor are the open alerts that concern a person: of the services of their teams, and
// of none.
func (b *Bot) alertsFor(ctx context.Context, person string) (slackui.AlertList, error) {
	teams := b.settings.TeamsOf(person)
	theirs := func(service string) bool {
		s, ok := b.settings.Service(service)
		return !ok || slices.ContainsFunc(teams, func(t configs.Team) bool {
			return strings.EqualFold(t.Name, s.Owner) || strings.EqualFold(t.Name, s.SRE)
		})
	}
	f, err := b.desk.FiringFor(ctx, theirs, lookedThrough)
	b.asPaged(ctx, f.List)
	l := slackui.AlertList{List: slackui.FoldAlerts(f.List, f.Open, b.now()), Open: f.Open, Silenced: f.Silenced, Folded: f.Folded, Stormed: f.Stormed}
	l.List = l.List[:min(len(l.List), slackui.MaxHomeAlerts)]
	b.linkFirst(ctx, l.List)
	return l, err
}

func (b *Bot) alertHistory(ctx context.Context, id string) (*slackui.Message, error) {
	a, err := b.views.alertShown(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := b.desk.AlertEvents(ctx, id)
	if err != nil {
		return nil, err
	}
	m := slackui.HistoryOf(a, events, b.views.plain())
	return &m, nil
}

// declareFromAlert opens an incident for an alert. Typed in one line it is declared at
// once, with the alert's title; the button and the form say more.
func (b *Bot) declareFromAlert(ctx context.Context, r request) (*slackui.Message, error) {
	a, err := b.views.alertShown(ctx, r.input.Alert)
	if err != nil {
		return nil, err
	}
	if a.InIncident() {
		m := slackui.AlertTaken(a, a.Declared.Reporter.Person, b.views.plain())
		return &m, nil
	}
	d := desk.Declaration{Title: r.input.Text, Severity: r.input.Severity, Service: r.input.Service}
	if len(r.input.People) > 0 {
		if d.Lead, err = b.person(r, r.input.People[0]); err != nil {
			return nil, err
		}
	}
	done, err := b.desk.DeclareFromAlert(ctx, r.in(), a.ID, d)
	return b.answer(r, done, err)
}

// askDeclare opens the form for an incident, filled in with what is known of an alert.
func (b *Bot) askDeclare(ctx context.Context, r request, id string) (*slackui.Message, error) {
	a, err := b.views.alertShown(ctx, id)
	if err != nil {
		return nil, err
	}
	if a.InIncident() {
		m := slackui.AlertTaken(a, a.Declared.Reporter.Person, b.views.plain())
		return &m, nil
	}
	r.input.Alert = id
	return b.openForm(ctx, r, slackui.AlertDeclareModal(a.Alert, slackui.Input{}, r.meta(""), b.views.plain()))
}

func (b *Bot) listSilences(ctx context.Context) (*slackui.Message, error) {
	list, err := b.desk.Silences(ctx, false)
	if err != nil {
		return nil, err
	}
	var windows []slackui.Window
	for _, w := range b.settings.Router().On(b.now()) {
		windows = append(windows, slackui.Window{Name: w.Name, What: w.What, Until: w.Until})
	}
	m := slackui.SilencesOf(list, windows, b.views.plain())
	return &m, nil
}

// silence silences an alert, or what matches; where it is not said for how long, a
// form asks.
func (b *Bot) silence(ctx context.Context, r request) (*slackui.Message, error) {
	in := r.input
	switch {
	case in.Until.IsZero(), in.Alert == "" && len(in.Match) == 0:
		return b.askSilence(ctx, r, in.Alert)
	case in.Alert != "" && len(in.Match) > 0:
		return nil, &desk.Error{Code: incident.Invalid, Message: "Silence one alert, or what alerts have in common, not both at once. Nothing was changed."}
	case in.Alert != "":
		done, err := b.desk.SilenceAlert(ctx, r.in(), in.Alert, in.Until, in.Text)
		return b.answer(r, done, err)
	}
	made, n, err := b.desk.Silence(ctx, r.in(), alert.Silence{Match: in.Match, Until: in.Until, Why: in.Text})
	if err != nil {
		return nil, err
	}
	m := slackui.SilenceMade(made, n)
	return &m, nil
}

func (b *Bot) askSilence(ctx context.Context, r request, id string) (*slackui.Message, error) {
	var a alert.Alert
	if id != "" {
		var err error
		if a, err = b.desk.Alert(ctx, id); err != nil {
			return nil, err
		}
	}
	r.input.Alert = id
	return b.openForm(ctx, r, slackui.SilenceModal(a, r.input, r.meta("")))
}

// unsilence ends a silence: the one that is named, or the one that holds an alert.
func (b *Bot) unsilence(ctx context.Context, r request) (*slackui.Message, error) {
	id := r.input.Silence
	if r.input.Alert != "" {
		a, err := b.desk.Alert(ctx, r.input.Alert)
		if err != nil {
			return nil, err
		}
		switch h := a.Hush; {
		case !a.Silenced(b.now()):
			return nil, &desk.Error{Code: incident.Conflict, Message: a.ID + " is not silenced."}
		case h.Silence == "":
			return nil, &desk.Error{Code: incident.Conflict, Message: fmt.Sprintf("%s is silenced by the maintenance %q of the configuration, until %s. It can be ended only there.", a.ID, h.Window, h.Until.UTC().Format("2006-01-02 15:04 MST"))}
		}
		id = a.Hush.Silence
	}
	ended, n, err := b.desk.Unsilence(ctx, r.in(), id)
	if err != nil {
		return nil, b.endedBy(ctx, r, id, err)
	}
	m := slackui.SilenceEnded(ended, n)
	return &m, nil
}

// endedBy says who was faster in ending a silence.
func (b *Bot) endedBy(ctx context.Context, r request, id string, err error) error {
	var refused *desk.Error
	if !errors.As(err, &refused) || refused.Code != incident.Conflict {
		return err
	}
	if s, readErr := b.desk.SilenceOf(ctx, id); readErr == nil && s.EndedBy != "" && s.EndedBy != r.by.Person {
		return &desk.Error{Code: incident.Conflict, Message: fmt.Sprintf("%s has ended %s already, at %s.", b.people.Display(s.EndedBy), s.ID, s.Until.UTC().Format("2006-01-02 15:04 MST"))}
	}
	return err
}

// pressedAlert does what a button of an alert's card says.
func (b *Bot) pressedAlert(ctx context.Context, r request, a slackui.Action) (*slackui.Message, error) {
	r.input.Alert = a.Alert
	switch a.Kind {
	case slackui.AlertAck:
		done, err := b.desk.AcknowledgeAlert(ctx, r.in(), a.Alert)
		if err != nil {
			return nil, err
		}
		if shown, err := b.desk.Alert(ctx, a.Alert); err == nil && shown.Acknowledged != nil && shown.Acknowledged.By == r.by.Person {
			return nil, nil // the card itself shows who has it
		}
		r.input.Verb = slackui.Ack
		return b.answer(r, done, nil)
	case slackui.AskAlertDeclare:
		return b.askDeclare(ctx, r, a.Alert)
	case slackui.AskSilence:
		return b.askSilence(ctx, r, a.Alert)
	case slackui.EndSilence:
		r.input.Alert, r.input.Silence = "", a.Silence
		return b.unsilence(ctx, r)
	}
	if a.Kind == slackui.AlertMenu && a.Text == slackui.MenuHistory {
		return b.alertHistory(ctx, a.Alert)
	}
	shown, err := b.desk.Alert(ctx, a.Alert)
	if err != nil {
		return nil, err
	}
	if a.Kind == slackui.AskNoise {
		return b.openForm(ctx, r, slackui.NoiseModal(shown, r.meta("")))
	}
	return b.openForm(ctx, r, slackui.AlertCloseModal(shown, r.meta("")))
}

// pageOfAlert is the page that tells people of an alert.
func (b *Bot) pageOfAlert(ctx context.Context, id string) (string, error) {
	a, err := b.desk.Alert(ctx, id)
	if err == nil && a.Page == "" {
		err = &desk.Error{Code: incident.Conflict, Message: id + " has no page: " + b.unpagedBecause(a) + "."}
	}
	return a.Page, err
}

// unpagedBecause says why an alert has no page.
func (b *Bot) unpagedBecause(a alert.Alert) string {
	switch {
	case a.State != alert.StateOpen:
		return "it is " + string(a.State)
	case a.InIncident():
		return a.Incident + " was declared for it and pages instead"
	case a.Silenced(b.now()):
		return "it is silenced"
	case a.Noise != nil:
		return b.people.Display(a.Noise.By) + " says that there is nothing to do about it"
	}
	return "it pages nobody"
}

// Silencing is what somebody wants silenced.
type Silencing struct {
	Alert string            // ALERT-7; else Match
	Match map[string]string // conditions
	Until time.Time
	Why   string
}

// ReadSilence reads what shall be silent, until when and why, as people type it in
// Slack: "ALERT-7 2h we know", "service=checkout until 18:00 deploy". Times of day are
// in a zone. Problem is a sentence when it cannot be understood.
func ReadSilence(words []string, now time.Time, zone *time.Location) (s Silencing, problem string) {
	typed := make([]string, len(words))
	for n, w := range words {
		if name, value, ok := strings.Cut(w, "="); ok && strings.ContainsAny(value, " \t") {
			w = name + `="` + value + `"`
		}
		typed[n] = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(w)
	}
	in := slackui.Parse("silence "+strings.Join(typed, " "), now, zone)
	switch {
	case in.Problem != "":
		return s, in.Problem
	case in.Verb != slackui.Silence, in.Alert == "" && len(in.Match) == 0:
		return s, "Say what shall be silent, for how long, and why: `silence ALERT-7 2h we know` or `silence service=checkout until 18:00 deploy`."
	case in.Until.IsZero():
		return s, "Say for how long: 30m, 2h, 1d, or until 18:00."
	}
	return Silencing{Alert: in.Alert, Match: in.Match, Until: in.Until, Why: in.Text}, ""
}
