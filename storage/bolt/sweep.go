package bolt

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// sweepStep is how many rows of each kind one Sweep forgets.
const sweepStep = 1000

// Sweep implements storage.Store.
func (s *Store) Sweep(ctx context.Context, now time.Time) (more bool, err error) {
	w := &sweepWork{causes: micros(now.Add(-storage.CauseLife)), settled: micros(now.Add(-storage.SettledLife))}
	err = s.submit(ctx, w)
	return w.more && err == nil, err
}

type sweepWork struct {
	causes, settled int64 // what is before is forgotten
	more            bool
	dead            map[hash]uint64
}

func (w *sweepWork) vital() bool { return true }

func (w *sweepWork) check(*group) error { return nil }

func (w *sweepWork) apply(g *group) error {
	w.more, w.dead = false, map[hash]uint64{}
	cutoff := max(g.cutoff.Load(), w.causes)
	from, err := w.expireCauses(g, cutoff)
	if err != nil {
		return err
	}
	swept, err := w.dropCommits(g)
	if err != nil {
		return err
	}
	if err := w.dropSettled(g); err != nil {
		return err
	}
	if !g.wrote && len(g.live) == 0 && len(g.causes) == 0 {
		return nil // an idle store is not written to
	}
	state := sweptState{cutoff: cutoff, causesFrom: max(from, swept+1), swept: swept, lastEffect: g.lastEffect}
	if err := g.putSwept(&state); err != nil {
		return err
	}
	g.causesFrom = state.causesFrom
	g.tx.OnCommit(func() { w.publish(g, cutoff, swept) })
	return nil
}

// publish forgets in memory what the commit has forgotten.
func (w *sweepWork) publish(g *group, cutoff int64, swept uint64) {
	g.cutoff.Store(cutoff)
	g.swept.Store(swept)
	g.causesMu.Lock()
	defer g.causesMu.Unlock()
	for h, position := range w.dead {
		if g.live[h] == position {
			delete(g.live, h)
		}
	}
}

// expireCauses walks the commits whose causes are all past the cutoff and
// returns where the live ones begin.
func (w *sweepWork) expireCauses(g *group, cutoff int64) (uint64, error) {
	c := g.commits.Cursor()
	n := 0
	for k, v := c.Seek(number(g.causesFrom)); k != nil; k, v = c.Next() {
		position := binary.BigEndian.Uint64(k)
		row, err := openCommit(k, v)
		if err != nil {
			return 0, fmt.Errorf("read commit %d: %w", position, err)
		}
		for _, cause := range row.causes {
			if micros(cause.At) >= cutoff {
				return position, nil
			}
		}
		if n++; n > sweepStep {
			w.more = true
			return position, nil
		}
		w.expire(position, row.causes)
	}
	return g.position + 1, nil
}

func (w *sweepWork) expire(position uint64, causes []storage.Cause) {
	for _, c := range causes {
		w.dead[hashOf(c.Key)] = position
	}
}

func (w *sweepWork) dropCommits(g *group) (uint64, error) {
	swept := g.swept.Load()
	var keys [][]byte
	c := g.commits.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		row, err := openCommit(k, v)
		if err != nil {
			return 0, fmt.Errorf("read commit %x: %w", shown(k), err)
		}
		if row.at >= w.settled {
			break
		}
		if len(keys) == sweepStep {
			w.more = true
			break
		}
		swept = binary.BigEndian.Uint64(k)
		w.expire(swept, row.causes)
		keys = append(keys, number(swept))
	}
	for _, k := range keys {
		if err := g.drop(g.commits, k); err != nil {
			return 0, err
		}
	}
	return swept, nil
}

func (w *sweepWork) dropSettled(g *group) error {
	var keys [][]byte
	c := g.settledAt.Cursor()
	for k, _ := c.First(); len(k) == 16 && unsortable(binary.BigEndian.Uint64(k)) < w.settled; k, _ = c.Next() {
		if len(keys) == sweepStep {
			w.more = true
			break
		}
		keys = append(keys, append([]byte{}, k...))
	}
	for _, k := range keys {
		if err := g.drop(g.settledAt, k); err != nil {
			return err
		}
		if err := g.drop(g.settled, k[8:]); err != nil {
			return err
		}
	}
	return nil
}
