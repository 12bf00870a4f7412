package httpd

import (
	"regexp"
	"strings"
)

// typed is a command of Slack in a sentence for people.
var typed = regexp.MustCompile("`/(inc|oncall)\\b ?([^`]*)`")

// outside makes what a sentence tells people to type in Slack what they type in a
// shell: whoever reads it here may have no Slack.
func outside(text string) string {
	return typed.ReplaceAllStringFunc(text, func(s string) string {
		m := typed.FindStringSubmatch(s)
		return "`watchbill " + inShell(m[1], m[2]) + "`"
	})
}

// inShell is a command of Slack as one of the shell; what stands for a name stays so.
func inShell(command, typed string) string {
	typed = strings.ReplaceAll(typed, "@name", "NAME")
	verb, rest, _ := strings.Cut(typed, " ")
	switch {
	case command == "oncall":
		return "oncall who"
	case verb == "list" || verb == "declare":
		return "incident " + typed
	case verb == "ack", verb == "decline", verb == "escalate" && rest != "":
		return strings.TrimSpace("page " + typed)
	case verb == "note" && strings.HasPrefix(rest, "-"):
		return "incident note INC-1 --at " + rest
	}
	return strings.TrimSpace("incident " + verb + " INC-1 " + rest)
}
