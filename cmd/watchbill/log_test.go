package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
)

// hangingWriter is a writer that takes nothing until it is opened.
type hangingWriter struct {
	opened chan struct{}
	bytes.Buffer
}

func (h *hangingWriter) Write(p []byte) (int, error) {
	<-h.opened
	return h.Buffer.Write(p)
}

// unset is a configuration that says nothing.
func unset(t *testing.T) *configs.Config {
	t.Helper()
	c, err := configs.Parse(nil, "empty.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheLogWaitsForNobody: what finds no room is counted and told, the rest comes in its
// order, and the end does not wait long.
func TestTheLogWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &hangingWriter{opened: make(chan struct{})}
		log, end := logger(env{stderr: g}, unset(t))
		log.Info().Msg("the first hangs")
		synctest.Wait()
		for n := range mostLines + 7 {
			log.Info().Int("n", n).Msg("more")
		}
		began := time.Now()
		end()
		if took := time.Since(began); took != endTime {
			t.Errorf("the end waits for %s, want %s", took, endTime)
		}
		close(g.opened)
		synctest.Wait()
		lines := strings.Split(strings.TrimSpace(g.String()), "\n")
		if len(lines) != mostLines+2 {
			t.Fatalf("%d lines, want %d", len(lines), mostLines+2)
		}
		if !strings.Contains(lines[0], "the first hangs") || !strings.Contains(lines[mostLines], `"n":999`) || !strings.Contains(g.String(), `"lines":7`) {
			t.Errorf("the log is %s … %s %s", lines[0], lines[mostLines], lines[mostLines+1])
		}
	})
}

// TestTheEndWaitsForTheLog, if it is taken.
func TestTheEndWaitsForTheLog(t *testing.T) {
	var out bytes.Buffer
	log, end := logger(env{stderr: &out}, unset(t))
	for range 100 {
		log.Info().Msg("a line")
	}
	end()
	if n := strings.Count(out.String(), "a line"); n != 100 {
		t.Errorf("%d lines of 100 are written at the end", n)
	}
}

// TestALogThatNobodyTakes: whoever reads the bot's log may hang or be gone. People are paged
// all the same.
func TestALogThatNobodyTakes(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, r, w *os.File){
		"it is full": func(t *testing.T, _, w *os.File) {
			fd := int(w.Fd())
			for _, waits := range []bool{false, true} {
				if err := syscall.SetNonblock(fd, !waits); err != nil {
					t.Fatal(err)
				}
				for err := error(nil); err == nil && !waits; {
					_, err = syscall.Write(fd, make([]byte, 1))
				}
			}
		},
		"its reader is gone": func(t *testing.T, r, _ *os.File) { r.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, time.Minute, slacksim.Config{})
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { read.Close(); write.Close() })
			spoil(t, read, write)
			w.stderr = write
			w.start()
			w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
			if _, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare it is broken --sev 2 --service checkout"); err != nil {
				t.Fatal(err)
			}
			w.wait("the page", func() bool { return len(w.pagesTo("U0SRE1")) > 0 })
			if status := w.kill(syscall.SIGTERM); status != 0 {
				t.Errorf("it ended with status %d", status)
			}
		})
	}
}

// TestNoFileIsLeftToOpen: too few open files keep out whoever comes over the network, not
// what is under way, and what the HTTP server says of it is in the log like all else.
func TestNoFileIsLeftToOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Minute, slacksim.Config{})
	w.under = []string{"sh", "-c", `ulimit -n 24; exec "$0" "$@"`}
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	if _, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare it is broken --sev 2"); err != nil {
		t.Fatal(err)
	}
	w.wait("its connections to Slack", func() bool { return len(w.sim.Calls("pins.add")) > 0 })
	address := strings.TrimPrefix(w.address(), "http://")
	for range 40 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for !strings.Contains(w.logs.String(), "too many open files") {
		if w.ctx.Err() != nil {
			t.Fatal("nothing is said of too few files")
		}
		if _, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "note INC-1 still here"); err != nil {
			t.Fatal(err)
		}
	}
	if status := w.kill(syscall.SIGTERM); status != 0 {
		t.Errorf("it ended with status %d", status)
	}
	for line := range strings.Lines(w.logs.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("this line of the log is no JSON: %s", line)
		}
	}
}

// TestColorsAreForTerminals: in a file, or in a journal, they are noise.
func TestColorsAreForTerminals(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	for colors, want := range map[bool]bool{true: true, false: false} {
		var out bytes.Buffer
		log := zerolog.New(console(&out, colors))
		log.Error().Msg("no socket")
		if got := strings.Contains(out.String(), "\x1b["); got != want || !strings.Contains(out.String(), "no socket") {
			t.Errorf("colors %v: it wrote %q", colors, out.String())
		}
	}
	if terminal(&bytes.Buffer{}) {
		t.Error("a buffer is taken for a terminal")
	}
}
