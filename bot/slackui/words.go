package slackui

import (
	"fmt"
	"strings"
)

// count is a number of things, in words of one or of many.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// either joins ways of which one will do.
func either(ways []string) string {
	last := len(ways) - 1
	if last < 1 {
		return strings.Join(ways, "")
	}
	return strings.Join(ways[:last], ", ") + " or " + ways[last]
}

// listed joins names as a sentence does; beyond six it counts.
func listed(who []string, name func(string) string) string {
	const most = 6
	var names []string
	for _, w := range who[:min(len(who), most)] {
		names = append(names, name(w))
	}
	if more := len(who) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	switch len(names) {
	case 0:
		return "nobody"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
