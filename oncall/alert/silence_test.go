package alert

import (
	"strings"
	"testing"
	"time"
)

// TestASilenceSaysWhatItSilences: one slip must not keep everything from paging. A label
// that is missing has the empty value, so "env=" means nearly all alerts.
func TestASilenceSaysWhatItSilences(t *testing.T) {
	for _, c := range []struct {
		match map[string]string
		want  string // empty: it can be made
	}{
		{map[string]string{"env": "prod"}, ""},
		{map[string]string{"env": "~prod|stage"}, ""},
		{map[string]string{"env": "", "service": "checkout"}, ""},
		{map[string]string{"env": "!"}, ""}, // those that have one
		{map[string]string{"title": "~.*"}, ""},
		{map[string]string{"env": "!prod", "severity": "~.*"}, ""},
		{map[string]string{"integration": "!prometheus"}, ""},
		{nil, "says what it silences"},
		{map[string]string{"env": ""}, "env= would silence every alert that has no such label"},
		{map[string]string{"env": "~"}, "would silence every alert"},
		{map[string]string{"env": "~.*", "team": ""}, "would silence every alert"},
		{map[string]string{"env": "!prod"}, "would silence every alert"},
		{map[string]string{"env": "="}, "would silence every alert"},
		{map[string]string{"service": ""}, "would silence every alert"},
		{map[string]string{"": "x"}, "names no label"},
	} {
		now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
		err := Silence{Match: c.match, Until: now.Add(time.Hour)}.Check(now)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.match, err, c.want)
		}
	}
	for lasts, ok := range map[time.Duration]bool{0: false, 1: true, MaxSilence: true, MaxSilence + 1: false} {
		if err := (Silence{Group: "g", Until: noon.Add(lasts)}).Check(noon); (err == nil) != ok {
			t.Errorf("for %s: %v", lasts, err)
		}
	}
	if err := (Silence{Group: "g", Until: time.Now().Add(time.Hour)}).Check(time.Now()); err != nil {
		t.Errorf("of one group: %v", err)
	}
}

// TestWhatASilenceCovers: of a group, that group; by labels, what has them.
func TestWhatASilenceCovers(t *testing.T) {
	for _, c := range []struct {
		silence Silence
		want    bool
	}{
		{Silence{Group: "g"}, true},
		{Silence{Group: "h"}, false},
		{Silence{Match: map[string]string{"env": "prod"}}, true},
		{Silence{Match: map[string]string{"env": "stage"}}, false},
		{Silence{Match: map[string]string{"service": "checkout", "integration": "prometheus"}}, true},
		{Silence{Match: map[string]string{"service": "checkout", "integration": "grafana"}}, false},
		{Silence{Match: map[string]string{"service": "search"}}, false},
	} {
		s, problems := c.silence.Compile()
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		signal := Signal{Title: "disk full", Labels: map[string]string{"env": "prod"}}
		if got := s.Covers(&signal, "prometheus", Decision{Group: "g", Service: "checkout"}); got != c.want {
			t.Errorf("%s%s: covers it: %v", c.silence.Group, s.Text(), got)
		}
	}
}
