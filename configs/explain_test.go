package configs

import (
	"errors"
	"strings"
	"testing"
)

func explained(t *testing.T, source string) string {
	t.Helper()
	c, err := parse([]byte(source), "w.yaml", nil, false, monday)
	var problems Problems
	if !errors.As(err, &problems) {
		problems = c.Warnings
	}
	return Explain(problems, "w.yaml", []byte(source))
}

func TestExplain(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"nothing", "", ""},
		{"one", "admins: dev1\n", `w.yaml:1:9: admins needs a list, not the text "dev1"
   1 | admins: dev1
     |         ^
    write [dev1]
`},
		{"several", "log: {level: verbose}\npeople:\r\n  - {name: dev1}\r\n", `w.yaml:1:14: unknown level "verbose"
   1 | log: {level: verbose}
     |              ^
    use debug, info, warn or error

w.yaml:3:5: warning: dev1 can be paged only if that is their user name in Slack: there is neither a member ID nor an e-mail address
   3 |   - {name: dev1}
     |     ^
    add slack: (their member ID) or email: (as in their Slack profile)

1 error, 1 warning
`},
		{"after a tab", "log: {format: json,\tlevel: info}\n", "w.yaml:1:25: this is not valid YAML: tab character cannot use as a map key directly\n" +
			"   1 | log: {format: json,\tlevel: info}\n     |                    \t    ^\n    replace the tab in this line by spaces\n"},
		{"after wide letters", "log: {format: 'é日', colour: x}\n", `w.yaml:1:15: unknown format "é日"
   1 | log: {format: 'é日', colour: x}
     |               ^
    use auto, json or text

w.yaml:1:21: unknown key "colour" in log
   1 | log: {format: 'é日', colour: x}
     |                     ^
    keys here: level, format

2 errors, 0 warnings
`},
		{"a token", "slack: {bot_name: xoxb-1234567890-abcdef}\n", `w.yaml:1:19: bot_name holds a Slack token: secrets do not belong into this file
   1 | slack: {bot_name: <secret>}
     |                   ^
    take it out, revoke it, and put the new one into the environment
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := explained(t, tt.source); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestExplainLongLine(t *testing.T) {
	got := explained(t, "admins: ["+strings.Repeat("dev1, ", 500)+"~]\n")
	for line := range strings.Lines(got) {
		if len(line) > 200 {
			t.Errorf("got a line of %d bytes, want the part around the place only", len(line))
		}
	}
	if !strings.Contains(got, "~]\n") {
		t.Errorf("the place is not shown:\n%s", got)
	}
}

// TestExplainWithoutSource serves files that changed or vanished meanwhile.
func TestExplainWithoutSource(t *testing.T) {
	got := Explain(Problems{{File: "w.yaml", Line: 7, Column: 900, Message: "m", Suggestion: "s"}}, "w.yaml", nil)
	if want := "w.yaml:7:900: m\n    s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
