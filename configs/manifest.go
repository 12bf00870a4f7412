package configs

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed manifest.yaml.tmpl
var manifestTemplate string

// The shortcuts of the manifest by their callback ids.
const (
	ShortcutDeclare  = "declare_incident" // global
	ShortcutTimeline = "add_to_timeline"  // on a message
)

type shortcut struct{ Name, Type, CallbackID, Description string }

type command struct{ Name, Description, Hint string }

// Manifest is the Slack app's manifest in YAML, for the admin to paste, with the
// names of the configuration. Nil stands for an empty one.
func Manifest(c *Config) ([]byte, error) {
	if c == nil {
		c = defaults()
	}
	t, err := template.New("manifest").Funcs(template.FuncMap{"quote": quote, "pad": pad, "join": either}).Parse(manifestTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse manifest template: %w", err)
	}
	needed := slices.DeleteFunc(Scopes(), func(s Scope) bool { return !s.Needed })
	optional := slices.DeleteFunc(Scopes(), func(s Scope) bool { return s.Needed })
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"App": c.Slack.AppName, "Bot": c.Slack.BotName, "Commands": commandsOf(c.Slack.Commands),
		"Shortcuts": []shortcut{
			{"Declare incident", "global", ShortcutDeclare, "Open an incident channel and page who is on call"},
			{"Add to timeline", "message", ShortcutTimeline, "Put this message on the incident's timeline"},
		},
		"Needed": needed, "Optional": optional, "Events": Events(),
	})
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	return b.Bytes(), nil
}

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
func quote(s string) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// pad aligns the comments.
func pad(name string) string { return strings.Repeat(" ", max(24-len(name), 0)) }

// either names scopes of which one is enough.
func either(scopes []string) string { return strings.Join(scopes, " or ") }
