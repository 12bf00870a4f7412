package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Rules are what the operator says about where alerts go.
type Rules struct {
	Routes      []Route
	Maintenance []Maintenance
	Services    []Service
	// Defaults are the services of integrations, for alerts that name none that is
	// known.
	Defaults          map[string]string
	DefaultEscalation string // for alerts without a service, and services without one of their own; may be empty
	DefaultChannel    string // likewise for cards: the incidents channel
}

// Service is what routing knows of one: whom it pages and where its cards go. Both may
// be empty.
type Service struct{ Name, Escalation, Channel string }

// Route is one rule: the first whose conditions hold decides. Everything but the
// conditions is optional, and goes before what would hold without it.
type Route struct {
	Name         string            `json:"name,omitempty"`         // for explanations
	Match        map[string]string `json:"match,omitempty"`        // see [NewMatcher]; empty: everything
	Integrations []string          `json:"integrations,omitempty"` // only alerts that came by these; empty: by any
	Service      string            `json:"service,omitempty"`
	Escalation   string            `json:"escalation,omitempty"`
	Channel      string            `json:"channel,omitempty"`
	Severity     Severity          `json:"severity,omitempty"`
	Page         *bool             `json:"page,omitempty"`     // nil: by severity
	Declare      int               `json:"declare,omitempty"`  // 1 to 4: open an incident of this severity; 0: none
	GroupBy      []string          `json:"group_by,omitempty"` // labels, or service, severity, title, integration; "..." makes each alert its own group
	GroupWindow  time.Duration     `json:"group_window,omitempty"`
}

// GroupEach in group_by makes each alert its own group, as in Alertmanager.
const GroupEach = "..."

// Maintenance is a stretch of time in which alerts that match page nobody: once (From,
// To), or again and again (Cron, Duration).
type Maintenance struct {
	Name     string            `json:"name"`
	Match    map[string]string `json:"match,omitempty"` // see [NewMatcher]; never empty
	From     string            `json:"from,omitempty"`  // RFC 3339, or a local wall time of TimeZone
	To       string            `json:"to,omitempty"`
	Cron     string            `json:"cron,omitempty"` // five fields, read in TimeZone
	Duration time.Duration     `json:"duration,omitempty"`
	TimeZone string            `json:"time_zone,omitempty"` // IANA name
}

// Router decides where signals go. It is immutable, and safe for concurrent use.
type Router struct {
	rules    Rules
	routes   []route
	windows  []window
	services map[string]int // lower case → index in the rules
}

type route struct {
	*Route
	title   string // "route 2", or with its name
	matcher *Matcher
}

// NewRouter compiles rules. Names of services, escalations and integrations are taken as
// they are. The path of a problem begins with routes or maintenance, as in the
// configuration; with problems there is no router.
func NewRouter(rules Rules, zones *oncall.Zones) (*Router, []oncall.Problem) {
	r := &Router{rules: rules, services: make(map[string]int, len(rules.Services))}
	for i, s := range rules.Services {
		r.services[strings.ToLower(s.Name)] = i
	}
	var problems []oncall.Problem
	for i := range rules.Routes {
		compiled, found := newRoute(&rules.Routes[i], i)
		r.routes = append(r.routes, compiled)
		problems = append(problems, below(fmt.Sprintf("routes[%d]", i), found)...)
	}
	for i := range rules.Maintenance {
		compiled, found := newWindow(&rules.Maintenance[i], zones)
		r.windows = append(r.windows, compiled)
		problems = append(problems, below(fmt.Sprintf("maintenance[%d]", i), found)...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return r, nil
}

// below puts the paths of problems below another.
func below(path string, problems []oncall.Problem) []oncall.Problem {
	for i := range problems {
		if problems[i].Path = strings.TrimSuffix(path+"."+problems[i].Path, "."); problems[i].Path == "." {
			problems[i].Path = path
		}
	}
	return problems
}

// maxGroupWindow is the longest that a group stays together.
const maxGroupWindow = 7 * 24 * time.Hour

func newRoute(r *Route, i int) (route, []oncall.Problem) {
	out := route{Route: r, title: fmt.Sprintf("route %d", i+1)}
	if r.Name != "" {
		out.title += fmt.Sprintf(" (%s)", r.Name)
	}
	var problems []oncall.Problem
	problem := func(path, suggestion, format string, args ...any) {
		problems = append(problems, oncall.Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
	}
	var found []oncall.Problem
	out.matcher, found = NewMatcher(r.Match)
	problems = append(problems, below("match", found)...)
	if s, ok := ParseSeverity(string(r.Severity)); r.Severity != "" && (!ok || s != r.Severity) {
		suggestion := "use critical, error, warning or info"
		if ok {
			suggestion = fmt.Sprintf("write %s", s)
		}
		problem("severity", suggestion, "unknown severity %q", cut(string(r.Severity), 40))
	}
	switch {
	case r.Declare < 0 || r.Declare > 4:
		problem("declare", "write 1 to 4, for SEV1 to SEV4", "there is no severity %d of incidents", r.Declare)
	case r.Declare != 0 && r.Declare < 4 && r.Page != nil && *r.Page:
		problem("page", "leave page out", "an incident of SEV%d pages by itself, once", r.Declare)
	case r.Declare != 0 && r.Declare < 4 && r.Page != nil:
		problem("page", "leave page out, or declare: 4", "an incident of SEV%d pages whatever page says", r.Declare)
	}
	if r.Declare > 0 && r.Declare < 4 && r.Escalation != "" {
		problem("escalation", "leave it out, or set the service", "an incident of SEV%d pages the escalation of its service", r.Declare)
	}
	if r.GroupWindow < 0 || r.GroupWindow > maxGroupWindow {
		problem("group_window", "write 7d or less", "a group stays together for a week at most")
	}
	for j, name := range r.GroupBy {
		switch {
		case name == "":
			problem(fmt.Sprintf("group_by[%d]", j), "such as alertname", "a label has no name")
		case slices.Contains(r.GroupBy[:j], name):
			problem(fmt.Sprintf("group_by[%d]", j), "remove one", "%q stands here twice", cut(name, 60))
		case name == GroupEach && len(r.GroupBy) > 1:
			problem(fmt.Sprintf("group_by[%d]", j), `keep only "..." or the labels`, `"..." makes each alert its own group`)
		}
	}
	return out, problems
}

// Unreachable lists the routes that never match because an earlier one always does, as
// far as that can be seen. The paths are routes[i].
func (r *Router) Unreachable() []oncall.Problem {
	var out []oncall.Problem
	for i := range r.routes {
		for j := range i {
			if !r.routes[j].covers(&r.routes[i]) {
				continue
			}
			out = append(out, oncall.Problem{
				Path:       fmt.Sprintf("routes[%d]", i),
				Message:    fmt.Sprintf("%s never matches: %s comes first and takes everything that would", r.routes[i].title, r.routes[j].title),
				Suggestion: "move it up, or remove it",
			})
			break
		}
	}
	return out
}

// covers says whether everything that the later route takes is taken by this one.
func (r *route) covers(later *route) bool {
	if len(r.Integrations) > 0 {
		if len(later.Integrations) == 0 {
			return false
		}
		for _, name := range later.Integrations {
			if !slices.Contains(r.Integrations, name) {
				return false
			}
		}
	}
	return later.matcher.implies(r.matcher)
}

// LongestWindow is the longest time that a route keeps a group together.
func (r *Router) LongestWindow() time.Duration {
	var longest time.Duration
	for i := range r.routes {
		longest = max(longest, r.routes[i].GroupWindow)
	}
	return longest
}
