package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	bbolt "go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/watchbill/watchbill/storage"
)

// Options say how a file is opened; the zero value is usable.
type Options struct {
	// Timeout is how long to wait for another process to let go of the file; 0
	// means 2 s.
	Timeout time.Duration
	// ReadOnly opens an existing file for reading. Several processes may do so
	// at once, but not while one has it open for writing.
	ReadOnly bool
	// Ballast is how many bytes to keep reserved in a file beside the database,
	// to be given back when the disk is full so that vital changes go on; 0
	// means none. DefaultBallast suits a server.
	Ballast int64
	// Patience is how long a call whose context has ended waits for the outcome
	// of a commit that is being written before it answers storage.ErrUnknown; 0
	// means 5 s.
	Patience time.Duration
	// Log is told, in a sentence for the operator, what happens to the file: a
	// failed commit, a full disk, space that is back, a slow disk. It must not call
	// the store, and may be called by several at the same time. nil: nobody is told.
	Log func(sentence string)
	// Shape is what the program makes of events. A file of an older shape is brought up to
	// date before Open returns, or refused with ErrOlder if it is opened for reading; one of
	// a newer is refused. The zero Shape looks at neither.
	Shape storage.Shape
	// Wrote is told how long each write took, of which a commit shares one with those
	// that wait with it. nil: nobody is told.
	Wrote func(took time.Duration)
}

// DefaultBallast is enough for a day of work on what is open.
const DefaultBallast = 64 << 20

// The format of the file, and the first release of Watchbill that reads it.
const (
	format      = 1
	formatSince = "0.1.0"
)

// mapSize is the least address space to map; a file gets twice its size. While it
// grows within that, commits never wait for readers. It costs no memory.
const mapSize = 1 << 30

var (
	bucketRecords   = []byte("records")
	bucketEvents    = []byte("events")
	bucketIndex     = []byte("index")
	bucketDue       = []byte("due")
	bucketUnsettled = []byte("unsettled")
	bucketSettled   = []byte("settled")
	bucketSettledAt = []byte("settledat")
	bucketReceipts  = []byte("receipts")
	bucketCommits   = []byte("commits")
	bucketNumbers   = []byte("numbers")
	bucketMeta      = []byte("meta")
)

func buckets() [][]byte {
	return [][]byte{
		bucketRecords, bucketEvents, bucketIndex, bucketDue, bucketUnsettled, bucketSettled,
		bucketSettledAt, bucketReceipts, bucketCommits, bucketNumbers, bucketMeta,
	}
}

// Keys of the bucket meta.
var (
	metaFormat  = []byte("format")
	metaSince   = []byte("since")
	metaLoading = []byte("loading")
	metaSwept   = []byte("swept")
	metaShape   = []byte("shape")
)

// Open opens the database at path, and makes it if there is none. The file is
// locked: one process writes.
func Open(path string, opt Options) (*Store, error) {
	if opt.Timeout <= 0 {
		opt.Timeout = 2 * time.Second
	}
	if opt.Patience <= 0 {
		opt.Patience = 5 * time.Second
	}
	if opt.Log == nil {
		opt.Log = func(string) {}
	}
	if opt.Wrote == nil {
		opt.Wrote = func(time.Duration) {}
	}
	s := newStore(path, opt)
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if !opt.ReadOnly {
		if err := s.reserve(); err != nil {
			s.full.Store(true)
			opt.Log(fmt.Sprintf("There is no room for the reserve beside %s, and new work is refused: free some space. It takes %d MiB, and is made when there is twice as much.", path, opt.Ballast>>20))
		}
		go s.write()
	} else {
		close(s.gone)
	}
	return s, nil
}

// open opens the file and reads memory from it; after an error nothing is open.
func (s *Store) open() (err error) {
	db, err := s.openFile()
	if err != nil {
		return err
	}
	s.db = db
	if err = s.rebuild(); err == nil {
		err = s.refold(context.Background())
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

// leastSize is that of the two pages with which a file begins, on any machine.
const leastSize = 2 * 4096

func (s *Store) openFile() (_ *bbolt.DB, err error) {
	info, statErr := os.Stat(s.path)
	fresh := errors.Is(statErr, os.ErrNotExist)
	switch {
	case fresh && s.opt.ReadOnly:
		return nil, fmt.Errorf("%w: there is no database yet", statErr)
	case statErr == nil && !info.Mode().IsRegular(): // opening a pipe would wait for ever
		return nil, errors.New("this is no file: it is a directory, a pipe or a device")
	case statErr == nil && info.Size() == 0: // to begin anew there would forget everything without a word
		return nil, errors.New("the file is empty, perhaps for want of space when it was written: restore a backup, or delete it to begin anew")
	case statErr == nil && info.Size() < leastSize:
		return nil, fmt.Errorf("the file has %d bytes: it was cut off, restore a backup", info.Size())
	}
	db, err := s.openBolt()
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("another process holds %s: stop it first, or use another data directory", s.path)
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("this is not a Watchbill database, or it is damaged: restore a backup (%w)", err)
	case err != nil:
		return nil, err
	}
	if err := s.prepare(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if fresh {
		if err := syncDir(filepath.Dir(s.path)); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	if s.inode, err = os.Stat(s.path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openBolt turns the panics of bbolt on a damaged file into errors, and then
// closes the file, which holds the lock.
func (s *Store) openBolt() (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var file *os.File
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is damaged: restore a backup (%v)", p)
			if file != nil {
				err = errors.Join(err, file.Close())
			}
		}
	}()
	o := *bbolt.DefaultOptions
	o.Timeout = s.opt.Timeout
	o.ReadOnly = s.opt.ReadOnly
	o.FreelistType = bbolt.FreelistMapType
	o.InitialMmapSize = mapSize
	if info, err := os.Stat(s.path); err == nil {
		o.InitialMmapSize = max(mapSize, int(2*info.Size()))
	}
	o.NoStatistics = true
	o.OpenFile = func(name string, flags int, mode os.FileMode) (*os.File, error) {
		file, err = os.OpenFile(name, flags, mode)
		return file, err
	}
	return bbolt.Open(s.path, 0o600, &o)
}

// prepare checks the format, and writes it to a new file.
func (s *Store) prepare(db *bbolt.DB) error {
	var known bool
	err := viewOf(db, func(tx *bbolt.Tx) error {
		if info, err := os.Stat(s.path); err == nil && info.Size() < tx.Size() {
			return fmt.Errorf("the file has %d bytes and should have %d: it was cut off, restore a backup", info.Size(), tx.Size())
		}
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			if k, _ := tx.Cursor().First(); k != nil {
				return errors.New("this bbolt file was not written by Watchbill")
			}
			return nil
		}
		known = true
		return checkMeta(meta)
	})
	if err != nil || known {
		return err
	}
	if s.opt.ReadOnly {
		return errors.New("the database is empty: it was never opened for writing")
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := meta.Put(metaFormat, []byte(strconv.Itoa(format))); err != nil {
			return err
		}
		return meta.Put(metaSince, []byte(formatSince))
	})
}

func checkMeta(meta *bbolt.Bucket) error {
	n, err := strconv.Atoi(string(shown(meta.Get(metaFormat))))
	if err != nil || n < 1 {
		return fmt.Errorf("the format %q is damaged: restore a backup", shown(meta.Get(metaFormat)))
	}
	if n > format {
		return fmt.Errorf("the file has the format %d and this program reads up to %d: use watchbill %s or newer", n, format, shown(meta.Get(metaSince)))
	}
	if meta.Get(metaLoading) != nil {
		return errors.New("a restore into this file did not finish: delete the file and restore again")
	}
	return nil
}

// guarded runs f, which reads the map of the file, and turns a panic over a
// damaged page, or a fault of the map, into an error.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is damaged: restore a backup (%v)", p)
		}
	}()
	return f()
}

// shown is a key or value in an error: of a damaged one, only the beginning.
func shown(b []byte) []byte { return b[:min(len(b), 64)] }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
