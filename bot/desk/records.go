package desk

import (
	"context"
	"fmt"
	"strings"

	"github.com/watchbill/watchbill/storage"
)

// walks are the indexes that hold every record of their kind, under keys that no
// two records share.
var walks = []string{indexAll, indexSubject, indexSchedules, indexAlerts, indexAlertsOver, indexNoise, indexSilences, indexHeartbeats, indexDeploys}

// Records names records in a fixed order, about limit at once, from the place that
// an earlier call returned as next; empty: from the start. An empty next is the
// end. A schedule is named with its clock, which need not be there.
func (q *queries) Records(ctx context.Context, from string, limit int) (refs []storage.Ref, next string, err error) {
	index, after, _ := strings.Cut(from, "/")
	for _, walk := range walks {
		if index != "" && index != walk {
			continue
		}
		rows, err := q.store.List(ctx, walk, "", after, max(1, limit-len(refs)))
		if err != nil {
			return refs, from, fmt.Errorf("walk %s: %w", walk, err)
		}
		for _, r := range rows {
			refs = append(refs, r.Ref)
			if walk == indexSchedules {
				refs = append(refs, clockRef(r.ID))
			}
			after = r.Key
		}
		if len(refs) >= limit {
			return refs, walk + "/" + after, nil
		}
		index, after = "", ""
	}
	return refs, "", nil
}
