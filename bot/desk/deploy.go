package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// DeploysKind is the kind of the records of deploys, one for each service.
const DeploysKind = "deploys"

// keptDeploys is how many deploys a service's record keeps, the newest.
const keptDeploys = 20

// deploySkew is how far the clock of whoever deploys may be ahead of ours: what is later
// would stand above all that comes until then.
const deploySkew = 15 * time.Minute

// Deploys are the last changes of one service.
type Deploys struct {
	Service string         `json:"service"`
	List    []alert.Deploy `json:"list"` // newest first
}

// deployed is the one kind of event of deploys: it holds what was added.
const deployed = "deployed"

const indexDeploys = "deploys.all"

func deploysRef(service string) storage.Ref {
	return storage.Ref{Kind: DeploysKind, ID: strings.ToLower(service)}
}

func deploysIndex(d Deploys) []storage.Entry {
	return []storage.Entry{{Index: indexDeploys, Key: strings.ToLower(d.Service)}}
}

// apply returns the record after a deploy.
func (d Deploys) apply(e alert.Deploy) Deploys {
	at, _ := slices.BinarySearchFunc(d.List, e, func(a, b alert.Deploy) int { return b.At.Compare(a.At) })
	list := slices.Insert(slices.Clone(d.List), at, e)
	return Deploys{Service: e.Service, List: list[:min(len(list), keptDeploys)]}
}

// Deployed records deploys; the same one again changes nothing. The cards of the
// service's alerts that fire show them.
func (d *Desk) Deployed(ctx context.Context, list []alert.Deploy) error {
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		for _, e := range list {
			if s, ok := d.Settings.Service(e.Service); ok {
				e.Service = s.Name
			}
			if e.At = storage.Time(e.At); e.At.IsZero() {
				e.At = u.at
			}
			if e.At.After(u.at.Add(deploySkew)) {
				return Answer{}, &alert.Error{Code: alert.Invalid, Message: fmt.Sprintf("The deploy of %s lies in the future: %s. Correct its time, or leave it out for now.", e.Service, e.At.Format(time.RFC3339))}
			}
			if err := u.deployed(e); err != nil {
				return Answer{}, err
			}
		}
		return Answer{}, nil
	})
	return err
}

func (u *unit) deployed(e alert.Deploy) error {
	key := strings.ToLower(e.Service)
	before, err := u.alerts.deploys.read(&u.work, deploysShape, key)
	if err != nil {
		return err
	}
	after := before.apply(e)
	if slices.Contains(before.List, e) || !slices.Contains(after.List, e) {
		return nil // it is known, or older than all that are kept
	}
	stored, err := storedEvent(deployed, e.At, u.at, e)
	if err != nil {
		return err
	}
	u.alerts.deploys.put(key, after, stored)
	ids := u.d.knownAlerts(func(s *standing) bool { return s.own && strings.EqualFold(s.service, e.Service) })
	for _, id := range ids[max(0, len(ids)-mostCards):] {
		a, err := u.heldAlert(id)
		if err != nil {
			return err
		}
		if err := u.oweCard(a); err != nil {
			return err
		}
	}
	return nil
}

// Deploys are the last deploys of a service, newest first.
func (q *queries) Deploys(ctx context.Context, service string) ([]alert.Deploy, error) {
	if service == "" {
		return nil, nil
	}
	var out Deploys
	rec, err := q.store.Get(ctx, deploysRef(service))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the deploys of %s: %w", service, err)
	}
	if err := json.Unmarshal(rec.Body, &out); err != nil {
		return nil, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	return out.List, nil
}
