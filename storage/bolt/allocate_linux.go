package bolt

import (
	"os"
	"syscall"
)

// allocate reserves space without writing.
func allocate(f *os.File, size int64) error {
	return syscall.Fallocate(int(f.Fd()), 0, 0, size)
}

// freeSpace is how many bytes may still be written in a directory.
func freeSpace(directory string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(directory, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}
