package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// oncallDelivery delivers what schedules owe to people and to their channels, and hints to
// the admins.
type oncallDelivery struct {
	settings *configs.Config
	desk     *desk.Desk
	people   *desk.Directory
	slack    *poster
	news     *news
	pages    *pageDelivery
	views    *views
	log      zerolog.Logger
	now      func() time.Time
}

// deliverWord tells one person, or the schedule's channel, something once.
func (d *oncallDelivery) deliverWord(ctx context.Context, j courier.Job, w desk.Word) courier.Result {
	if w.Kind == desk.SayReminder && !d.now().Before(w.At) {
		return courier.Result{State: storage.Done, Note: "the shift has begun"}
	}
	if w.Kind == desk.SayJoin {
		if p, err := d.desk.PageOf(ctx, w.Page); err == nil && p.Status != paging.Open {
			return courier.Result{State: storage.Done, Note: "answered in time"}
		}
	}
	m, err := d.word(ctx, w)
	if err != nil {
		return d.slack.later(time.Second, err.Error()).Result
	}
	if w.To == "" {
		return d.tellChannel(ctx, j, w.Schedule, m)
	}
	if d.comesUnproven(ctx, w) {
		m = slackui.Unproven(m, d.views.plain())
	}
	return d.tellPerson(ctx, j, j.Seq, w.To, m)
}

// tellPerson sends a person a message, which shows the record at seq. Who cannot be
// reached is given up once it is known who is in Slack.
func (d *oncallDelivery) tellPerson(ctx context.Context, j courier.Job, seq uint64, person string, m slackui.Message) courier.Result {
	to, why := d.pages.address(ctx, paging.Recipient{Person: person})
	switch {
	case why != "" && !d.people.Learned():
		return d.slack.later(2*time.Second, "the workspace's people are not known yet").Result
	case why != "":
		return dead(why).Result
	}
	r, fail := d.slack.direct(ctx, j, to, m)
	if fail != nil {
		return fail.Result
	}
	return done(seq, r)
}

// tellChannel posts to a schedule's channel; where that cannot be used, to the
// incidents channel.
func (d *oncallDelivery) tellChannel(ctx context.Context, j courier.Job, schedule string, m slackui.Message) courier.Result {
	channel := d.scheduleChannel(ctx, schedule)
	if channel == "" {
		var fail *failure
		if channel, fail = d.news.findFor(ctx, j); fail != nil {
			return fail.Result
		}
	}
	posted, fail := d.slack.post(ctx, j, posting{slackio.Posted{Channel: channel}, m, j.Target, j.Created})
	if fail != nil {
		return d.news.refused(fail)
	}
	return done(j.Seq, receipt{Channel: posted.Channel, TS: posted.TS})
}

// scheduleChannel is the channel that a schedule names, if the bot can be in it.
func (d *oncallDelivery) scheduleChannel(ctx context.Context, schedule string) string {
	r, err := d.desk.Schedule(ctx, schedule)
	if err != nil || len(r.Versions) == 0 {
		return ""
	}
	name := strings.TrimPrefix(r.Versions[len(r.Versions)-1].Schedule.Channel, "#")
	if name == "" || name == strings.TrimPrefix(d.settings.Slack.IncidentsChannel, "#") {
		return ""
	}
	ch, barred, err := d.slack.enter(ctx, name)
	if err != nil || barred != "" {
		d.log.Warn().Err(err).Str("schedule", schedule).Str("channel", name).Str("refused", barred).Msg("go into the schedule's channel; the incidents channel is told instead")
		return ""
	}
	return ch.ID
}

func (d *oncallDelivery) word(ctx context.Context, w desk.Word) (slackui.Message, error) {
	s := d.views.plain()
	switch w.Kind {
	case desk.SayHandoff:
		h, err := d.handover(ctx, w)
		return slackui.HandoffMessage(h, s), err
	case desk.SayReminder:
		return slackui.ReminderMessage(w.Schedule, w.At, w.Late, s), nil
	case desk.SayOverride, desk.SayEnded:
		return slackui.OverrideMessage(w.Schedule, w.To, w.By, w.Overrides, w.Kind == desk.SayEnded, s), nil
	case desk.SayRemoved:
		return slackui.RemovedMessage(w.Schedule, w.By, s), nil
	case desk.SayClosed:
		return slackui.ClosedMessage(w.Schedule, w.To, w.By, *w.Request, s), nil
	}
	if w.Kind == desk.SayCopy || w.Kind == desk.SayJoin {
		return d.besidePage(ctx, w)
	}
	return slackui.WatchMessage(w.Schedule, w.Lines, s), nil
}

// besidePage is what a shadow or a mentor is told of a page.
func (d *oncallDelivery) besidePage(ctx context.Context, w desk.Word) (slackui.Message, error) {
	p, about, _, err := d.desk.PageShown(ctx, w.Page)
	if err != nil {
		return slackui.Message{}, err
	}
	if w.Kind == desk.SayCopy {
		return slackui.ShadowCopy(p, about, w.By, d.views.sceneOf(ctx, about.ID)), nil
	}
	return slackui.MentorCall(p, about, w.By, d.views.sceneOf(ctx, about.ID)), nil
}

func (d *oncallDelivery) handover(ctx context.Context, w desk.Word) (slackui.Handover, error) {
	h := slackui.Handover{Schedule: w.Schedule, To: w.To, Handoff: *w.Handoff, Since: w.Since, Missed: w.Missed, Late: w.Late}
	if plan := d.desk.SchedulePlan(w.Schedule); plan != nil {
		if next := plan.Handoffs(w.At.Add(time.Microsecond), w.At.Add(35*24*time.Hour)); len(next) > 0 {
			h.Next = next[0].At
		}
	}
	for _, gather := range []func(context.Context, desk.Word, *slackui.Handover) error{d.handIncidents, d.handPages, d.handAlerts} {
		if err := gather(ctx, w, &h); err != nil {
			return h, err
		}
	}
	return h, nil
}

// mostHanded is how many records of a kind are looked at for one handoff.
const mostHanded = 1000

// handIncidents gathers the incidents that go on, however old, and those that were over
// in the shift.
func (d *oncallDelivery) handIncidents(ctx context.Context, w desk.Word, h *slackui.Handover) error {
	concerns := func(i incident.Incident) bool { return d.keeps(w.Schedule, i.Service) }
	live, err := d.desk.Incidents(ctx, desk.IncidentsAsked{Want: concerns}, mostHanded)
	if err != nil {
		return err
	}
	latest, err := d.desk.Latest(ctx, mostHanded)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, i := range slices.Concat(live, latest) {
		switch {
		case seen[i.ID] || !concerns(i):
		case i.Active():
			h.Open = append(h.Open, i)
		case i.Resolved.After(w.Since) || i.Closed.After(w.Since):
			h.Over = append(h.Over, i)
		}
		seen[i.ID] = true
	}
	slices.SortStableFunc(h.Open, func(a, b incident.Incident) int { return cmp.Compare(a.Severity, b.Severity) })
	return nil
}

// handPages gathers the pages that nobody has answered, and those that come again,
// whatever they are about; a test concerns no schedule.
func (d *oncallDelivery) handPages(ctx context.Context, w desk.Word, h *slackui.Handover) error {
	running, err := d.desk.RunningPages(ctx, mostHanded)
	if err != nil {
		return err
	}
	for _, p := range running {
		service := p.Facts.Service
		switch kind, _, _ := strings.Cut(p.Subject, "-"); kind {
		case "TEST":
			continue
		case "INC":
			i, err := d.desk.Incident(ctx, p.Subject)
			if _, _, gone := desk.Refusal(err); err != nil && !gone {
				return err
			} else if err == nil {
				service = i.Service
			}
		}
		if d.keeps(w.Schedule, service) {
			h.Pages = append(h.Pages, p.Page)
		}
	}
	return nil
}

// handAlerts gathers the alerts that fire, the worst first, those that fire in silence,
// and those that ended in the shift.
func (d *oncallDelivery) handAlerts(ctx context.Context, w desk.Word, h *slackui.Handover) error {
	keeps := func(service string) bool { return d.keeps(w.Schedule, service) }
	firing, err := d.desk.FiringFor(ctx, keeps, slackui.MaxHanded)
	if err != nil {
		return err
	}
	h.Firing = firing.Open - firing.Silenced
	for _, a := range firing.List {
		if !a.Silenced(d.now()) {
			h.Alerts = append(h.Alerts, a)
		}
	}
	quiet, err := d.desk.Suppressed(ctx)
	if err != nil {
		return err
	}
	for _, a := range quiet {
		if a.Silenced(d.now()) && keeps(a.Service) {
			h.Silenced = append(h.Silenced, a)
		}
	}
	ended, err := d.desk.AlertsSince(ctx, w.Since, mostHanded)
	if err != nil {
		return err
	}
	h.EndedMore = len(ended) == mostHanded
	for _, a := range ended {
		if keeps(a.Service) {
			h.Ended = append(h.Ended, a)
		}
	}
	return nil
}

// keeps says whether a service is the business of a schedule.
func (d *oncallDelivery) keeps(schedule, service string) bool {
	s, ok := d.settings.Service(service)
	return !ok || s.Schedule == "" || strings.EqualFold(s.Schedule, schedule)
}

// deliverAsk shows somebody who can answer a request how it stands.
func (d *oncallDelivery) deliverAsk(ctx context.Context, j courier.Job) courier.Result {
	var a desk.Ask
	if err := json.Unmarshal(j.Body, &a); err != nil {
		return dead("decode the request: " + err.Error()).Result
	}
	r, _, seq, _, err := d.desk.ScheduleAt(ctx, a.Schedule)
	if err != nil {
		return d.slack.later(time.Second, err.Error()).Result
	}
	at := slices.IndexFunc(r.Requests, func(q oncall.Request) bool { return q.ID == a.Request })
	if at < 0 {
		return courier.Result{State: storage.Done, Seq: seq, Note: "too old to be shown"}
	}
	q := r.Requests[at]
	m := slackui.RequestMessage(a.Schedule, a.To, q, d.views.plain())
	if kept := readReceipt(j.Receipt); kept.TS != "" {
		return d.pages.editNotice(ctx, j, kept, seq, m)
	}
	if q.Status != oncall.RequestOpen {
		return courier.Result{State: storage.Done, Seq: seq, Note: "answered before it was sent"}
	}
	return d.tellPerson(ctx, j, seq, a.To, m)
}

func (d *oncallDelivery) deliverHint(ctx context.Context, j courier.Job) courier.Result {
	var h desk.Hint
	if err := json.Unmarshal(j.Body, &h); err != nil {
		return dead("decode the hint: " + err.Error()).Result
	}
	if len(j.Receipt) > 0 { // owed again at the moment in which it was told
		return courier.Result{State: storage.Done, Seq: j.Seq, Note: "told before"}
	}
	d.log.Warn().Str("hint", h.Key).Msg(h.Text)
	m := slackui.HintMessage(h.Text, d.views.plain())
	told := receipt{}
	for _, admin := range d.settings.Admins {
		if to, why := d.pages.address(ctx, paging.Recipient{Person: admin}); why == "" {
			r, fail := d.slack.direct(ctx, j, to, m)
			if fail != nil && fail.State == storage.Pending && told.TS == "" {
				return fail.Result
			}
			if fail == nil {
				told = r
			}
		}
	}
	if told.TS != "" {
		return done(j.Seq, told)
	}
	return d.tellChannel(ctx, j, "", m)
}

// comesUnproven says whether a message goes to somebody who comes on call, and nobody
// knows whether a page would wake them.
func (d *oncallDelivery) comesUnproven(ctx context.Context, w desk.Word) bool {
	switch {
	case w.Kind == desk.SayReminder:
	case w.Kind == desk.SayHandoff && w.Handoff != nil && slices.Contains(w.Handoff.In, w.To):
	default:
		return false
	}
	ready, err := d.desk.Ready(ctx, w.To)
	return err == nil && !ready.Proven(d.now())
}
