//go:build !linux

package bolt

import (
	"errors"
	"os"
)

// allocate reserves space without writing, where that is known how to do.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
