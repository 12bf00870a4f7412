package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// work is what the writer does for one caller, in two steps: check looks whether
// it holds and changes nothing, apply does it and cannot fail for a reason that
// check could have seen. An error of apply is one of the file.
type work interface {
	check(g *group) error
	apply(g *group) error
	// vital work may use the space kept for a full disk.
	vital() bool
}

// op is work on its way through the queue.
type op struct {
	work
	stage atomic.Int32
	done  chan struct{}
	err   error // valid once done is closed
}

const (
	queued = iota
	taken
	withdrawn
)

// The most that goes into one commit.
const (
	maxOps   = 1024
	maxBytes = 8 << 20
)

// crowded is how many must have been in one commit of late for the next one to wait
// until whoever is ready to run has run.
const crowded = 12

// submit queues work and waits for its outcome.
func (s *Store) submit(ctx context.Context, w work) error {
	if s.opt.ReadOnly {
		return errReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	o := &op{work: w, done: make(chan struct{})}
	select {
	case s.queue <- o:
	default:
		select { // it is full
		case s.queue <- o:
		case <-s.closing:
			return storage.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		if o.stage.CompareAndSwap(queued, withdrawn) {
			return ctx.Err()
		}
	case <-s.gone:
		if o.stage.CompareAndSwap(queued, withdrawn) {
			return storage.ErrClosed
		}
	}
	patience := time.NewTimer(s.opt.Patience)
	defer patience.Stop()
	select {
	case <-o.done:
		return o.err
	case <-patience.C:
		return fmt.Errorf("%w: it is still being written", storage.ErrUnknown)
	}
}

// write is the writer: it ends when the store is closed and the queue is empty.
func (s *Store) write() {
	defer close(s.gone)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for {
		select {
		case o := <-s.queue:
			s.commitGroup(o)
			continue
		default:
		}
		select {
		case o := <-s.queue:
			s.commitGroup(o)
		case <-s.closing:
			if len(s.queue) == 0 {
				return
			}
		}
	}
}

// group is one transaction and the work in it.
type group struct {
	*Store
	tx      *bbolt.Tx
	ops     []*op
	causes  map[hash]uint64 // published when the commit has succeeded
	numbers map[*counter]uint64
	bytes   int
	wrote   bool

	records, events, index, due, unsettled, settled, settledAt, receipts, commits *bbolt.Bucket

	// Of records and index; they are placed anew before each use.
	inRecords, inIndex *bbolt.Cursor
}

// commitGroup commits the first op with what is queued behind it.
func (s *Store) commitGroup(first *op) {
	s.writing.Lock()
	defer s.writing.Unlock()
	ended := s.begins()
	g := &group{Store: s}
	err := g.run(first)
	if err != nil {
		err = s.afterFailure(g, err)
	}
	ended()
	for _, o := range g.ops {
		if err != nil && o.err == nil {
			o.err = err
		}
		close(o.done)
	}
}

// run does the work of a group; an error concerns all of it.
func (g *group) run(first *op) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.take(first) // it may have been before anything was begun
			err = &brokenError{fmt.Errorf("the file is damaged: restore a backup (%v)", p)}
		}
	}()
	if err := g.begin(); err != nil {
		g.take(first)
		return &brokenError{err}
	}
	for o := first; o != nil && err == nil; o = g.next() {
		err = g.do(o)
	}
	if err == nil && g.crowd >= crowded && len(g.ops) < int(g.crowd/2) {
		// Many are at work, and few are here: let those who are ready to run come along.
		// On a busy processor many small commits cost them more than the wait.
		runtime.Gosched()
		for o := g.next(); o != nil && err == nil; o = g.next() {
			err = g.do(o)
		}
	}
	g.crowd = max(float64(len(g.ops)), .99*g.crowd)
	return g.end(err)
}

func (g *group) begin() error {
	g.mu.RLock()
	db, err := g.db, g.err
	g.mu.RUnlock()
	if err != nil {
		return err
	}
	tx, err := db.Begin(true)
	if err != nil {
		return err
	}
	if err := g.ours(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	g.tx = tx
	g.causes = map[hash]uint64{}
	g.records, g.events = g.bucket(bucketRecords), g.bucket(bucketEvents)
	g.index, g.due = g.bucket(bucketIndex), g.bucket(bucketDue)
	g.unsettled, g.settled = g.bucket(bucketUnsettled), g.bucket(bucketSettled)
	g.settledAt, g.receipts = g.bucket(bucketSettledAt), g.bucket(bucketReceipts)
	g.commits = g.bucket(bucketCommits)
	g.inRecords, g.inIndex = g.records.Cursor(), g.index.Cursor()
	return nil
}

// ours reports whether the file is still the one that was opened, and that nobody else has
// written it: a copy that is put in its place while it is in use would never see what is
// written from then on, and one that is copied over it would be ruined.
func (g *group) ours(tx *bbolt.Tx) error {
	switch info, err := os.Stat(g.path); {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(info, g.inode):
		return errors.New("the file was moved, removed or replaced while it was in use")
	case tx.ID() != g.txid+1:
		return errors.New("the file was overwritten while it was in use")
	}
	return nil
}

// fillPercent is how full pages are left behind: keys are appended, so that the
// space that is kept free for later ones would stay empty.
const fillPercent = 0.9

func (g *group) bucket(name []byte) *bbolt.Bucket {
	b := g.tx.Bucket(name)
	b.FillPercent = fillPercent
	return b
}

// next is what waits already, up to what one commit should hold.
func (g *group) next() *op {
	if len(g.ops) >= maxOps || g.bytes >= maxBytes {
		return nil
	}
	select {
	case o := <-g.queue:
		return o
	default:
		return nil
	}
}

// take makes an op part of the group unless its caller has withdrawn it.
func (g *group) take(o *op) bool {
	if !o.stage.CompareAndSwap(queued, taken) {
		return false
	}
	g.ops = append(g.ops, o)
	return true
}

// do checks and applies one op. Its own failure is its own; only an error of
// the file is returned.
func (g *group) do(o *op) error {
	if !g.take(o) {
		return nil
	}
	if g.full.Load() && !g.regain() && !o.vital() {
		o.err = storage.ErrFull
		return nil
	}
	if o.err = o.check(g); o.err != nil {
		if errors.Is(o.err, errDamaged) {
			o.err = fmt.Errorf("%w: run watchbill verify, and restore a backup", o.err)
		}
		return nil
	}
	return o.apply(g)
}

// stored is the row of a record; nil: there is none.
func (g *group) stored(key []byte) []byte {
	k, v := g.inRecords.Seek(key)
	if !bytes.Equal(k, key) {
		return nil
	}
	return v
}

func (g *group) put(b *bbolt.Bucket, key, value []byte) error {
	g.wrote = true
	g.bytes += len(key) + len(value)
	return b.Put(key, value)
}

func (g *group) drop(b *bbolt.Bucket, key []byte) error {
	g.wrote = true
	return b.Delete(key)
}

// end commits what was written, if anything was.
func (g *group) end(err error) error {
	if err == nil && g.wrote {
		err = g.putNumbers()
	}
	if err != nil {
		return errors.Join(err, g.tx.Rollback())
	}
	if !g.wrote {
		return g.tx.Rollback()
	}
	id := g.tx.ID()
	if err := g.commit(g.tx); err != nil {
		return &commitError{err: err, id: id}
	}
	g.txid = id
	g.publish()
	return nil
}

// publish makes visible what only a durable commit may show.
func (g *group) publish() {
	g.causesMu.Lock()
	maps.Copy(g.live, g.causes)
	g.causesMu.Unlock()
	g.numbersMu.Lock()
	for c, n := range g.numbers {
		c.stored = n
	}
	g.numbersMu.Unlock()
}

// putNumbers stores the numbers that were given out since the last commit.
func (g *group) putNumbers() error {
	g.numbersMu.Lock()
	defer g.numbersMu.Unlock()
	for kind, c := range g.Store.numbers {
		if c.last == c.stored {
			continue
		}
		if g.numbers == nil {
			g.numbers = map[*counter]uint64{}
		}
		g.numbers[c] = c.last
		key := []byte(kind)
		if err := g.put(g.tx.Bucket(bucketNumbers), key, sum(key, number(c.last))); err != nil {
			return err
		}
	}
	return nil
}
