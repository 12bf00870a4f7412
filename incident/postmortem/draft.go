package postmortem

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/incident"
)

// Schema is the version of the draft's JSON form.
const Schema = 1

// Draft is a postmortem as far as it can be written without people. It holds
// plain text only; Markdown and HTML escape every piece of it.
type Draft struct {
	Schema       int        `json:"schema"`
	ID           string     `json:"id"`
	Title        string     `json:"title"`
	SeverityPeak string     `json:"severity_peak"`
	SeverityEnd  string     `json:"severity_end"`
	Status       string     `json:"status"`   // of the postmortem: always "draft"
	Incident     string     `json:"incident"` // the incident's own status
	Declared     time.Time  `json:"declared"`
	Resolved     time.Time  `json:"resolved,omitzero"`
	Closed       time.Time  `json:"closed,omitzero"`
	Services     []string   `json:"services"`
	DeclaredVia  string     `json:"declared_via,omitempty"`
	FirstEvent   uint64     `json:"first_event,omitempty"` // the sequence of the declaration
	Intervals    []Interval `json:"intervals"`
	People       People     `json:"people"`
	Pages        PageCount  `json:"pages"`
	// Flags name what a reader must know before trusting the figures.
	Flags []string `json:"flags"`
	// TLDR is the proposed summary; a person has to confirm it.
	TLDR      []string  `json:"tldr"`
	Sections  []Section `json:"sections"`
	Revision  uint64    `json:"revision"` // the sequence of the last event used
	ChainHead string    `json:"chain_head,omitempty"`
	Version   string    `json:"version,omitempty"`
	Written   time.Time `json:"written"`
}

// People counts who took part.
type People struct {
	Commanders int `json:"commanders"` // distinct people who led
	Handoffs   int `json:"handoffs"`   // changes of command from one person to another
	Responders int `json:"responders"` // distinct people who did something
}

// PageCount counts pages and the notices they sent.
type PageCount struct {
	Opened       int `json:"opened"`
	Acknowledged int `json:"acknowledged"`
	Notices      int `json:"notices"`
}

// New drafts the postmortem of an incident from its facts.
func New(f Facts) Draft {
	b := newBuilder(f)
	d := Draft{
		Schema: Schema, ID: f.Incident.ID, Title: b.text(f.Incident.Title), Status: "draft",
		SeverityPeak: severity(peak(f)), SeverityEnd: severity(f.Incident.Severity),
		Incident: string(f.Incident.Status), Declared: f.Incident.Declared.UTC(),
		Resolved: utc(f.Incident.Resolved), Closed: utc(f.Incident.Closed),
		Services: b.services(), Intervals: measure(f.Events), People: b.people(), Pages: countPages(f),
		Version: clean(f.Version), Written: f.Now.UTC(),
	}
	if len(f.Head) > 0 {
		d.ChainHead = hex.EncodeToString(f.Head)
	}
	if e, ok := declaration(f.Events); ok {
		d.FirstEvent, d.DeclaredVia = e.Seq, e.By.Via
	}
	for _, e := range f.Events {
		d.Revision = max(d.Revision, e.Seq)
	}
	d.Flags = flags(f, d)
	d.TLDR = b.tldr(d)
	d.Sections = b.sections(d)
	return d
}

// JSON returns the draft as JSON, the same bytes for the same facts; reading it
// back into a Draft gives the same Markdown and HTML.
func (d Draft) JSON() ([]byte, error) {
	out, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write draft of %s as JSON: %w", d.ID, err)
	}
	return append(out, '\n'), nil
}

func severity(s incident.Severity) string {
	if s == 0 {
		return "unknown"
	}
	return s.String()
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
