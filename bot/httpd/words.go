package httpd

import (
	"regexp"
	"strings"
)

// typed is a command of Slack in a sentence for people.
var typed = regexp.MustCompile("`/(inc|oncall)\\b ?([^`]*)`")

// Outside makes what a sentence tells people to type in Slack what they type in a
// shell: whoever reads it here may have no Slack.
func Outside(text string) string {
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
	if rest == "" {
		rest = needed[verb]
	}
	return strings.TrimSpace("incident " + verb + " INC-1 " + rest)
}

// needed is what a verb alone cannot do without in a shell, where Slack opens a form.
var needed = map[string]string{"note": "TEXT", "update": "TEXT", "reopen": "WHY", "page": "NAME", "sev": "N"}
