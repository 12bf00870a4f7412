package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// regainEvery is how often, while the disk is full, the reserve is tried again.
const regainEvery = 5 // seconds

func (s *Store) ballastPath() string { return s.path + ".ballast" }

// reserve makes sure of the ballast: as much space as is to be kept and as much
// again, so that the reserve is not given and taken in turns.
func (s *Store) reserve() error {
	if s.opt.Ballast <= 0 {
		return nil
	}
	if info, err := os.Stat(s.ballastPath()); err == nil && info.Size() == s.opt.Ballast {
		return nil
	}
	f, err := os.OpenFile(s.ballastPath(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("reserve space: %w", err)
	}
	err = fill(f, 2*s.opt.Ballast)
	if err == nil {
		err = f.Truncate(s.opt.Ballast)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("reserve space: %w", err), os.Remove(s.ballastPath()))
	}
	return nil
}

// fill makes the file system set blocks aside, if need be by writing some that it
// cannot leave out, and syncs them.
func fill(f *os.File, size int64) error {
	if allocate(f, size) == nil {
		return f.Sync()
	}
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i*7 + i>>8)
	}
	for size > 0 {
		n := min(size, int64(len(block)))
		if _, err := f.Write(block[:n]); err != nil {
			return err
		}
		size -= n
	}
	return f.Sync()
}

// spend gives the ballast back to the disk.
func (s *Store) spend() {
	err := os.Remove(s.ballastPath())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if !s.full.Load() {
		s.opt.Log(fmt.Sprintf("The disk of %s is full: only what is already open goes on, new work is refused. Free some space.", s.path))
	}
	if err != nil {
		s.opt.Log(fmt.Sprintf("The reserve %s cannot be given back: %v", s.ballastPath(), err))
	}
	s.full.Store(true)
	s.retryAt = time.Now().Unix() + regainEvery
}

// regain tries to reserve the ballast again and reports whether there is space.
func (s *Store) regain() bool {
	now := time.Now().Unix()
	if now < s.retryAt {
		return false
	}
	s.retryAt = now + regainEvery
	if free, err := freeSpace(filepath.Dir(s.path)); err == nil && free < 2*s.opt.Ballast {
		return false
	}
	if err := s.reserve(); err != nil {
		return false
	}
	s.full.Store(false)
	s.opt.Log(fmt.Sprintf("The disk of %s has space again: new work is accepted.", s.path))
	return true
}
