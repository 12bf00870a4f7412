package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

const (
	// ProofLife is how long an answer proves that a way reaches somebody: phones are
	// replaced, apps signed out, mail filters changed.
	ProofLife = 90 * 24 * time.Hour
	// testLife is how long a test page waits for its answer.
	testLife = 10 * time.Minute
)

// Way is one way to a person.
type Way struct {
	paging.Contact
	// Proven is when they last answered a page by it; zero: never, or not at the
	// address that it has now.
	Proven time.Time
}

// Readiness is how somebody can be reached.
type Readiness struct {
	Person string
	Ways   []Way
	// Why says why they cannot be reached at all; empty: they can.
	Why string
}

// Proven says whether any way to the person is proven at an instant.
func (r Readiness) Proven(now time.Time) bool {
	for _, w := range r.Ways {
		if !w.Proven.IsZero() && now.Sub(w.Proven) < ProofLife {
			return true
		}
	}
	return false
}

// reach knows how people can be reached.
type reach struct {
	settings *configs.Config
	people   *Directory
	store    storage.Store
	versions *versions
}

// Ready returns how a person can be reached, and what of it is proven.
func (r *reach) Ready(ctx context.Context, person string) (Readiness, error) {
	out := Readiness{Person: person, Why: r.Unreachable(person)}
	for _, c := range r.contacts(person) {
		w := Way{Contact: c}
		rows, err := r.store.List(ctx, indexProof, proofKey(person, c.Method), "", 1)
		if err != nil {
			return out, fmt.Errorf("look for what is proven of %s: %w", person, err)
		}
		for _, row := range rows {
			p, err := decode[paging.Page](r.versions, row.Record, false)
			if err != nil {
				return out, err
			}
			if p.Proof == r.proof(person, c.Method) {
				w.Proven = p.Answered
			}
		}
		out.Ways = append(out.Ways, w)
	}
	return out, nil
}

// proofKey begins the keys of the pages that prove a way to a person.
func proofKey(person string, m paging.Method) string { return person + "/" + string(m) + "/" }

// proof tells the address by which a method reaches a person without saying it; empty
// for what is no way to a person: a command line, an API.
func (r *reach) proof(person string, m paging.Method) string {
	address := r.settings.AddressOf(person, m)
	if m == paging.Slack {
		address, _ = r.people.Slack(person)
	}
	if address == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(string(m) + "\x00" + address))
	return hex.EncodeToString(sum[:6])
}

// Test pages whoever asks, about nothing, once by each of their ways, or by one of
// them: what they acknowledge is proven. It returns the ways.
func (d *Desk) Test(ctx context.Context, in In, only paging.Method) ([]Way, error) {
	if err := member(in, "test pages"); err != nil {
		return nil, err
	}
	if why := d.Unreachable(in.By.Person); why != "" && in.By.Via != "slack" {
		return nil, refuse(incident.Conflict, "%s %s.", in.By.Person, why)
	}
	r, err := d.Ready(ctx, in.By.Person)
	if err != nil {
		return nil, err
	}
	var out []Way
	for _, w := range r.Ways {
		if only != "" && only != w.Method {
			continue
		}
		if err := d.testWay(ctx, in, w.Method); err != nil {
			return out, err
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		return nil, refuse(incident.NotFound, "Pages do not reach you by %s: it is not among your ways. `/oncall ready` shows them.", incident.Clip(string(only), 40))
	}
	return out, nil
}

func (d *Desk) testWay(ctx context.Context, in In, m paging.Method) error {
	cause := ""
	if in.Cause != "" {
		cause = in.Cause + "/" + string(m)
	}
	_, err := d.do(ctx, "test/"+in.By.Person, &job{cause: cause, run: func(u *unit) (Answer, error) {
		n, err := d.Store.Number(u.ctx, "PAGE")
		if err != nil {
			return Answer{}, fmt.Errorf("number a page: %w", err)
		}
		id := fmt.Sprintf("PAGE-%d", n)
		w := u.world()
		w.Reach = func(string) []paging.Contact { return []paging.Contact{{Method: m}} }
		// Its one step outlasts it: a test that is not answered just ends.
		policy := paging.Policy{Name: "test", Steps: []paging.Step{{Notify: []paging.Target{paging.Target("person:" + in.By.Person)}, Wait: 2 * testLife}}}
		err = u.decidePage(id, paging.Begin{ID: id, Subject: fmt.Sprintf("TEST-%d", n), Policy: policy, By: in.By.Person, Ends: u.at.Add(testLife), World: w})
		return Answer{Page: id, Changed: true}, err
	}})
	return err
}

// reaches refuses whom nobody knows, and a person whom a page would not reach.
func (d *Desk) reaches(t paging.Target) error {
	if err := d.knows(t); err != nil {
		return err
	}
	if kind, name := t.Split(); kind == paging.ToPerson {
		if why := d.Unreachable(name); why != "" {
			return refuse(incident.Conflict, "%s %s. Name somebody else.", incident.Clip(d.People.Display(name), 60), why)
		}
	}
	return nil
}

// Unreachable says why a page would not reach a person, to stand behind their name:
// "has no account …". It is empty for those who can be reached, and while Slack's
// people are not known yet.
func (r *reach) Unreachable(person string) string {
	if !r.people.Learned() {
		return ""
	}
	id, ok := r.people.Slack(person)
	user, known := r.people.User(id)
	switch {
	case (!ok || !known) && len(r.settings.Reachable(person)) == 0:
		return "has no account in Slack that Watchbill knows and no other way to be paged: add `slack:` or `email:` under `people:`"
	case user.Deleted:
		return "has a deactivated account in Slack and cannot be paged: take them off the schedule"
	}
	return ""
}
