package alert

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Mapping says where an alert stands in JSON of any shape. Each field has one or more
// expressions, of which the first that gives text counts: a path such as
// "$.alert.tags[0]", or text with paths in braces, "{$.host} is down". "$" is the alert,
// "$$" the whole body.
type Mapping struct {
	Each         string            `json:"each,omitempty"` // path to the list of alerts; empty: the body is one, or a list of them
	Title        Expressions       `json:"title,omitempty"`
	Description  Expressions       `json:"description,omitempty"`
	Status       Expressions       `json:"status,omitempty"`
	Firing       []string          `json:"firing,omitempty"`       // what status has when it fires; empty: all that is not below
	Resolved     []string          `json:"resolved,omitempty"`     // when it is over. Default: resolved, ok, recovered, recovery, normal, closed, up
	Acknowledged []string          `json:"acknowledged,omitempty"` // when somebody answered. Default: acknowledged
	Fingerprint  Expressions       `json:"fingerprint,omitempty"`
	Group        Expressions       `json:"group,omitempty"`
	Severity     Expressions       `json:"severity,omitempty"`
	Severities   map[string]string `json:"severities,omitempty"` // their words for ours, where the usual ones are not enough
	Service      Expressions       `json:"service,omitempty"`
	URL          Expressions       `json:"url,omitempty"`
	Runbook      Expressions       `json:"runbook,omitempty"`
	Dashboard    Expressions       `json:"dashboard,omitempty"`
	Starts       Expressions       `json:"starts,omitempty"`
	Ends         Expressions       `json:"ends,omitempty"`
	Count        Expressions       `json:"count,omitempty"`
	// Labels by name; "*" takes all fields of an object, or a list of "name:value".
	Labels map[string]Expressions `json:"labels,omitempty"`
}

// Expressions are tried one after another; see [Mapping].
type Expressions []string

// Mapper is a mapping that can be used. It is immutable.
type Mapper struct {
	each                                                            *part
	title, description, status, fingerprint, group, severity        []expression
	service, url, runbook, dashboard, starts, ends, count, allLabel []expression
	labels                                                          map[string][]expression
	statuses                                                        map[string]Status // lower case
	strict                                                          bool              // a status that is not among them is noted
	severities                                                      map[string]Severity
}

// NewMapper compiles a mapping. The path of a problem is that of the field.
func NewMapper(m Mapping) (*Mapper, []oncall.Problem) {
	out := &Mapper{labels: map[string][]expression{}, statuses: map[string]Status{}, severities: map[string]Severity{}, strict: len(m.Firing) > 0}
	var problems []oncall.Problem
	problem := func(path, suggestion, format string, args ...any) {
		problems = append(problems, oncall.Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
	}
	compile := func(path string, list Expressions) []expression {
		var all []expression
		for i, text := range list {
			e, err := parseExpression(text)
			if err != nil {
				at := path
				if len(list) > 1 {
					at = fmt.Sprintf("%s[%d]", path, i)
				}
				problem(at, `such as "$.alert.name", "$['odd key'][0]" or "{$.host} is down"`, "%q cannot be read: %v", cut(text, 60), err)
			}
			all = append(all, e)
		}
		return all
	}
	if len(m.Title) == 0 {
		problem("title", `such as title: "$.alert.name"`, "the mapping does not say where the title is")
	}
	if m.Each != "" {
		p, err := parsePath(m.Each)
		if err != nil {
			problem("each", `such as "$.alerts"`, "%q cannot be read: %v", cut(m.Each, 60), err)
		}
		out.each = &p
	}
	for _, f := range []struct {
		path string
		from Expressions
		to   *[]expression
	}{
		{"title", m.Title, &out.title}, {"description", m.Description, &out.description}, {"status", m.Status, &out.status},
		{"fingerprint", m.Fingerprint, &out.fingerprint}, {"group", m.Group, &out.group}, {"severity", m.Severity, &out.severity},
		{"service", m.Service, &out.service}, {"url", m.URL, &out.url}, {"runbook", m.Runbook, &out.runbook}, {"dashboard", m.Dashboard, &out.dashboard},
		{"starts", m.Starts, &out.starts}, {"ends", m.Ends, &out.ends}, {"count", m.Count, &out.count}, {"labels.*", m.Labels["*"], &out.allLabel},
	} {
		*f.to = compile(f.path, f.from)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Labels)) {
		if name != "*" {
			out.labels[name] = compile("labels."+name, m.Labels[name])
		}
	}
	for _, word := range slices.Sorted(maps.Keys(m.Severities)) {
		ours, ok := ParseSeverity(m.Severities[word])
		if !ok {
			problem("severities."+word, "use critical, error, warning or info", "unknown severity %q", cut(m.Severities[word], 40))
		}
		out.severities[strings.ToLower(word)] = ours
	}
	out.words(m, problem)
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// words collects what status may have.
func (m *Mapper) words(from Mapping, problem func(path, suggestion, format string, args ...any)) {
	if len(from.Status) == 0 && len(from.Firing)+len(from.Resolved)+len(from.Acknowledged) > 0 {
		problem("status", `such as status: "$.state"`, "the mapping does not say where the status is")
	}
	if len(from.Resolved) == 0 {
		from.Resolved = []string{"resolved", "ok", "recovered", "recovery", "normal", "closed", "up"}
	}
	if len(from.Acknowledged) == 0 {
		from.Acknowledged = []string{"acknowledged"}
	}
	for _, l := range []struct {
		path   string
		words  []string
		status Status
	}{{"resolved", from.Resolved, Resolved}, {"acknowledged", from.Acknowledged, Acknowledged}, {"firing", from.Firing, Firing}} {
		for i, word := range l.words {
			word = strings.ToLower(word)
			if other, taken := m.statuses[word]; taken && other != l.status {
				problem(fmt.Sprintf("%s[%d]", l.path, i), "remove one", "%q is also %s", cut(word, 40), other)
			}
			m.statuses[word] = l.status
		}
	}
}

// decode reads a body by the mapping.
func (m *Mapper) decode(body []byte) ([]Signal, error) {
	var d document
	if err := parse(body, func(r *reader) { d.whole = r.any() }); err != nil {
		return nil, err
	}
	entries := []any{d.whole}
	at := d.whole
	if m.each != nil {
		if at = m.each.value(document{d.whole, d.whole}); at == nil {
			return nil, refuse(Invalid, "The body has no alerts where the mapping's each says.")
		}
		entries[0] = at
	}
	if list, ok := at.([]any); ok {
		entries = list
	}
	if len(entries) > MaxSignals {
		return nil, refuse(TooLarge, "The body holds %d alerts; at most %d are read. Send them in several requests.", len(entries), MaxSignals)
	}
	signals := make([]Signal, len(entries))
	for i := range entries {
		d.entry = entries[i]
		if err := m.read(&signals[i], d, i); err != nil {
			return nil, err
		}
	}
	return signals, nil
}

func (m *Mapper) read(s *Signal, d document, i int) error {
	first := func(list []expression) string {
		for _, e := range list {
			if text := e.text(d); text != "" {
				return text
			}
		}
		return ""
	}
	if s.Title = first(m.title); oneLine(s.Title) == "" {
		return refuse(Invalid, "Alert %d of the body has no title where the mapping says. Correct title in the integration's mapping, or give it a text to fall back to.", i+1)
	}
	s.Description, s.Key, s.Group, s.Service = first(m.description), first(m.fingerprint), first(m.group), first(m.service)
	s.Status = m.state(s, first(m.status))
	s.Labels = m.labelled(d, first)
	m.severe(s, first(m.severity))
	s.Starts = s.moment("starts", first(m.starts))
	if ends := first(m.ends); s.Status == Resolved {
		s.Ends = s.moment("ends", ends)
	}
	if text := first(m.count); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			s.note("count was left out: %q is not a whole number.", cut(oneLine(text), 40))
		}
		s.Count = n
	}
	s.link(LinkSource, "Source", first(m.url))
	s.link(LinkRunbook, "Runbook", first(m.runbook))
	s.link(LinkDashboard, "Dashboard", first(m.dashboard))
	return nil
}

// state is the status of a word. One that is not known fires: better than to be lost.
func (m *Mapper) state(s *Signal, word string) Status {
	status, ok := m.statuses[strings.ToLower(strings.TrimSpace(word))]
	switch {
	case ok:
		return status
	case m.strict && word != "":
		s.note("The status %q is not among those of the mapping; it counts as firing.", cut(oneLine(word), 40))
	}
	return Firing
}

func (m *Mapper) severe(s *Signal, word string) {
	if word == "" {
		word = s.Labels["severity"]
	}
	if ours, ok := m.severities[strings.ToLower(word)]; ok {
		s.Severity = ours
		return
	}
	s.severe(word)
}

func (m *Mapper) labelled(d document, first func([]expression) string) map[string]string {
	labels := map[string]string{}
	for _, e := range m.allLabel {
		for _, p := range e.parts {
			if p.steps != nil {
				spread(labels, p.value(d))
			}
		}
	}
	for name, list := range m.labels {
		if text := first(list); text != "" {
			labels[name] = text
		}
	}
	return labels
}

// spread takes the fields of an object, or a list of "name:value".
func spread(labels map[string]string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, each := range v {
			if text := textOf(each); text != "" {
				labels[name] = text
			}
		}
	case []any:
		for _, each := range v {
			text, _ := each.(string)
			if at := strings.IndexAny(text, ":="); at > 0 {
				labels[strings.TrimSpace(text[:at])] = strings.TrimSpace(text[at+1:])
			}
		}
	}
}

// moment reads a time, or a number of seconds or milliseconds since 1970.
func (s *Signal) moment(field, text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return s.time(field, text)
	}
	const fewest = 100_000_000_000 // as seconds this is the year 5138, as milliseconds 1973
	t := time.Unix(n, 0)
	if n >= fewest {
		t = time.UnixMilli(n)
	}
	return s.time(field, t.UTC().Format(time.RFC3339Nano))
}
