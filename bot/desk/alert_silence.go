package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// SilenceKind is the kind of the records of silences that people made.
const SilenceKind = "silence"

const silencePrefix = "SIL"

// The events of a silence; they hold it as it is after them.
const (
	silenceMade  = "silence_made"
	silenceEnded = "silence_ended"
	silenceTold  = "silence_told" // its channels know what it has kept
)

func silenceRef(id string) storage.Ref { return storage.Ref{Kind: SilenceKind, ID: id} }

// silenceIndex are the index entries of a silence.
func silenceIndex(s alert.Silence) []storage.Entry {
	return []storage.Entry{{Index: indexSilences, Key: numberKey(s.ID)}}
}

func (u *unit) silence(id string) (alert.Silence, error) {
	return u.alerts.hushes.silences.read(&u.work, silenceShape, id)
}

func (u *unit) setSilence(kind string, s alert.Silence) error {
	return u.alerts.hushes.silences.replace(&u.work, kind, s.ID, s)
}

// makeSilence numbers a silence and records it.
func (u *unit) makeSilence(by incident.Actor, s alert.Silence) (alert.Silence, error) {
	s.By, s.Via, s.Made, s.Until = by.Person, by.Via, u.at, storage.Time(s.Until)
	if err := s.Check(u.at); err != nil {
		return s, err
	}
	n, err := u.d.Store.Number(u.ctx, silencePrefix)
	if err != nil {
		return s, fmt.Errorf("number a silence: %w", err)
	}
	s.ID = fmt.Sprintf("%s-%d", silencePrefix, n)
	if _, err := u.silence(s.ID); err != nil {
		return s, err
	}
	return s, u.setSilence(silenceMade, s)
}

// Silence silences alerts that match, those that fire and those to come. It returns
// how many of those that fire it silenced.
func (d *Desk) Silence(ctx context.Context, in In, s alert.Silence) (alert.Silence, int, error) {
	if err := member(in, "silence alerts"); err != nil {
		return s, 0, err
	}
	match, err := d.knownMatch(s.Match)
	if err != nil {
		return s, 0, err
	}
	s.Match = match
	a, err := d.onAlerts(ctx, in, func(u *unit) (Answer, error) {
		made, err := u.makeSilence(in.By, s)
		return Answer{Silence: made.ID, Changed: true}, err
	})
	if err != nil {
		return s, 0, err
	}
	if s, err = d.SilenceOf(ctx, a.Silence); err != nil {
		return s, 0, err
	}
	n, err := d.applySilence(ctx, s.ID)
	return s, n, err
}

// knownMatch refuses a service that nobody knows: a silence of it would silence
// nothing, and somebody would rely on it.
func (d *Desk) knownMatch(match map[string]string) (map[string]string, error) {
	name := match["service"]
	if name == "" || len(d.Settings.Services) == 0 || strings.ContainsAny(name[:1], "~!=") {
		return match, nil
	}
	s, ok := d.Settings.Service(name)
	if !ok {
		return nil, refuse(incident.NotFound, "I know no service %s, so nothing was silenced. To silence what monitoring calls so all the same, write `service==%s`.", incident.Clip(name, 60), incident.Clip(name, 60))
	}
	match = maps.Clone(match)
	match["service"] = s.Name
	return match, nil
}

func (u *unit) silenceIfCovered(h *heldAlert, id string) (bool, error) {
	s := u.alerts.hushes.silencer(id)
	if s == nil || h.record.State != alert.StateOpen || !s.Active(u.at) {
		return false, nil
	}
	if signal, decision := h.record.Signal(); !s.Covers(&signal, h.record.Integration, decision) {
		return false, nil
	}
	page, before := h.record.Page, h.seq
	if err := u.mute(h, alert.Mute{By: s.By, Via: s.Via, Hush: alert.Hush{Silence: s.ID, Until: s.Until}, Why: s.Why}); err != nil || h.seq == before {
		return true, err
	}
	return true, u.working(page, s.By, s.Via)
}

// mute silences an alert, and ends its page when no other alert needs that.
func (u *unit) mute(h *heldAlert, c alert.Mute) error {
	if h.record.Hush != nil && !h.record.Hush.Until.Before(c.Hush.Until) {
		return nil
	}
	if err := u.decideAlert(h.record.ID, c); err != nil {
		return err
	}
	end := h.record.ID + " is silenced until " + c.Hush.Until.Format("2006-01-02 15:04 MST")
	if h.record.Folded { // whoever answers that page does not answer for what is silenced
		return u.leavePage(h, "", end)
	}
	return u.release(&h.record, end)
}

// Unsilence ends a silence. What it covered and still fires pages now.
func (d *Desk) Unsilence(ctx context.Context, in In, id string) (alert.Silence, int, error) {
	if err := member(in, "end silences"); err != nil {
		return alert.Silence{}, 0, err
	}
	_, err := d.onAlerts(ctx, in, func(u *unit) (Answer, error) {
		s, err := u.silence(id)
		switch {
		case err != nil:
			return Answer{}, err
		case s.ID == "":
			return Answer{}, refuse(incident.NotFound, "There is no silence %s. `/inc silences` shows those that are in force.", incident.Clip(id, 40))
		case !s.Active(u.at):
			return Answer{}, refuse(incident.Conflict, "%s has ended already.", id)
		}
		s.Until, s.EndedBy = u.at, in.By.Person
		return Answer{Silence: id, Changed: true}, u.setSilence(silenceEnded, s)
	})
	if err != nil {
		return alert.Silence{}, 0, err
	}
	s, err := d.SilenceOf(ctx, id)
	if err != nil {
		return s, 0, err
	}
	n, err := d.wakeSilenced(ctx, id, in.By)
	return s, n, err
}

// wakeSilenced wakes what a silence that was ended keeps from paging.
func (d *Desk) wakeSilenced(ctx context.Context, id string, by incident.Actor) (int, error) {
	return d.eachKnown(ctx, func(s *standing) bool { return s.hush == id }, func(u *unit, h *heldAlert) (bool, error) {
		if h.record.Hush == nil || h.record.Hush.Silence != id {
			return false, nil
		}
		return true, u.wakeUp(h, alert.Unmute{By: by.Person, Via: by.Via, Why: id + " was ended"})
	})
}

// wakeUp ends what keeps an alert from paging, unless something else does, and pages.
func (u *unit) wakeUp(h *heldAlert, c alert.Command) error {
	a := &h.record
	signal, decision := a.Signal()
	now := u.d.Settings.Router().Route(signal, a.Integration, u.at)
	decision.Silenced, decision.SilencedUntil = now.Silenced, now.SilencedUntil
	next := u.hushOf(&heard{memberKey: memberKey{integration: a.Integration}, signal: &signal, decision: decision})
	if next != nil {
		return u.decideAlert(a.ID, alert.Mute{Hush: *next})
	}
	if err := u.decideAlert(a.ID, c); err != nil {
		return err
	}
	if said := a.Acknowledged; said != nil && said.By != "" && a.Page == "" && !a.WantsIncident(u.at) {
		return u.answeredPage(h, said.By, said.Via)
	}
	return u.tell(a.ID)
}

// eachKnown puts something to the open alerts that are as asked, some at a time, and counts
// those for which it was true.
func (d *Desk) eachKnown(ctx context.Context, as func(*standing) bool, f func(u *unit, h *heldAlert) (bool, error)) (int, error) {
	const atOnce = 200
	total := 0
	for ids := range slices.Chunk(d.knownAlerts(as), atOnce) {
		n := 0
		_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
			n = 0
			for _, id := range ids {
				h, err := u.heldAlert(id)
				if err != nil {
					return Answer{}, err
				}
				if done, err := f(u, h); err != nil {
					return Answer{}, err
				} else if done {
					n++
				}
			}
			return Answer{}, nil
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// knownAlerts are the ids of the open alerts that are as asked, oldest first.
func (d *Desk) knownAlerts(as func(*standing) bool) []string {
	d.alerts.mu.RLock()
	defer d.alerts.mu.RUnlock()
	var ids []string
	for id, s := range d.alerts.known {
		if s.open && as(s) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, byNumber)
	return ids
}

// SilenceOf returns one silence; a refusal if there is none.
func (d *Desk) SilenceOf(ctx context.Context, id string) (alert.Silence, error) {
	var s alert.Silence
	rec, err := d.Store.Get(ctx, silenceRef(id))
	if err != nil {
		return s, missing(err, "There is no silence %s. `/inc silences` shows those that are in force.", id)
	}
	if err := json.Unmarshal(rec.Body, &s); err != nil {
		return s, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	return s, nil
}

// Silences are those that people made and that hold now, oldest first; with all, the
// others too.
func (d *Desk) Silences(ctx context.Context, all bool) ([]alert.Silence, error) {
	list, err := readAll[alert.Silence](ctx, d.Store, indexSilences, "")
	if err != nil {
		return nil, err
	}
	now := d.Now()
	return slices.DeleteFunc(list, func(s alert.Silence) bool { return !all && !s.Active(now) }), nil
}
