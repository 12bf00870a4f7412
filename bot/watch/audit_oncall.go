package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// judge compares whom a page took its steps to stand for with who was on call then by the
// schedules as they are stored: it asks nobody who took part in the paging.
func (a *Auditor) judge(ctx context.Context, page string, claims []paging.Claim) ([]Finding, error) {
	var found []Finding
	var broken error
	onCall := func(schedule string, at time.Time) ([]string, bool) {
		then, err := a.Desk.Then(ctx, schedule, a.then[schedule])
		if err != nil {
			if !errors.Is(err, storage.ErrNotFound) {
				broken = err
			}
			return nil, false
		}
		a.then[schedule] = then
		return then.OnCall(at)
	}
	for _, c := range claims {
		if wrong := c.Against(onCall); wrong != "" {
			found = append(found, Finding{paging.WrongPeople, fmt.Sprintf("%s %s", page, wrong)})
		}
	}
	return found, broken
}
