package memory

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Store is a storage.Store in memory.
type Store struct {
	mu     sync.Mutex
	faults func(op string, changes []storage.Change) Fault
	closed bool

	records  map[storage.Ref]storage.Record
	events   map[storage.Ref][]storage.Event
	index    map[place]map[storage.Ref]bool // whether the entry is unique
	effects  map[uint64]storage.Effect
	receipts map[string][]byte
	causes   map[string]storage.Cause
	numbers  map[string]uint64
	commits  []commit

	lastEffect uint64
	position   uint64    // the last one given
	swept      uint64    // the last one forgotten
	moment     time.Time // of the last commit that named a time
}

type place struct{ index, key string }

type commit struct {
	storage.Commit
	at     time.Time
	causes []storage.Cause
}

var _ storage.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		records:  map[storage.Ref]storage.Record{},
		events:   map[storage.Ref][]storage.Event{},
		index:    map[place]map[storage.Ref]bool{},
		effects:  map[uint64]storage.Effect{},
		receipts: map[string][]byte{},
		causes:   map[string]storage.Cause{},
		numbers:  map[string]uint64{},
	}
}

// do runs one call under the lock, as the faults allow.
func (s *Store) do(ctx context.Context, op string, changes []storage.Change, f func() error) error {
	after, err := s.enter(ctx, op, changes)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.ErrClosed
	}
	if err := f(); err != nil {
		return err
	}
	return after
}

// Number implements storage.Store.
func (s *Store) Number(ctx context.Context, kind string) (n uint64, err error) {
	if err := storage.CheckNumber(kind); err != nil {
		return 0, err
	}
	err = s.do(ctx, "number", nil, func() error {
		s.numbers[kind]++
		n = s.numbers[kind]
		return nil
	})
	return n, err
}

// Get implements storage.Store.
func (s *Store) Get(ctx context.Context, ref storage.Ref) (r storage.Record, err error) {
	err = s.do(ctx, "get", nil, func() error {
		found, ok := s.records[ref]
		if !ok {
			return storage.ErrNotFound
		}
		r = cloneRecord(found)
		return nil
	})
	return r, err
}

// List implements storage.Store.
func (s *Store) List(ctx context.Context, index, prefix, after string, limit int) (rows []storage.Row, err error) {
	err = s.do(ctx, "list", nil, func() error {
		for _, f := range s.found(index, prefix, after) {
			if limit > 0 && len(rows) == limit {
				break
			}
			rows = append(rows, storage.Row{Key: f.key, Record: cloneRecord(s.records[f.ref])})
		}
		return nil
	})
	return rows, err
}

// Events implements storage.Store.
func (s *Store) Events(ctx context.Context, ref storage.Ref, after uint64, limit int) (events []storage.Event, err error) {
	err = s.do(ctx, "events", nil, func() error {
		all := s.events[ref]
		all = all[min(after, uint64(len(all))):]
		if limit > 0 && len(all) > limit {
			all = all[:limit]
		}
		events = append(events, cloneEvents(all)...)
		return nil
	})
	return events, err
}

// Changed implements storage.Store.
func (s *Store) Changed(ctx context.Context, after uint64, limit int) (commits []storage.Commit, err error) {
	err = s.do(ctx, "changed", nil, func() error {
		if after < s.swept {
			return &storage.SweptError{Last: s.swept}
		}
		for _, c := range s.commits {
			if c.Position <= after || len(c.Changed) == 0 {
				continue
			}
			if limit > 0 && len(commits) == limit {
				break
			}
			commits = append(commits, storage.Commit{Position: c.Position, At: c.at, Changed: slices.Clone(c.Changed)})
		}
		return nil
	})
	return commits, err
}

// Due implements storage.Store.
func (s *Store) Due(ctx context.Context, until time.Time, limit int) (rows []storage.DueRow, err error) {
	err = s.do(ctx, "due", nil, func() error {
		for ref, r := range s.records {
			if !r.Due.IsZero() && !r.Due.After(until) {
				rows = append(rows, storage.DueRow{Ref: ref, At: r.Due})
			}
		}
		slices.SortFunc(rows, func(a, b storage.DueRow) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			return compareRefs(a.Ref, b.Ref)
		})
		if limit > 0 && len(rows) > limit {
			rows = rows[:limit]
		}
		return nil
	})
	return rows, err
}

// Cause implements storage.Store.
func (s *Store) Cause(ctx context.Context, key string) (answer []byte, found bool, err error) {
	err = s.do(ctx, "cause", nil, func() error {
		c, ok := s.causes[key]
		answer, found = slices.Clone(c.Answer), ok
		return nil
	})
	return answer, found, err
}

// Effects implements storage.Store.
func (s *Store) Effects(ctx context.Context, after uint64, limit int, states ...storage.State) (effects []storage.Effect, err error) {
	err = s.do(ctx, "effects", nil, func() error {
		for _, id := range slices.Sorted(maps.Keys(s.effects)) {
			e := s.effects[id]
			if id <= after || len(states) > 0 && !slices.Contains(states, e.State) {
				continue
			}
			if limit > 0 && len(effects) == limit {
				break
			}
			effects = append(effects, cloneEffect(e))
		}
		return nil
	})
	return effects, err
}

// Receipt implements storage.Store.
func (s *Store) Receipt(ctx context.Context, target string) (body []byte, err error) {
	err = s.do(ctx, "receipt", nil, func() error {
		body = slices.Clone(s.receipts[target])
		return nil
	})
	return body, err
}

// sweepStep is how many rows of each kind one Sweep forgets.
const sweepStep = 1000

// Sweep implements storage.Store.
func (s *Store) Sweep(ctx context.Context, now time.Time) (more bool, err error) {
	err = s.do(ctx, "sweep", nil, func() error {
		maps.DeleteFunc(s.causes, func(_ string, c storage.Cause) bool { return c.At.Before(now.Add(-storage.CauseLife)) })
		old := now.Add(-storage.SettledLife)
		n := 0
		for n < len(s.commits) && n < sweepStep && s.commits[n].at.Before(old) {
			s.swept = s.commits[n].Position
			n++
		}
		more = n == sweepStep
		s.commits = slices.Delete(s.commits, 0, n)
		n = 0
		maps.DeleteFunc(s.effects, func(_ uint64, e storage.Effect) bool {
			if n == sweepStep || e.State == storage.Pending || !e.Settled.Before(old) {
				return false
			}
			n++
			return true
		})
		more = more || n == sweepStep
		return nil
	})
	return more, err
}

// Close implements storage.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}
