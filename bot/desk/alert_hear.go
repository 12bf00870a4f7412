package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// ErrBusy is returned when so many signals wait that no more are taken: the sender
// must repeat them a moment later.
var ErrBusy = errors.New("too many alerts are waiting to be stored")

const (
	// mostWaiting is how many signals wait to be stored at most.
	mostWaiting = 20_000
	// mostAtOnce is how many signals of one request are stored in one commit.
	mostAtOnce = 512
)

// Heard says what signals came to.
type Heard struct {
	// Accepted is how many there were.
	Accepted int
	// Alerts are those they belong to, in the order of the signals, each once.
	Alerts []string
	// Repeats are how many signals said nothing new; Unknown are those that resolve
	// what never fired here.
	Repeats, Unknown int
}

// heard is a signal on its way to its alert.
type heard struct {
	memberKey
	signal   *alert.Signal
	decision alert.Decision
}

// Hear takes signals that came by an integration. When it returns nil, each of them
// is stored: as an alert, as what became of one, or as a repetition of what is known.
// On an error some may be; they do no harm when they come again. ErrBusy: nothing was
// taken.
func (d *Desk) Hear(ctx context.Context, integration string, signals []alert.Signal) (Heard, error) {
	if err := d.readAlerts(ctx); err != nil {
		return Heard{}, err
	}
	ids := make([]string, len(signals))
	out := Heard{Accepted: len(signals)}
	var news, again []int
	changed := map[string]bool{} // keys of news: what is said of them later is news too
	d.alerts.mu.RLock()
	for n := range signals {
		s := &signals[n]
		at, ok := d.alerts.seats.members[memberKey{integration, s.Key}]
		if ok && !changed[s.Key] && at.alert.nothingNew(at.place, s) {
			ids[n], again = at.alert.id, append(again, n)
			continue
		}
		news = append(news, n)
		if len(signals) > 1 {
			changed[s.Key] = true
		}
	}
	d.alerts.mu.RUnlock()
	for part := range slices.Chunk(news, mostAtOnce) {
		if err := d.hearNews(ctx, integration, signals, part, ids); err != nil {
			return Heard{}, err
		}
	}
	d.countAgain(integration, signals, again)
	out.Repeats = len(again)
	for _, id := range ids {
		if id == "" {
			out.Unknown++
		} else if !slices.Contains(out.Alerts, id) {
			out.Alerts = append(out.Alerts, id)
		}
	}
	return out, nil
}

// countAgain counts signals that said nothing new, once all that came with them is
// stored: else they would be counted again when the sender repeats itself.
func (d *Desk) countAgain(integration string, signals []alert.Signal, which []int) {
	d.alerts.mu.RLock()
	defer d.alerts.mu.RUnlock()
	now := storage.Time(d.Now())
	for _, n := range which {
		s := &signals[n]
		if at, ok := d.alerts.seats.members[memberKey{integration, s.Key}]; ok && s.Status == alert.Firing {
			d.alerts.repeats.count(at.alert, at.place, max(1, s.Count), now)
		}
	}
}

// hearNews stores signals that may say something new, in one commit, and notes the alerts
// they belong to.
func (d *Desk) hearNews(ctx context.Context, integration string, signals []alert.Signal, which []int, ids []string) error {
	if d.waiting.Add(int64(len(which))) > mostWaiting {
		d.waiting.Add(-int64(len(which)))
		return ErrBusy
	}
	defer d.waiting.Add(-int64(len(which)))
	now := storage.Time(d.Now())
	list := make([]heard, len(which))
	for i, n := range which {
		s := &signals[n]
		list[i] = heard{memberKey{integration, s.Key}, s, d.Settings.Router().Route(*s, integration, now)}
	}
	_, err := d.do(ctx, alertsLane, &job{free: true, weight: len(which), run: func(u *unit) (Answer, error) {
		if err := d.readAlerts(u.ctx); err != nil {
			return Answer{}, err
		}
		for i := range list {
			id, err := u.hear(&list[i])
			if err != nil {
				return Answer{}, fmt.Errorf("hear of %s: %w", list[i].signal.Key, err)
			}
			ids[which[i]] = id
		}
		return Answer{}, nil
	}})
	return err
}

// hear takes one signal to the alert it belongs to and returns its id; empty: there is
// none, and none is needed.
func (u *unit) hear(h *heard) (string, error) {
	id := u.alerts.seats.alertOf(h.memberKey)
	if id == "" && h.signal.Status != alert.Firing {
		return "", nil
	}
	if id == "" {
		if id = u.alerts.seats.groupOf(h.decision.Group); id != "" {
			a, err := u.heldAlert(id)
			if err != nil {
				return "", err
			}
			switch {
			case a.record.Reopens(u.at):
			case a.record.State != alert.StateOpen:
				id = ""
			case a.record.Full():
				return u.open(h, id)
			}
		}
	}
	if id == "" {
		return u.open(h, "")
	}
	return id, u.hearOn(id, h)
}

// hearOn puts a signal to the alert it belongs to.
func (u *unit) hearOn(id string, h *heard) error {
	if at := u.d.alerts.seats.members[h.memberKey]; at.alert != nil && at.alert.id == id && u.alerts.held[id] == nil && u.repeats(at, h) {
		return nil
	}
	a, err := u.heldAlert(id)
	if err != nil {
		return err
	}
	hush := u.hushOf(h)
	before := a.seq
	worse := h.signal.Status == alert.Firing && h.decision.Severity.Worse(a.record.Severity)
	if hush == nil && a.record.Silenced(u.at) && (worse || u.fires(&a.record, h)) {
		if err := u.decideAlert(id, alert.Unmute{Why: h.signal.Title + " is not silenced"}); err != nil {
			return err
		}
	}
	was := a.record
	reopened := was.State == alert.StateResolved
	if err := u.decideAlert(id, alert.Hear{Integration: h.integration, Signal: *h.signal, Decision: h.decision}); err != nil {
		return err
	}
	if a.seq == before {
		u.count(h)
		return nil
	}
	switch {
	case a.record.State == alert.StateResolved:
		return u.over(a)
	case reopened:
		if err := u.askAnew(a, hush, &was); err != nil {
			return err
		}
	case was.Acknowledged != nil && was.Acknowledged.By == "" && a.record.Acknowledged == nil: // at the source, for others
		if err := u.leaveAnswered(a, &was); err != nil {
			return err
		}
	}
	if said := a.record.Acknowledged; said != nil && said.By == "" {
		return u.release(&a.record, "acknowledged in "+h.integration)
	}
	if worse {
		if err := u.leaveLesser(a, was.Escalation); err != nil {
			return err
		}
	}
	return u.tell(id)
}

// repeats says whether a signal, by what the index knows, says nothing new, and counts
// it. The index alone does not know that a severity was heard before.
func (u *unit) repeats(at seat, h *heard) bool {
	m := &at.alert.members[at.place]
	switch {
	case h.signal.Status == alert.Resolved && !m.firing:
		return true
	case h.signal.Status != alert.Firing || !m.firing || micros(h.signal.Starts) > m.starts:
		return false
	case h.decision.Severity.Worse(at.alert.severity), h.decision.Page && !at.alert.pages:
		return false
	}
	u.count(h)
	return true
}

// count counts a signal that fires and says nothing new, once the unit is stored.
func (u *unit) count(h *heard) {
	if h.signal.Status == alert.Firing {
		u.alerts.heard = append(u.alerts.heard, repeat{h.memberKey, max(1, h.signal.Count), h.signal.Severity})
	}
}

// fires says whether a signal makes a member fire that did not.
func (u *unit) fires(a *alert.Alert, h *heard) bool {
	m, known := a.Member(h.integration, h.key)
	return h.signal.Status == alert.Firing && (!known || m.Status != alert.Firing)
}

// open opens an alert for a signal; continues is the full one of its group, if any.
func (u *unit) open(h *heard, continues string) (string, error) {
	n, err := u.d.Store.Number(u.ctx, alertPrefix)
	if err != nil {
		return "", fmt.Errorf("number an alert: %w", err)
	}
	id := fmt.Sprintf("%s-%d", alertPrefix, n)
	c := alert.Hear{ID: id, Integration: h.integration, Signal: *h.signal, Decision: h.decision, Hush: u.hushOf(h), Continues: continues}
	var within alert.Alert
	if continues != "" {
		first, err := u.heldAlert(continues)
		if err != nil {
			return "", err
		}
		c.Fold, within = first.record.Page, first.record // nobody is paged twice for one group
		if within.Noise != nil && !h.decision.More(within) {
			c.Noise = within.Noise
		}
		if err := u.decideAlert(continues, alert.Continue{Other: id}); err != nil {
			return "", err
		}
	} else {
		c.Storm = u.alerts.cards.stormOf(h.decision.Channel, u.at)
		if c.Hush == nil && h.decision.Page && h.decision.Declare == 0 {
			c.Fold = u.foldOf(h)
		}
	}
	if c.Fold != "" {
		u.alerts.pages.fold(c.Fold, h.signal.Title)
	}
	u.hold(id, held[alert.Alert]{})
	if err := u.decideAlert(id, c); err != nil {
		return "", err
	}
	u.alerts.heard = append(u.alerts.heard, repeat{key: h.memberKey, said: h.signal.Severity})
	if within.InIncident() {
		return id, u.joinIncident(id, within.Incident)
	}
	return id, u.tell(id)
}

// foldOf is the page on which a signal that opens an alert is counted because those
// whom it would page have had enough; empty: it pages.
func (u *unit) foldOf(h *heard) string {
	d := &h.decision
	k := callKey{d.Escalation, d.Service, d.Severity}
	if newest, known := u.alerts.pages.full[k]; known {
		return newest
	}
	newest := u.capped(u.callFor(&alert.Alert{Escalation: d.Escalation, Service: d.Service, Severity: d.Severity}))
	set(&u.alerts.pages.full, k, newest)
	return newest
}

// callKey is what decides whom an alert pages first.
type callKey struct {
	escalation, service string
	severity            alert.Severity
}

// hushOf is what keeps a signal from paging now; nil: nothing.
func (u *unit) hushOf(h *heard) *alert.Hush {
	var hush *alert.Hush
	if until := storage.Time(h.decision.SilencedUntil); h.decision.Silenced != "" && until.After(u.at) {
		hush = &alert.Hush{Window: h.decision.Silenced, Until: until}
	}
	for _, s := range u.alerts.hushes.all() {
		if s.Active(u.at) && (hush == nil || s.Until.After(hush.Until)) && s.Covers(h.signal, h.integration, h.decision) {
			hush = &alert.Hush{Silence: s.ID, Until: s.Until}
		}
	}
	return hush
}

// askAnew takes an alert that fires again off the page of before, if that was answered, and
// gives it what keeps it from paging now.
func (u *unit) askAnew(a *heldAlert, hush *alert.Hush, was *alert.Alert) error {
	if err := u.leaveAnswered(a, was); err != nil {
		return err
	}
	if a.record.InIncident() {
		if err := u.tellIncident(a); err != nil {
			return err
		}
	}
	if hush != nil {
		return u.decideAlert(a.record.ID, alert.Mute{Hush: *hush})
	}
	if a.record.Hush != nil {
		if err := u.decideAlert(a.record.ID, alert.Unmute{Why: "it fires again"}); err != nil {
			return err
		}
	}
	if a.record.Severity.Worse(was.Severity) && a.record.Severity.Pages() { // than what was answered
		return nil
	}
	return u.waitAgain(a)
}

// patience is how long an alert that fires again waits with its next page when
// somebody has answered the one before, and may still be at it.
const patience = 5 * time.Minute

// waitAgain lets an alert that flaps page no more often than people can work on it.
func (u *unit) waitAgain(a *heldAlert) error {
	if a.record.Answered.IsZero() {
		return nil
	}
	answered := a.record.Answered
	if answered.After(u.at) {
		answered = u.at // the clock was set back
	}
	until := answered.Add(min(patience, a.record.Window))
	return u.decideAlert(a.record.ID, alert.Wait{Until: until, Why: "somebody has answered the page before"})
}

// over does what follows when the last member of an alert is resolved.
func (u *unit) over(a *heldAlert) error {
	if err := u.release(&a.record, a.record.ID+" is resolved"); err != nil {
		return err
	}
	return u.tellIncident(a)
}
