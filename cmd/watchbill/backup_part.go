package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"

	"github.com/watchbill/watchbill/bot"
)

// partForm is what a copy that is not whole yet is called: ".2026-11-28.watchbill-part-123".
var partForm = regexp.MustCompile(`^\..+\.watchbill-part-\d+$`)

// part is a copy that is being made, in a directory that is locked meanwhile: the lock ends
// with the process, however that ends.
type part struct {
	path string
	lock *os.File
}

// newPart makes the directory of a copy, beside the name that it is to have.
func newPart(to string) (part, error) {
	const tries = 10 // another backup may take it for one that was left, before it is locked
	for range tries {
		path, err := os.MkdirTemp(filepath.Dir(to), "."+filepath.Base(to)+".watchbill-part-*")
		if err != nil {
			return part{}, err
		}
		lock, locked, err := lockDirectory(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return part{}, errors.Join(err, os.Remove(path))
		case locked:
			return part{path, lock}, nil
		case lock == nil: // locks do not work here: it is taken for one in use by whoever comes
			return part{path, nil}, nil
		}
		lock.Close()
	}
	return part{}, errors.New("other backups remove it again and again")
}

// close gives the directory free, by whatever name it has by now.
func (p part) close() {
	if p.lock != nil {
		p.lock.Close()
	}
}

// lockDirectory opens a directory, and locks it unless somebody else has. Without an error
// and a file, locks do not work there. A directory that is gone when it is locked is
// fs.ErrNotExist.
func lockDirectory(path string) (f *os.File, locked bool, err error) {
	f, err = os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, false, err
	}
	switch err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return f, false, nil
	case err != nil:
		return nil, false, f.Close()
	}
	held, err := f.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Lstat(path); err == nil && !os.SameFile(held, there) {
			err = fs.ErrNotExist
		}
	}
	if err != nil {
		f.Close()
		return nil, false, err
	}
	return f, true, nil
}

// removeLeftParts removes from a directory the copies that were never finished and that no
// process makes any more, and names them. It touches nothing else: not what has another
// name, holds anything that a backup does not write, or cannot be locked.
func removeLeftParts(directory string) (removed []string, err error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(directory, e.Name())
		if !e.IsDir() || !partForm.MatchString(e.Name()) {
			continue
		}
		gone, one := removeLeftPart(path)
		if one != nil {
			err = errors.Join(err, fmt.Errorf("remove what a backup left in %s: %w", path, one))
		}
		if gone {
			removed = append(removed, path)
		}
	}
	return removed, err
}

func removeLeftPart(path string) (removed bool, err error) {
	f, locked, err := lockDirectory(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) { // it is somebody else's
		return false, nil
	}
	if err != nil || f == nil {
		return false, err
	}
	defer f.Close()
	if !locked {
		return false, nil
	}
	names, err := f.Readdirnames(-1)
	if err != nil {
		return false, err
	}
	ours := append(bot.BesideData(), dataFile)
	if slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(ours, name) }) {
		return false, nil
	}
	if err := os.RemoveAll(path); err != nil {
		return false, err
	}
	return true, nil
}
