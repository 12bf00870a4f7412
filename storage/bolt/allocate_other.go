//go:build !linux

package bolt

import (
	"errors"
	"os"
)

// allocate reserves space without writing, where that is known how to do.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }

// freeSpace is how many bytes may still be written in a directory, where that is known.
func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
