package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// Witness says who was meant by what at an instant, for whoever judges what pages took to
// be so. It takes no part in paging and asks nobody who does: it reads the stored
// schedules, the configuration and what Slack has said, each on its own.
type Witness struct {
	settings *configs.Config
	people   *Directory
	queries  *queries
	plans    *plans
	since    time.Time // when the process began
	now      func() time.Time
	then     map[string]*then
	fresh    map[string]bool // those of then that were looked at since Refresh
	zones    map[string]*time.Location
	clock    clockLog
}

// settles is how long after a change nobody can be held to it: what was decided before may
// be stored after.
const settles = time.Minute

// NewWitness returns a witness. It must not be asked by two goroutines at once.
func (d *Desk) NewWitness() *Witness {
	return &Witness{settings: d.Settings, people: d.People, queries: d.queries, plans: d.plans, since: d.began, now: d.Now,
		then: map[string]*then{}, fresh: map[string]bool{}, zones: map[string]*time.Location{}}
}

// Refresh has the schedules looked at again: whoever judges must ask for it after they have
// read what they judge.
func (w *Witness) Refresh() { clear(w.fresh) }

// Judge judges a claim. The error is that of a store that could not be read.
func (w *Witness) Judge(ctx context.Context, c paging.Claim) (paging.Verdict, error) {
	if c.Act == paging.Missed && !w.began(c.At) {
		return paging.Verdict{Open: "a return that was missed before this process began: it may have been another release"}, nil
	}
	var broken error
	v := c.Against(paging.Witness{
		Schedule: func(name string, at time.Time) ([]string, bool) {
			people, known, err := w.onCall(ctx, name, at)
			broken = errors.Join(broken, err)
			return people, known
		},
		StandsFor: func(page string, other paging.Moment, to paging.Recipient) (bool, bool) {
			yes, err := w.standsFor(ctx, page, other, to)
			broken = errors.Join(broken, err)
			return yes, err == nil
		},
		Team:  w.team,
		Group: w.people.groupThen,
		Zone:  w.zone,
		Floor: func(m paging.Moment) (must, may []paging.Recipient, known bool) {
			must, may, known, err := w.floor(ctx, m)
			broken = errors.Join(broken, err)
			return must, may, known
		},
	})
	if v.Wrong == "" || broken != nil {
		return v, broken
	}
	twice, err := w.clock.twice(ctx, w.queries.store, c.At, c.Since)
	if twice {
		v = paging.Verdict{Open: "the clock was set back, and showed that time twice"}
	}
	return v, err
}

// standsFor says whether a page may stand for another to somebody.
func (w *Witness) standsFor(ctx context.Context, page string, other paging.Moment, to paging.Recipient) (bool, error) {
	rec, err := w.queries.store.Get(ctx, pageRef(page))
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", page, err)
	}
	p, err := decode[paging.Page](w.queries.versions, rec, false)
	if err != nil {
		return false, err
	}
	sent := slices.ContainsFunc(p.Notices, func(n paging.Notice) bool { return n.To == to })
	if !sent && other.Urgency == paging.Low { // it was to be
		if sent, err = w.planned(ctx, rec, to); err != nil {
			return false, err
		}
	}
	urgent := p.Urgency != paging.Low || other.Urgency == paging.Low
	return strings.HasPrefix(p.Subject, alertPrefix+"-") && p.Policy.Name == other.Policy.Name && urgent && sent, nil
}

// planned says whether somebody was ever to be told of a page later.
func (w *Witness) planned(ctx context.Context, page storage.Record, to paging.Recipient) (bool, error) {
	stored, err := w.queries.store.Events(ctx, page.Ref, 0, int(page.Seq))
	if err != nil {
		return false, fmt.Errorf("read events of %s: %w", page.Ref.ID, err)
	}
	events, err := decodeAll(stored, decodePageEvent)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(events, func(e paging.Event) bool {
		return slices.ContainsFunc(e.Pending, func(q paging.Pending) bool { return q.To == to })
	}), nil
}

// Unpaged says that an incident should have paged somebody, and tells neither whom it did
// nor why it did not. Declaring it, making it worse or opening it again, and that are one commit.
func (w *Witness) Unpaged(ctx context.Context, id string) (bool, error) {
	i, err := w.queries.Incident(ctx, id)
	if err != nil {
		return false, err
	}
	waits := strings.HasPrefix(i.Unpaged, "SEV") // for a severity that it may have no more
	never := i.Severity >= 1 && i.Severity <= 3 && (waits || len(i.Pages) == 0 && i.Unpaged == "")
	return i.Active() && (never || i.Calls), nil
}

// began says whether an instant lies in the life of the process: how it was configured
// before is not known.
func (w *Witness) began(at time.Time) bool {
	return !at.Before(w.since) && !at.After(w.now())
}

func (w *Witness) onCall(ctx context.Context, schedule string, at time.Time) (people []string, known bool, err error) {
	if !w.fresh[schedule] {
		t, err := w.plans.readThen(ctx, schedule, w.then[schedule])
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return nil, false, nil
		case err != nil:
			return nil, false, err
		}
		w.then[schedule], w.fresh[schedule] = t, true
	}
	people, known = w.then[schedule].onCall(at)
	return people, known, nil
}

func (w *Witness) team(name string, at time.Time) (people []string, known bool) {
	for _, t := range w.settings.Teams {
		if strings.EqualFold(t.Name, name) {
			return t.People, w.began(at)
		}
	}
	return nil, w.began(at)
}

func (w *Witness) zone(name string) (*time.Location, bool) {
	if zone, known := w.zones[name]; known || name == "" {
		return zone, zone != nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = nil
	}
	w.zones[name] = zone
	return zone, err == nil
}

// floor are those whom the floor of a page tells that is not a test: by the rules that
// docs/paging.md gives, read on their own.
func (w *Witness) floor(ctx context.Context, m paging.Moment) (must, may []paging.Recipient, known bool, err error) {
	if strings.HasPrefix(m.Subject, testPrefix+"-") {
		return nil, nil, true, nil
	}
	if !w.began(m.At) {
		return nil, nil, false, nil
	}
	people := w.leads(m)
	for _, a := range w.settings.Admins {
		if !isSlackID(strings.TrimSpace(a)) {
			people = append(people, a)
		} else if name, sure := w.people.personThen(a, m.At); sure {
			people = append(people, name)
		} else {
			return nil, nil, false, nil
		}
	}
	last, before, err := w.answered(ctx, m)
	if err != nil {
		return nil, nil, false, err
	}
	people = append(people, last...)
	if channel := w.settings.Slack.IncidentsChannel; channel != "" {
		must = append(must, paging.Recipient{Channel: channel})
	}
	for _, p := range slices.Concat(people, before) {
		may = append(may, paging.Recipient{Person: p})
	}
	if m.By == "" || (incident.Actor{Person: m.By}).Machine() { // else only without Slack
		must = append(must, may[:len(people)]...)
	}
	return must, may, true, nil
}

// leads are those who lead the teams that own and run the service, and those that the
// policy names.
func (w *Witness) leads(m paging.Moment) []string {
	concerned := func(team string) bool {
		for _, s := range w.settings.Services {
			if strings.EqualFold(s.Name, m.Facts.Service) && (strings.EqualFold(s.Owner, team) || strings.EqualFold(s.SRE, team)) {
				return true
			}
		}
		for _, s := range m.Policy.Steps {
			for _, t := range s.Notify {
				if kind, name := t.Split(); kind == paging.ToTeam && strings.EqualFold(name, team) {
					return true
				}
			}
		}
		return false
	}
	var out []string
	for _, t := range w.settings.Teams {
		if concerned(t.Name) {
			out = append(out, t.Leads...)
		}
	}
	return out
}

// answered is who answered the newest page of the policy that had been answered by then.
// Where some were answered about that time, it may be any of them.
func (w *Witness) answered(ctx context.Context, m paging.Moment) (sure, maybe []string, err error) {
	const most = 100
	rows, err := w.queries.store.List(ctx, indexAnswered, answeredKey(m.Policy.Name), "", most)
	if err != nil {
		return nil, nil, fmt.Errorf("list answered pages: %w", err)
	}
	pages, err := decodeRows[paging.Page](w.queries.versions, rows)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range pages {
		switch since := m.At.Sub(p.Answered); {
		case since >= settles && len(maybe) == 0:
			return []string{p.AnsweredBy}, nil, nil
		case since >= settles:
			return nil, append(maybe, p.AnsweredBy), nil
		case since > -settles:
			maybe = append(maybe, p.AnsweredBy)
		}
	}
	return nil, maybe, nil
}

// groupThen are the people who were in a user group at an instant, but for guests who may
// not answer; known is false while it was not known, and right after it has changed.
func (d *Directory) groupThen(id string, at time.Time) (people []string, known bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, changed := range []time.Time{d.listed, d.moved[id], d.renamed} {
		if at.Sub(changed) < settles {
			return nil, false
		}
	}
	for _, m := range d.groups[id] {
		if d.users[m].Guest && !d.sure[m] {
			continue
		}
		name, ok := d.people[m]
		if !ok {
			name = m
		}
		people = append(people, name)
	}
	return people, d.known && !d.listed.IsZero()
}

// personThen is the name of a Slack user at an instant; sure is false where it may have
// been another.
func (d *Directory) personThen(slackID string, at time.Time) (name string, sure bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	name, ok := d.people[slackID]
	if !ok {
		name = slackID
	}
	return name, at.Sub(d.renamed) >= settles
}
