package alert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/oncall"
)

// The names that are no labels, in a match and in group_by.
const (
	nameService     = "service"     // as the alert names it, or as it was found to be
	nameSeverity    = "severity"    // in the source's word or in ours; not said is error
	nameTitle       = "title"       // or a label of that name
	nameIntegration = "integration" // by which it came
)

// Matcher is a set of conditions on an alert, all of which must hold. It is immutable.
type Matcher struct{ conditions []condition }

// condition is one line of a match.
type condition struct {
	name   string
	text   string // as written
	value  string // what it must be, when there is no pattern
	re     *regexp.Regexp
	words  []string // all that the pattern matches, when that is a list of words
	negate bool
}

// Text is the conditions as people write them, by name.
func (m *Matcher) Text() string {
	var parts []string
	for _, c := range m.conditions {
		parts = append(parts, c.name+"="+c.text)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// maxPattern is the longest regular expression, in bytes.
const maxPattern = 1000

// NewMatcher reads conditions as people write them: a label, or one of service,
// severity, title and integration, and the value it must have. "~" begins a regular
// expression (RE2) that must match all of the value, "!" negates, "=" takes the rest as
// it is. A label that is missing has the empty value. The path of a problem is the name.
func NewMatcher(match map[string]string) (*Matcher, []oncall.Problem) {
	m := &Matcher{}
	var problems []oncall.Problem
	for _, name := range slices.Sorted(maps.Keys(match)) {
		c, err := newCondition(name, match[name])
		if err != nil {
			problems = append(problems, oncall.Problem{Path: name, Message: err.Error(), Suggestion: `"prod", "~prod|stage" or "!prod"`})
		}
		m.conditions = append(m.conditions, c)
	}
	// What takes longest to answer is asked last.
	slices.SortStableFunc(m.conditions, func(a, b condition) int { return a.cost() - b.cost() })
	return m, problems
}

func newCondition(name, text string) (condition, error) {
	c := condition{name: name, text: text}
	rest, negate := strings.CutPrefix(text, "!")
	c.negate = negate
	if exact, ok := strings.CutPrefix(rest, "="); ok {
		c.value = exact
		return c, nil
	}
	pattern, ok := strings.CutPrefix(rest, "~")
	if !ok {
		c.value = rest
		return c, nil
	}
	if len(pattern) > maxPattern {
		return c, fmt.Errorf("the regular expression has more than %d characters", maxPattern)
	}
	var err error
	if c.re, err = regexp.Compile("^(?:" + pattern + ")$"); err != nil {
		return c, fmt.Errorf("%q is not a regular expression: %s", cut(pattern, 60), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if words := strings.Split(pattern, "|"); !slices.ContainsFunc(words, func(w string) bool { return regexp.QuoteMeta(w) != w }) {
		c.words = words
	}
	return c, nil
}

func (c *condition) cost() int {
	if c.re != nil && c.words == nil {
		return 1
	}
	return 0
}

// vague says whether the conditions hold for alerts that have nothing of what they ask
// about: then they keep no alert out but some of those that do.
func (m *Matcher) vague() bool {
	return !slices.ContainsFunc(m.conditions, func(c condition) bool {
		return c.name == nameTitle || c.name == nameSeverity || c.name == nameIntegration || !c.holds("", "")
	})
}

// Matches says whether all conditions hold. Service is the one that was decided on.
func (m *Matcher) Matches(s *Signal, integration, service string) bool {
	return m.failing(&subject{s, integration, service}) == nil
}

// failing is the first condition that does not hold; nil when all do.
func (m *Matcher) failing(x *subject) *condition {
	for i := range m.conditions {
		if c := &m.conditions[i]; !c.holds(x.values(c.name)) {
			return c
		}
	}
	return nil
}

// holds says whether any of the values fits, or with negation none.
func (c *condition) holds(a, b string) bool {
	return (c.fits(a) || a != b && c.fits(b)) != c.negate
}

func (c *condition) fits(value string) bool {
	switch {
	case c.words != nil:
		return slices.Contains(c.words, value)
	case c.re != nil:
		return c.re.MatchString(value)
	}
	return c.value == value
}

// subject is what conditions and groups ask about.
type subject struct {
	signal      *Signal
	integration string
	service     string // found for it, as configured; may be empty
}

// values are the two ways to say what the alert has under a name; mostly they are one.
// The second is the one that groups go by.
func (x *subject) values(name string) (string, string) {
	label := x.signal.Labels[name]
	switch name {
	case nameService:
		if x.service == "" {
			return x.signal.Service, x.signal.Service
		}
		return x.signal.Service, x.service
	case nameSeverity:
		if x.signal.Severity == "" {
			return label, string(SeverityError)
		}
		return label, string(x.signal.Severity)
	case nameTitle:
		return label, x.signal.Title
	case nameIntegration:
		return label, x.integration
	}
	return label, label
}

// why says why the condition does not hold.
func (c *condition) why(x *subject) string {
	a, b := x.values(c.name)
	has := "not set"
	switch {
	case b == "" && a != "":
		has = quoted(a)
	case b != "" && (a == "" || strings.EqualFold(a, b)):
		has = quoted(b)
	case b != "":
		has = fmt.Sprintf("%s, which is %s", quoted(a), quoted(b))
	}
	return fmt.Sprintf("%s is %s, and must %s", c.name, has, c.must())
}

// must says what the condition asks for: `be "prod"`, `not match "a|b"`.
func (c *condition) must() string {
	switch {
	case c.re != nil && c.negate:
		return "not match " + quoted(c.pattern())
	case c.re != nil:
		return "match " + quoted(c.pattern())
	case c.negate:
		return "not be " + quoted(c.value)
	}
	return "be " + quoted(c.value)
}

// held says that the condition holds: `env is "prod"`.
func (c *condition) held() string {
	switch {
	case c.re != nil && c.negate:
		return c.name + " does not match " + quoted(c.pattern())
	case c.re != nil:
		return c.name + " matches " + quoted(c.pattern())
	case c.negate:
		return c.name + " is not " + quoted(c.value)
	}
	return c.name + " is " + quoted(c.value)
}

func (c *condition) pattern() string {
	return strings.TrimPrefix(strings.TrimPrefix(c.text, "!"), "~")
}

// String is the conditions as they hold: `env is "prod" and severity is "critical"`.
func (m *Matcher) String() string {
	if len(m.conditions) == 0 {
		return "it takes every alert"
	}
	parts := make([]string, len(m.conditions))
	for i := range m.conditions {
		parts[i] = m.conditions[i].held()
	}
	return joinAnd(parts)
}

// implies says whether every alert for which all of m hold has all of the other
// hold too, as far as that can be seen from the text.
func (m *Matcher) implies(other *Matcher) bool {
	for i := range other.conditions {
		o := &other.conditions[i]
		if !slices.ContainsFunc(m.conditions, func(c condition) bool { return c.implies(o) }) && !o.always() {
			return false
		}
	}
	return true
}

func (c *condition) implies(o *condition) bool {
	switch {
	case c.name != o.name:
		return false
	case c.text == o.text:
		return true
	case c.negate || c.re != nil:
		return false
	case o.negate && (c.name == nameSeverity || c.name == nameService || c.name == nameTitle || c.name == nameIntegration):
		return false // these have two values: one fits c, the other may fail o
	}
	return o.holds(c.value, c.value)
}

// always says whether the condition holds whatever the value.
func (c *condition) always() bool {
	return !c.negate && c.re != nil && strings.TrimPrefix(c.text, "~") == ".*"
}
