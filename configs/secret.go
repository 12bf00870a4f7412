package configs

import (
	"fmt"
	"io"
	"regexp"
)

// Secret is text that must not be seen: however it is printed, logged or encoded it
// shows as <secret>. Keep it in exported fields: the fmt package prints unexported
// ones without asking. Do not use it as the key of a map: JSON takes the text. An
// empty secret shows as nothing.
type Secret string

const hidden = "<secret>"

// Reveal is the text itself, for the one who needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format hides the text whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the text in JSON, YAML and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// tokens are what Slack's tokens look like.
var tokens = regexp.MustCompile(`(xox[a-z]|xapp-[0-9])-[A-Za-z0-9-]{6,}`)

// withoutTokens hides Slack tokens that somebody wrote where they do not belong.
func withoutTokens(s string) string { return tokens.ReplaceAllString(s, hidden) }
