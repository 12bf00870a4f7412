package configs

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed manifest.yaml.tmpl
var manifestTemplate string

// The shortcuts of the manifest by their callback ids.
const (
	ShortcutDeclare  = "declare_incident" // global
	ShortcutTimeline = "add_to_timeline"  // on a message
)

// Manifest is the Slack app's manifest in YAML, for the admin to paste, with the
// names of the configuration. Nil stands for an empty one.
func Manifest(c *Config) []byte {
	if c == nil {
		c = defaults()
	}
	var shortcuts, commands, needed, optional, events []string
	for _, s := range [...]struct{ name, kind, id, description string }{
		{"Declare incident", "global", ShortcutDeclare, "Open an incident channel and page who is on call"},
		{"Add to timeline", "message", ShortcutTimeline, "Put this message on the incident's timeline"},
	} {
		shortcuts = append(shortcuts, fmt.Sprintf("- {name: %s, type: %s, callback_id: %s, description: %s}", quote(s.name), s.kind, s.id, quote(s.description)))
	}
	for _, m := range commandsOf(c.Slack.Commands) {
		commands = append(commands, fmt.Sprintf("- {command: %s, description: %s, usage_hint: %s, should_escape: true}", quote(m.name), quote(m.description), quote(m.hint)))
	}
	for _, s := range Scopes() {
		line := fmt.Sprintf("- %-24s # to %s", s.Name, s.For)
		if s.Needed {
			needed = append(needed, line)
		} else {
			optional = append(optional, line)
		}
	}
	for _, e := range Events() {
		line := fmt.Sprintf("- %-24s # to %s", e.Name, e.For)
		if len(e.Scopes) > 0 { // one of them is enough
			line += " [" + strings.Join(e.Scopes, " or ") + "]"
		}
		events = append(events, line)
	}
	return []byte(strings.NewReplacer("{{app}}", quote(c.Slack.AppName), "{{bot}}", quote(c.Slack.BotName),
		"{{shortcuts}}", strings.Join(shortcuts, "\n    "), "{{commands}}", strings.Join(commands, "\n    "),
		"{{needed}}", strings.Join(needed, "\n      "), "{{optional}}", strings.Join(optional, "\n      "),
		"{{events}}", strings.Join(events, "\n      ")).Replace(manifestTemplate))
}

type command struct{ name, description, hint string }

func commandsOf(c Commands) []command {
	var out []command
	add := func(names []string, description, hint string) {
		for i, name := range names {
			if i > 0 {
				description = "The same as " + names[0]
			}
			out = append(out, command{name, description, hint})
		}
	}
	add(c.Incident, "Declare and run incidents", "[declare|update|note|lead|page|timeline|list|resolve|close|help]")
	add(c.OnCall, "Who is on call now and next", "[schedule|cover me|swap|override|off|help]")
	return out
}

// quote writes text as a double-quoted YAML scalar; JSON's are a subset of them.
func quote(s string) string {
	b, _ := json.Marshal(s) // strings always have JSON
	return string(b)
}
