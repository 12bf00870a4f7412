//go:build unix

package configs

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCalendarsDoNotHoldUpTheStart names a pipe that nobody writes to.
func TestCalendarsDoNotHoldUpTheStart(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.ics")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := besides(t, map[string]string{"w.yaml": fmt.Sprintf(calendarRota, "holidays: ["+pipe+"]")})
	if err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("got %v", err)
	}
}
