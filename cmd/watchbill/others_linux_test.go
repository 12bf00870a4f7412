package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asAnother runs f as a user to whom files of mode 0600 are closed.
func asAnother(t *testing.T, directory string, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		if err := os.Chmod(directory, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(directory, 0o700)
		f()
		return
	}
	var done sync.WaitGroup
	done.Go(func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its rights
		if err := syscall.Setfsuid(65534); err != nil {
			t.Error(err)
			return
		}
		f()
	})
	done.Wait()
}

// TestWhoeverIsAnotherUserIsToldSo: not that no bot runs, which would have them start a second.
func TestWhoeverIsAnotherUserIsToldSo(t *testing.T) {
	t.Parallel()
	s := newShell(t, false, processConfig)
	data := filepath.Join(s.dir, "data")
	copies := t.TempDir()
	for path, mode := range map[string]os.FileMode{filepath.Dir(s.dir): 0o755, s.env["WATCHBILL_CONFIG"]: 0o644, copies: 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, runs := range []bool{true, false} {
		for _, line := range []string{"incident list", "incident declare it is broken", "page ack PAGE-1", "verify", "doctor", "backup " + filepath.Join(copies, "one"), "serve"} {
			var status int
			var out bytes.Buffer
			asAnother(t, data, func() {
				status = run(s.ctx, strings.Fields(line), s.getenv, strings.NewReader(""), &out, &out)
			})
			said := out.String()
			if status != exitFailed || !strings.Contains(said, "as the user") || strings.Contains(said, "no bot is running") || strings.Contains(said, "None is running") {
				t.Errorf("watchbill %s (a bot runs: %t): status %d\n%s", line, runs, status, said)
			}
		}
		s.end()
	}
}

// TestASignalEndsWhateverWaits: once is enough, whatever the command reads from.
func TestASignalEndsWhateverWaits(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"route --file " + fifo, "config check " + fifo} {
		cmd := exec.CommandContext(t.Context(), exe, strings.Fields(line)...)
		cmd.Env = []string{asBinary + "=1", "WATCHBILL_DATA=" + t.TempDir()}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		opened, err := os.OpenFile(fifo, os.O_WRONLY, 0) // when the command has
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(stopWithin):
			t.Errorf("watchbill %s waits on", line)
			cmd.Process.Kill()
		}
	}
}
