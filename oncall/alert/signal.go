package alert

import (
	"strings"
	"time"
)

// Status says what has become of what a signal is about.
type Status string

// The statuses.
const (
	Firing       Status = "firing"
	Resolved     Status = "resolved"
	Acknowledged Status = "acknowledged" // somebody answered in the sender's own system
)

// Severity is how bad it is. The empty one was not said, and pages as an error does.
type Severity string

// The severities, worst first.
const (
	SeverityCritical Severity = "critical"
	SeverityError    Severity = "error"
	SeverityWarning  Severity = "warning"
	SeverityInfo     Severity = "info"
)

// severities are the words that monitoring uses for them, in lower case.
var severities = map[string]Severity{
	"critical": SeverityCritical, "crit": SeverityCritical, "fatal": SeverityCritical, "emergency": SeverityCritical, "emerg": SeverityCritical,
	"disaster": SeverityCritical, "page": SeverityCritical, "p1": SeverityCritical, "sev1": SeverityCritical, "blocker": SeverityCritical,
	"error": SeverityError, "err": SeverityError, "high": SeverityError, "major": SeverityError, "p2": SeverityError, "sev2": SeverityError,
	"warning": SeverityWarning, "warn": SeverityWarning, "medium": SeverityWarning, "moderate": SeverityWarning, "average": SeverityWarning,
	"minor": SeverityWarning, "p3": SeverityWarning, "sev3": SeverityWarning,
	"info": SeverityInfo, "information": SeverityInfo, "informational": SeverityInfo, "notice": SeverityInfo, "low": SeverityInfo,
	"debug": SeverityInfo, "none": SeverityInfo, "ok": SeverityInfo, "p4": SeverityInfo, "p5": SeverityInfo, "sev4": SeverityInfo, "sev5": SeverityInfo,
}

// ParseSeverity reads the words that monitoring uses, in any case: "crit", "P1",
// "warn". Ok is false for a word it does not know.
func ParseSeverity(word string) (s Severity, ok bool) {
	if s := Severity(word); s == SeverityCritical || s == SeverityWarning {
		return s, true
	}
	s, ok = severities[strings.ToLower(strings.TrimSpace(word))]
	return s, ok
}

// Pages says whether a signal of this severity pages somebody where no route says
// otherwise.
func (s Severity) Pages() bool { return s != SeverityWarning && s != SeverityInfo }

// LinkKind is where a link leads.
type LinkKind string

// The kinds of link.
const (
	LinkGraph     LinkKind = "graph"
	LinkRunbook   LinkKind = "runbook"
	LinkDashboard LinkKind = "dashboard"
	LinkSource    LinkKind = "source"  // the rule, or the system that reports
	LinkSilence   LinkKind = "silence" // where the source itself can be silenced
)

// Link is something to open. URL is http or https, without credentials and without
// spaces, quotes, angle brackets and bars.
type Link struct {
	Kind LinkKind `json:"kind"`
	Text string   `json:"text,omitempty"`
	URL  string   `json:"url"`
}

// Limits on what one signal holds; what is over them is cut or left out, and the
// signal's notes say so.
const (
	MaxLabels      = 64
	MaxLabelName   = 128  // bytes
	MaxLabelValue  = 1024 // bytes
	MaxTitle       = 512  // bytes
	MaxDescription = 8192 // bytes
	MaxLinks       = 12
	MaxURL         = 2048 // bytes
	MaxKey         = 255  // bytes; longer keys and groups are replaced by a hash
	MaxNotes       = 8
	MaxCount       = 1_000_000 // what one signal may stand for
)

// Signal is one thing that one source says about one alert, within its limits. Texts
// are as the source wrote them, UTF-8 without control characters: whoever shows them
// escapes them. Integrations do not share keys and groups.
type Signal struct {
	Key         string            `json:"key"`                   // the source's identity of the alert: its fingerprint; never empty
	Group       string            `json:"group,omitempty"`       // the source's own group key; empty: none
	Status      Status            `json:"status"`                //
	Title       string            `json:"title"`                 // one line, never empty
	Description string            `json:"description,omitempty"` // may have several lines
	Severity    Severity          `json:"severity,omitempty"`    // empty: the source said none
	Service     string            `json:"service,omitempty"`     // what the source or the mapping says; routing decides
	Labels      map[string]string `json:"labels,omitempty"`      // at most MaxLabels
	Links       []Link            `json:"links,omitempty"`       // at most MaxLinks
	Starts      time.Time         `json:"starts,omitzero"`       // UTC; zero: not said. The source's clock may be wrong
	Ends        time.Time         `json:"ends,omitzero"`         // UTC; zero: not said, or not over
	Count       int               `json:"count"`                 // how many the source says it stands for, at least 1
	Notes       []string          `json:"notes,omitempty"`       // what was cut, mended or left out, as sentences
}
