package configs

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// checker looks at what was read: whether names are unique, references lead
// somewhere, and somebody can be reached.
type checker struct {
	*report
	config *Config
	getenv func(string) string
	now    time.Time
	zones  *oncall.Zones

	read          map[string]*calendarFile
	calendarBytes int
	lenient       bool // about calendars

	people, teams, services, schedules, escalations, integrations names
}

// names are the names of one kind of thing.
type names struct {
	kind, section string
	list          []string
	index         map[string]string // lower case → as written
	open          bool              // others may exist: the list was not read completely, or takes names as they are
}

func (n *names) has(name string) bool {
	_, ok := n.index[strings.ToLower(name)]
	return ok
}

func (k *checker) check() {
	c := k.config
	k.people = k.names("person", "people", len(c.People), func(i int) string { return c.People[i].Name })
	k.people.open = k.people.open || len(c.People) == 0
	k.teams = k.names("team", "teams", len(c.Teams), func(i int) string { return c.Teams[i].Name })
	k.services = k.names("service", "services", len(c.Services), func(i int) string { return c.Services[i].Name })
	k.schedules = k.names("schedule", "schedules", len(c.Schedules), func(i int) string { return c.Schedules[i].Name })
	k.escalations = k.names("escalation", "escalations", len(c.Escalations), func(i int) string { return c.Escalations[i].Name })

	k.slack()
	k.settings()
	k.admins()
	k.persons()
	k.teamsOf()
	k.servicesOf()
	if c.DefaultEscalation != "" {
		c.DefaultEscalation = k.refer(&k.escalations, "default_escalation", c.DefaultEscalation)
	}
	k.schedule()
	k.policies()
	k.alerts()
	k.tokens()
	k.notify()
	k.deadMan()
}

// names collects the names of a section; each must be there, well formed and given
// once.
func (k *checker) names(kind, section string, count int, name func(int) string) names {
	n := names{kind: kind, section: section, index: map[string]string{}, open: k.spoilt[section]}
	first := map[string]string{}
	for i := range count {
		at := fmt.Sprintf("%s[%d]", section, i)
		s, path := name(i), at+".name"
		n.open = n.open || k.spoilt[at] || k.spoilt[path]
		if s == "" {
			if !k.spoilt[at] {
				k.problem(path, fmt.Sprintf("add name: to this %s", kind), "this %s has no name", kind)
			}
			continue
		}
		if why := badName(s); why != "" || strings.HasPrefix(s, incident.TokenPrefix) {
			if why == "" {
				why = "begins with " + incident.TokenPrefix + ", as API tokens do on timelines"
			}
			k.problem(path, "", "the name %q %s", clip(s, 60), why)
			continue
		}
		if other, taken := first[strings.ToLower(s)]; taken {
			k.problem(path, "rename one of them, or put them together", "there are two %s called %q; the first is on line %d", plural(kind), clip(s, 60), k.place(other).line)
			continue
		}
		first[strings.ToLower(s)] = path
		n.list = append(n.list, s)
		n.index[strings.ToLower(s)] = s
	}
	return n
}

func plural(kind string) string {
	if kind == "person" {
		return "people"
	}
	return kind + "s"
}

// maxName is the longest name, in characters.
const maxName = 80

func badName(s string) string {
	switch {
	case utf8.RuneCountInString(s) > maxName:
		return fmt.Sprintf("is longer than %d characters", maxName)
	case strings.TrimSpace(s) != s:
		return "begins or ends with a space"
	case strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "holds characters that cannot be seen"
	case strings.ContainsAny(s, "<>`"):
		return "holds <, > or `"
	}
	return ""
}

// refer checks that a name leads somewhere, and returns it as it is written there.
func (k *checker) refer(n *names, path, name string) string {
	if written, ok := n.index[strings.ToLower(name)]; ok {
		return written
	}
	if n.open {
		return name
	}
	suggestion := ""
	switch {
	case k.full(): // looking for the nearest name is work that nobody would see
	case len(n.list) == 0:
		suggestion = fmt.Sprintf("add it to %s", n.section)
	default:
		suggestion = didYouMean(name, n.list)
	}
	k.problem(path, suggestion, "there is no %s called %q", n.kind, clip(name, 60))
	return name
}

// use notes where the file refers to a schedule.
func (k *checker) use(schedule, path, by string) {
	if schedule != "" {
		k.config.uses = append(k.config.uses, use{schedule, Use{By: by, Place: k.where(path)}})
	}
}

func (k *checker) referAll(n *names, path string, list []string) {
	seen := map[string]bool{}
	for i, name := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		list[i] = k.refer(n, at, name)
		if seen[strings.ToLower(name)] && name != "" {
			k.problem(at, "remove one", "%q stands here twice", clip(name, 60))
		}
		seen[strings.ToLower(name)] = true
	}
}

func (k *checker) settings() {
	c := k.config
	if c.HTTP.PublicURL != "" {
		k.link("http.public_url", c.HTTP.PublicURL)
		if strings.ContainsAny(c.HTTP.PublicURL, "?#") {
			k.problem("http.public_url", "leave out what begins with ? or #", "addresses are made by writing a path behind %q", clip(c.HTTP.PublicURL, 80))
		}
	}
	k.oneOf("log.level", "level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", "format", c.Log.Format, "auto", "json", "text")
}

func (k *checker) oneOf(path, what, value string, allowed ...string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	suggestion := "use " + strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1]
	if n := nearest(value, allowed); n != "" && value != "" {
		suggestion = fmt.Sprintf("did you mean %q?", n)
	}
	k.problem(path, suggestion, "unknown %s %q", what, clip(value, 60))
}

func (k *checker) link(path, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		k.problem(path, "write it whole, such as https://example.com/page", "%q is not a link", clip(text, 80))
		return
	}
	if u.User != nil {
		k.problem(path, "remove the name and password", "a link must not hold a password: everybody will see it")
	}
}

// zone checks a time zone by the rule that schedules have.
func (k *checker) zone(path, name string) {
	for _, p := range oncall.Validate(oncall.Schedule{Name: "zone", TimeZone: name}, nil, k.zones) {
		if p.Path == "time_zone" {
			k.problem(path, p.Suggestion, "%s", p.Message)
		}
	}
}

var memberID = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

func (k *checker) admins() {
	for i, name := range k.config.Admins {
		if !memberID.MatchString(name) || k.people.has(name) {
			k.config.Admins[i] = k.refer(&k.people, fmt.Sprintf("admins[%d]", i), name)
		}
	}
}

func (k *checker) persons() {
	bySlack, byEmail, byPhone := map[string]string{}, map[string]string{}, map[string]string{}
	for i, p := range k.config.People {
		at := fmt.Sprintf("people[%d]", i)
		if p.Slack != "" {
			if !memberID.MatchString(p.Slack) {
				k.problem(at+".slack", "in Slack, open the profile, then ⋮, then Copy member ID", "%q is not a Slack member ID such as U012ABCDEF", clip(p.Slack, 60))
			} else if other, taken := bySlack[p.Slack]; taken {
				k.problem(at+".slack", "copy the right ID for each", "%s and %s have the same Slack member ID", other, p.Name)
			}
			bySlack[p.Slack] = p.Name
		}
		if p.Email != "" {
			if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email {
				k.problem(at+".email", "such as dev1@example.com", "%q is not an e-mail address", clip(p.Email, 80))
			} else if other, taken := byEmail[strings.ToLower(p.Email)]; taken {
				k.problem(at+".email", "", "%s and %s have the same e-mail address", other, p.Name)
			}
			byEmail[strings.ToLower(p.Email)] = p.Name
		}
		if other, taken := byPhone[p.Phone]; taken && p.Phone != "" {
			k.warn(at+".phone", "", "%s and %s have the same phone number: what is replied by it counts for whoever of them was told last", other, p.Name)
		}
		byPhone[p.Phone] = p.Name
		if p.TimeZone != "" {
			k.zone(at+".time_zone", p.TimeZone)
		}
		k.contacts(at, &k.config.People[i])
		if p.Slack == "" && p.Email == "" && p.Name != "" && !k.incomplete(at) {
			k.warn(at, "add slack: (their member ID) or email: (as in their Slack profile)", "%s can be paged only if that is their user name in Slack: there is neither a member ID nor an e-mail address", p.Name)
		}
	}
}

func (k *checker) teamsOf() {
	for i := range k.config.Teams {
		t, at := &k.config.Teams[i], fmt.Sprintf("teams[%d]", i)
		if t.Kind == "" {
			t.Kind = KindOther
		}
		k.oneOf(at+".kind", "kind of team", t.Kind, KindDev, KindSRE, KindOther)
		k.referAll(&k.people, at+".people", t.People)
		k.referAll(&k.people, at+".leads", t.Leads)
	}
}

// serviceName is what people can type after --service.
var serviceName = regexp.MustCompile(`^[\pL\pN][\pL\pN._/-]*$`)

func (k *checker) servicesOf() {
	for i := range k.config.Services {
		s, at := &k.config.Services[i], fmt.Sprintf("services[%d]", i)
		if s.Name != "" && !serviceName.MatchString(s.Name) && badName(s.Name) == "" {
			k.problem(at+".name", fmt.Sprintf("write %s", strings.Join(strings.Fields(s.Name), "-")), "people type the name of a service, so it has only letters, digits, - _ . and /: %q", clip(s.Name, 60))
		}
		for _, ref := range []struct {
			to    *names
			key   string
			value *string
		}{{&k.teams, "owner", &s.Owner}, {&k.teams, "sre", &s.SRE}, {&k.schedules, "schedule", &s.Schedule}, {&k.escalations, "escalation", &s.Escalation}} {
			if *ref.value != "" {
				*ref.value = k.refer(ref.to, at+"."+ref.key, *ref.value)
			}
			if ref.to == &k.schedules {
				k.use(*ref.value, at+".schedule", "service "+s.Name)
			}
		}
		if s.Channel != "" {
			k.channel(at+".channel", s.Channel)
		}
		if s.Runbook != "" {
			k.link(at+".runbook", s.Runbook)
		}
		for j, link := range s.Dashboards {
			k.link(fmt.Sprintf("%s.dashboards[%d]", at, j), link)
		}
		if s.Escalation == "" && k.config.DefaultEscalation == "" && s.Name != "" && !k.incomplete(at) && !k.spoilt["default_escalation"] {
			k.warn(at, "add escalation: here, or default_escalation: for all", "nobody is paged for incidents and alerts of %s: it has no escalation, and there is no default_escalation", s.Name)
		}
	}
}

// schedule compiles the schedules, once for everybody who asks.
func (k *checker) schedule() {
	var known []string
	if !k.people.open {
		known = k.people.list
	}
	k.config.plans = make(map[string]*oncall.Plan, len(k.config.Schedules))
	k.config.paths, k.config.where = make(map[string]string, len(k.config.Schedules)), k.report.where
	for i, s := range k.config.Schedules {
		at := fmt.Sprintf("schedules[%d]", i)
		k.config.paths[strings.ToLower(s.Name)] = at
		k.calendars(at, &s)
		k.config.Schedules[i] = s
		s.Calendars = nil // what could not be read was said
		problems := oncall.Validate(s, known, k.zones)
		for _, p := range problems {
			if p.Path != "name" || s.Name != "" {
				k.problem(join(at, p.Path), p.Suggestion, "%s", p.Message)
			}
		}
		for j, l := range s.Layers {
			path := fmt.Sprintf("%s.layers[%d].rotation.length", at, j)
			if _, written := k.marks[path]; written && l.Rotation.Length == 0 {
				k.problem(path, "leave it out if you mean 1", "the length must be 1 to 10000, not 0")
			}
		}
		if s.Channel != "" {
			k.channel(at+".channel", strings.TrimPrefix(s.Channel, "#"))
		}
		if len(problems) > 0 {
			continue
		}
		plan, err := oncall.Compile(s, k.zones)
		if err != nil {
			k.problem(at, "", "%v", err)
			continue
		}
		k.config.plans[s.Name] = plan
		if !s.Uncovered && len(oncall.People(plan.OnCall(k.now))) == 0 && !k.incomplete(at) {
			k.warn(at, "add people or hours, or say uncovered: true if that is meant", "nobody is on call for %q now, %s", s.Name, k.now.In(plan.Location()).Format("Mon 15:04 MST"))
		}
	}
}
