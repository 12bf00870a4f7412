package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

const (
	// longestPage is for how long a page may have gone on before it reached somebody.
	longestPage = 7 * 24 * time.Hour
	// pagesAtOnce is how many pages are read from the store at a time.
	pagesAtOnce = 500
)

// openedKey orders pages by when they were opened.
func openedKey(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// Paged are the pages that reached people in [from, to), tests aside. A page counts once
// for each person, when it first reached them, however often it was repeated.
func (q *queries) Paged(ctx context.Context, from, to time.Time) ([]oncall.Paged, error) {
	var out []oncall.Paged
	for after := openedKey(from.Add(-longestPage)); ; {
		rows, err := q.store.List(ctx, indexOpened, "", after, pagesAtOnce)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, fmt.Errorf("list pages: %w", err)
		}
		for _, r := range rows {
			after = r.Key
			p, err := decode[paging.Page](q.versions, r.Record, false)
			if err != nil {
				return nil, err
			}
			if !p.Opened.Before(to) {
				return out, nil
			}
			if _, test := subjectOf(p.Subject).(aboutTest); test {
				continue
			}
			for _, reached := range firstReached(p) {
				if !reached.At.Before(from) && reached.At.Before(to) {
					out = append(out, reached)
				}
			}
		}
		if len(rows) < pagesAtOnce {
			return out, nil
		}
	}
}

// firstReached are the people whom a page reached, each with the first time.
func firstReached(p paging.Page) []oncall.Paged {
	var out []oncall.Paged
	seen := map[string]bool{}
	for _, n := range p.Notices { // in the order in which they were sent
		if n.To.Person != "" && (n.Fate == paging.Sent || n.Fate == paging.Delivered) && !seen[n.To.Person] {
			seen[n.To.Person] = true
			out = append(out, oncall.Paged{Person: n.To.Person, At: n.At})
		}
	}
	return out
}
