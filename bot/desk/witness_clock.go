package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// clockLog knows which times the clock has shown twice, in this life or before: the store
// keeps the order of its commits, whatever the clock showed. Of what was so at such a time
// nobody can say whether it was so before what else happened then, or after.
type clockLog struct {
	position uint64 // of the commit that was read last
	last     time.Time
	again    []repeated
}

// repeated are times that were shown twice, the ends among them.
type repeated struct{ from, to time.Time }

// twice says whether the clock has shown one of some times twice.
func (l *clockLog) twice(ctx context.Context, store storage.Store, times ...time.Time) (bool, error) {
	if err := l.follow(ctx, store); err != nil {
		return false, err
	}
	for _, s := range l.again {
		for _, t := range times {
			if !t.Before(s.from) && !t.After(s.to) {
				return true, nil
			}
		}
	}
	return false, nil
}

// follow reads the commits since it was asked last.
func (l *clockLog) follow(ctx context.Context, store storage.Store) error {
	const most = 1000
	for {
		commits, err := store.Changed(ctx, l.position, most)
		if swept, ok := errors.AsType[*storage.SweptError](err); ok {
			l.position = swept.Last
			continue
		}
		if err != nil {
			return fmt.Errorf("read in what order things were stored: %w", err)
		}
		for _, c := range commits {
			if l.last.Sub(c.At) >= settles { // less is between what is stored at once
				l.again = append(l.again, repeated{from: c.At, to: l.last})
			}
			l.position, l.last = c.Position, c.At
		}
		if len(commits) < most {
			return nil
		}
	}
}
