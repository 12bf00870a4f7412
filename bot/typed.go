package bot

import (
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/incident/postmortem"
)

// ReadTime reads when something happened, as people type it in Slack: "-15m", "14:05",
// "yesterday 14:05", "2026-11-21 14:05" or RFC 3339, wall times in a zone. The result is
// in UTC. ok is false when the text is no time; problem is a sentence when it is one
// that did not happen.
func ReadTime(text string, now time.Time, zone *time.Location) (at time.Time, ok bool, problem string) {
	return slackui.ReadTime(text, now, zone)
}

// CheckSeverity says what is wrong with a severity that somebody typed; empty: nothing.
func CheckSeverity(text string) string {
	if _, err := incident.ParseSeverity(text); err != nil {
		return err.Error()
	}
	return ""
}

// Silencing is what somebody wants silenced.
type Silencing struct {
	Alert string            // ALERT-7; else Match
	Match map[string]string // conditions
	Until time.Time
	Why   string
}

// ReadSilence reads what shall be silent, until when and why, as people type it in
// Slack: "ALERT-7 2h we know", "service=checkout until 18:00 deploy". Times of day are
// in a zone. Problem is a sentence when it cannot be understood.
func ReadSilence(words []string, now time.Time, zone *time.Location) (s Silencing, problem string) {
	typed := make([]string, len(words))
	for n, w := range words {
		if name, value, ok := strings.Cut(w, "="); ok && strings.ContainsAny(value, " \t") {
			w = name + `="` + value + `"`
		}
		typed[n] = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(w)
	}
	in := slackui.Parse("silence "+strings.Join(typed, " "), now, zone)
	switch {
	case in.Problem != "":
		return s, in.Problem
	case in.Verb != slackui.Silence, in.Alert == "" && len(in.Match) == 0:
		return s, "Say what shall be silent, for how long, and why: `silence ALERT-7 2h we know` or `silence service=checkout until 18:00 deploy`."
	case in.Until.IsZero():
		return s, "Say for how long: 30m, 2h, 1d, or until 18:00."
	}
	return Silencing{Alert: in.Alert, Match: in.Match, Until: in.Until, Why: in.Text}, ""
}

// Lint finds words that blame in a postmortem that people have completed.
func Lint(doc string) []postmortem.Finding { return postmortem.Lint(doc) }
