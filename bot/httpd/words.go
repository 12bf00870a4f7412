package httpd

import (
	"regexp"
	"strings"
)

// typed is a command of Slack in a sentence for people.
var typed = regexp.MustCompile("`/(inc|oncall)\\b ?([^`]*)`")

// Outside makes what a sentence tells people to type in Slack what they type in a
// shell: whoever reads it here may have no Slack. What the shell has not stays.
func Outside(text string) string {
	return typed.ReplaceAllStringFunc(text, func(s string) string {
		m := typed.FindStringSubmatch(s)
		line, ok := inShell(m[1], strings.ReplaceAll(m[2], "@name", "NAME"))
		if !ok {
			return s + " in Slack"
		}
		return "`watchbill " + strings.TrimSpace(line) + "`"
	})
}

// inShell is a command of Slack as one of the shell; ok is false if there is none.
func inShell(command, typed string) (line string, ok bool) {
	verb, rest, _ := strings.Cut(typed, " ")
	switch {
	case command == "oncall" && verb == "":
		return "oncall who", true
	case command == "oncall":
		return "oncall " + typed, verb == "changes" || verb == "gaps"
	case verb == "alerts" && rest != "":
		return "alert list --service " + rest, true
	case verb == "alerts":
		return "alert list", true
	case verb == "silence", verb == "silences", verb == "unsilence", verb == "noise", strings.HasPrefix(rest, "ALERT-"):
		return "alert " + typed, true
	case verb == "list", verb == "declare":
		return "incident " + typed, true
	case verb == "ack", verb == "decline", verb == "escalate", verb == "handover", verb == "snooze", verb == "resolve" && strings.HasPrefix(rest, "PAGE-"):
		return "page " + typed, true
	case verb == "note" && strings.HasPrefix(rest, "-"):
		return "incident note INC-1 --at " + rest, true
	}
	needed, ok := onIncident[verb]
	if strings.HasPrefix(rest, "INC-") {
		return "incident " + typed, ok
	}
	if rest == "" {
		rest = needed
	}
	return "incident " + verb + " INC-1 " + rest, ok
}

// onIncident are the verbs that have an incident in a shell, and what each cannot do
// without that Slack asks for in a form.
var onIncident = map[string]string{"show": "", "timeline": "", "update": "TEXT", "note": "TEXT", "lead": "", "sev": "N", "page": "NAME", "resolve": "", "reopen": "WHY", "close": ""}
