package alert

import (
	"cmp"
	"regexp"
)

// Name is what alerts of one kind have in common: the name of their rule, or else their
// title.
func Name(a *Alert) string { return cmp.Or(a.Labels["alertname"], a.Title) }

var numbers = regexp.MustCompile(`[0-9]+`)

// Alike is a name without its numbers: names that differ only in them are of one kind.
func Alike(name string) string { return numbers.ReplaceAllString(name, "…") }
