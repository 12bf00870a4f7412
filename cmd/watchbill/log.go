package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/configs"
)

const (
	// mostLines is how much of the log waits for whoever takes it; what is more is lost.
	mostLines = 1000
	// endTime bounds how long the end of the process waits for that.
	endTime = time.Second
)

// logger writes to standard error: for people on a terminal, else as JSON. It waits for
// nobody: end gives what is still on its way a moment, and nothing is written after it.
func logger(e env, c *configs.Config) (log zerolog.Logger, end func()) {
	level, err := zerolog.ParseLevel(strings.ToLower(c.Log.Level))
	if err != nil {
		level = zerolog.InfoLevel
	}
	lines := newSpool()
	var w io.Writer = lines
	if c.Log.Format == "text" || c.Log.Format == "auto" && terminal(e.stderr) {
		w = console(lines, terminal(e.stderr))
	}
	log = zerolog.New(w).Level(level).With().Timestamp().Logger()
	go lines.copyTo(e.stderr, func(lost int64) {
		log.Warn().Int64("lines", lost).Msg("the log could not be written for a while, and these are lost")
	})
	return log, lines.end
}

// libraries takes what libraries write to the standard logger, which would wait for
// whoever reads standard error.
type libraries struct{ log zerolog.Logger }

func (l libraries) Write(line []byte) (int, error) {
	l.log.Warn().Msg(string(bytes.TrimSpace(line)))
	return len(line), nil
}

// spool holds lines of the log between those who write them and a writer that may hang:
// pages must not wait for it.
type spool struct {
	lines chan []byte
	ended chan struct{}
	done  chan struct{} // what came before the end is written
	lost  atomic.Int64
}

func newSpool() *spool {
	return &spool{lines: make(chan []byte, mostLines), ended: make(chan struct{}), done: make(chan struct{})}
}

// Write takes a line, or loses it. It never waits.
func (s *spool) Write(line []byte) (int, error) {
	select {
	case s.lines <- bytes.Clone(line):
	default:
		s.lost.Add(1)
	}
	return len(line), nil
}

// copyTo writes the lines until the end, and reports how many were lost once there is room
// again. Errors have nobody who could be told.
func (s *spool) copyTo(w io.Writer, report func(lost int64)) {
	defer close(s.done)
	for {
		select {
		case line := <-s.lines:
			s.put(w, line, report)
		case <-s.ended:
			for len(s.lines) > 0 {
				s.put(w, <-s.lines, report)
			}
			return
		}
	}
}

func (s *spool) put(w io.Writer, line []byte, report func(lost int64)) {
	_, _ = w.Write(line)
	if len(s.lines) > mostLines/2 { // the report would be lost too
		return
	}
	if n := s.lost.Swap(0); n > 0 {
		report(n)
	}
}

// end waits until the lines so far are written, or for a moment. It is called once.
func (s *spool) end() {
	close(s.ended)
	select {
	case <-s.done:
	case <-time.After(endTime):
	}
}

// console writes log lines for people; colors are for a terminal, unless NO_COLOR is set.
func console(to io.Writer, colors bool) io.Writer {
	return zerolog.ConsoleWriter{Out: to, TimeFormat: "15:04:05", NoColor: !colors}
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
