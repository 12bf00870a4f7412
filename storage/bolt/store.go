package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/watchbill/watchbill/storage"
)

// Store is a storage.Store in one bbolt file.
type Store struct {
	path string
	opt  Options

	queue   chan *op
	closing chan struct{} // closed by Close: the writer finishes what is queued
	gone    chan struct{} // closed when the writer has ended
	broken  chan struct{} // closed when the file is lost
	once    sync.Once

	// mu is held for reading by every transaction that reads, and for writing
	// to change db and err.
	mu  sync.RWMutex
	db  *bbolt.DB
	err error // what every call answers: nil, ErrClosed or why it is broken

	// writing is held by whoever writes: the writer for a group, Load as a whole.
	writing sync.Mutex

	// Owned by whoever holds writing.
	effects    *queues
	lastEffect uint64
	position   uint64
	moment     int64
	causesFrom uint64      // no live cause stands before this position
	crowd      float64     // how many were in one group of late
	full       atomic.Bool // the ballast is spent; others may read it
	retryAt    int64       // when to try to reserve it again, in Unix seconds
	txid       int         // the last transaction that wrote
	inode      os.FileInfo // of the file as it was opened
	slowTold   time.Time   // when the disk was last said to be slow

	numbersMu sync.Mutex
	numbers   map[string]*counter

	// live maps the hash of a cause's key to the position of its commit.
	causesMu sync.RWMutex
	live     map[hash]uint64

	began  atomic.Pointer[time.Time] // when the write under way began; nil: there is none
	cutoff atomic.Int64              // causes before it are forgotten
	swept  atomic.Uint64             // commit positions up to it are forgotten

	// commit is how a group becomes durable; tests make it fail.
	commit func(*bbolt.Tx) error
}

// counter is the last number of a kind, and the last one that is stored.
type counter struct{ last, stored uint64 }

var _ storage.Store = (*Store)(nil)

// queueSize bounds what waits; beyond it callers wait to queue.
const queueSize = 4096

func newStore(path string, opt Options) *Store {
	return &Store{
		path: path, opt: opt,
		queue:   make(chan *op, queueSize),
		closing: make(chan struct{}),
		gone:    make(chan struct{}),
		broken:  make(chan struct{}),
		numbers: map[string]*counter{},
		commit:  (*bbolt.Tx).Commit,
	}
}

// Broken is closed when the file could not be reopened after a failed commit, or is not
// the one any more that was opened. Every call then fails, and the only remedy is a new process.
func (s *Store) Broken() <-chan struct{} { return s.broken }

// Full says whether the disk is full: what is open goes on, and new work is refused.
func (s *Store) Full() bool { return s.full.Load() }

// Close implements storage.Store. What is queued is still written.
func (s *Store) Close() error {
	s.once.Do(func() { close(s.closing) })
	<-s.gone
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil
	}
	s.err = storage.ErrClosed
	return s.db.Close()
}

// fail marks the store as broken. The file is not closed: a transaction that
// panicked may still hold its locks.
func (s *Store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.err = fmt.Errorf("the store is broken: %w", err)
	s.opt.Log(fmt.Sprintf("The database %s cannot be used any more (%v): start Watchbill again.", s.path, err))
	close(s.broken)
}

// usable says whether a call may begin.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.err
}

// view runs f in a read transaction, which must be short.
func (s *Store) view(ctx context.Context, f func(tx *bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return s.err
	}
	return viewOf(s.db, f)
}

// Number implements storage.Store. The number is stored with the next commit.
func (s *Store) Number(ctx context.Context, kind string) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if s.opt.ReadOnly {
		return 0, errReadOnly
	}
	if err := storage.CheckNumber(kind); err != nil {
		return 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return 0, s.err
	}
	s.numbersMu.Lock()
	defer s.numbersMu.Unlock()
	c := s.numbers[kind]
	if c == nil {
		c = &counter{}
		s.numbers[kind] = c
	}
	c.last++
	return c.last, nil
}

var errReadOnly = errors.New("the store was opened for reading only")
