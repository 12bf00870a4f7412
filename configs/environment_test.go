package configs

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFromEnvDefaults(t *testing.T) {
	s, err := FromEnv(env())
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{SlackAPI: "https://slack.com/api/", HTTP: "127.0.0.1:8080"}
	if s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if got := s.DataDirectory(nil); got != "watchbill-data" {
		t.Errorf("got %q", got)
	}
	if err := s.NeedSlack(); err == nil || !strings.Contains(err.Error(), "SLACK_BOT_TOKEN") || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
		t.Errorf("got %v, want both tokens named", err)
	}
}

func TestFromEnv(t *testing.T) {
	file := write(t, "  xapp-1-A0-22-abcdef\n")
	s, err := FromEnv(env("SLACK_BOT_TOKEN", " xoxb-11-abcdef\n", "SLACK_APP_TOKEN_FILE", file, "SLACK_API_URL", "http://127.0.0.1:9000/api",
		"WATCHBILL_CONFIG", "w.yaml", "WATCHBILL_DATA", "/data", "WATCHBILL_HTTP", ":9090"))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{BotToken: "xoxb-11-abcdef", AppToken: "xapp-1-A0-22-abcdef", SlackAPI: "http://127.0.0.1:9000/api/", ConfigFile: "w.yaml", Directory: "/data", HTTP: ":9090"}
	if s != want {
		t.Errorf("got something else, want %+v", want)
	}
	if err := s.NeedSlack(); err != nil {
		t.Error(err)
	}
	c := &Config{Data: Data{Directory: "/from-file"}}
	if got := s.DataDirectory(c); got != "/data" {
		t.Errorf("got %q, want the environment to go first", got)
	}
	if got := (Settings{}).DataDirectory(c); got != "/from-file" {
		t.Errorf("got %q, want the file's", got)
	}
}

func TestFromEnvErrors(t *testing.T) {
	const canary = "canary-9f2c"
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"both", []string{"SLACK_BOT_TOKEN", "xoxb-" + canary, "SLACK_BOT_TOKEN_FILE", "/f"}, "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set: unset one of them"},
		{"swapped", []string{"SLACK_BOT_TOKEN", "xapp-" + canary}, "SLACK_BOT_TOKEN is not the right token: it must begin with xoxb- (the bot user's token, under OAuth & Permissions)"},
		{"a user's token", []string{"SLACK_APP_TOKEN", "xoxp-" + canary}, "SLACK_APP_TOKEN is not the right token: it must begin with xapp- (the app-level token, under Basic Information)"},
		{"quotes", []string{"SLACK_BOT_TOKEN", "xoxb-" + canary + " "}, ""},
		{"a copied dash", []string{"SLACK_BOT_TOKEN", "xoxb-" + canary + "—1"}, "SLACK_BOT_TOKEN holds characters that no token has: copy it again"},
		{"unreadable", []string{"SLACK_BOT_TOKEN_FILE", "/no/such/file"}, "SLACK_BOT_TOKEN_FILE: open /no/such/file: no such file or directory: name a file"},
		{"empty", []string{"SLACK_BOT_TOKEN_FILE", write(t, " \n")}, " is empty"},
		{"two lines", []string{"SLACK_BOT_TOKEN_FILE", write(t, "xoxb-"+canary+"\nxoxb-"+canary)}, " holds more than one line"},
		{"huge", []string{"SLACK_BOT_TOKEN_FILE", write(t, strings.Repeat(canary, 5000))}, " is too large for a secret"},
		{"address of Slack", []string{"SLACK_API_URL", "slack.com/api"}, "SLACK_API_URL is not an address such as https://slack.com/api/"},
		{"no host", []string{"SLACK_API_URL", "https:///api"}, "SLACK_API_URL is not an address"},
		{"another scheme", []string{"SLACK_API_URL", "ftp://slack.com/api"}, "SLACK_API_URL is not an address"},
		{"a query", []string{"SLACK_API_URL", "https://slack.com/api?a=b"}, "SLACK_API_URL is not an address"},
		{"no address at all", []string{"SLACK_API_URL", "https://[::1/api"}, "SLACK_API_URL is not an address"},
		{"a right one", []string{"SLACK_API_URL", "https://slack.com/api"}, ""},
		{"password in it", []string{"SLACK_API_URL", "https://u:" + canary + "@slack.com/api"}, "SLACK_API_URL is not an address"},
		{"port", []string{"WATCHBILL_HTTP", "8080"}, `WATCHBILL_HTTP is "8080"; it must be host:port, such as 127.0.0.1:8080 or :8080`},
		{"large port", []string{"WATCHBILL_HTTP", ":80800"}, `WATCHBILL_HTTP is ":80800"`},
		{"all at once", []string{"SLACK_BOT_TOKEN", "xapp-1", "WATCHBILL_HTTP", "x"}, "\nWATCHBILL_HTTP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := FromEnv(env(tt.env...))
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v, want no error", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

// TestSecretHides prints one secret in all the ways it could slip out.
func TestAPIDigests(t *testing.T) {
	const one, two = "0123456789abcdef0123", "9876543210fedcba9876"
	const source = "api: {tokens: [{name: ci, token_env: CI, previous_token_env: CI_OLD}, {name: ops, token_env: OPS}]}"
	c, err := Parse([]byte(source), "")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  []string
		ci   []Secret
		err  string
	}{
		{"each one", []string{"CI", one, "OPS", two}, []Secret{one}, ""},
		{"while one is replaced", []string{"CI", two, "CI_OLD", one, "OPS", "aaaaaaaaaaaaaaaa"}, []Secret{two, one}, ""},
		{"from files", []string{"CI_FILE", write(t, two+"\n"), "CI_OLD_FILE", write(t, one), "OPS", "aaaaaaaaaaaaaaaa"}, []Secret{two, one}, ""},
		{"too short", []string{"CI", "hunter2", "OPS", two}, nil, "API token ci: CI is too short to be safe"},
		{"the old one too short", []string{"CI", one, "CI_OLD", "hunter2", "OPS", two}, nil, "API token ci: CI_OLD is too short"},
		{"not set", []string{"CI", one}, nil, "API token ops: OPS is not set"},
		{"both", []string{"CI", one, "CI_FILE", "/f", "OPS", two}, nil, "CI and CI_FILE are both set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.APIDigests(env(tt.env...))
			var want [][sha256.Size]byte
			for _, s := range tt.ci {
				want = append(want, sha256.Sum256([]byte(s)))
			}
			if tt.err == "" && !slices.Equal(got["ci"], want) || tt.err == "" && err != nil {
				t.Errorf("got %d tokens, %v, want %d", len(got["ci"]), err, len(tt.ci))
			}
			if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), one)) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

func TestSecretHides(t *testing.T) {
	const canary = "xoxb-canary-9f2c"
	s := Settings{BotToken: canary}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%-20v"} {
		fmt.Fprintf(&out, verb+"\n", s.BotToken)
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", &s)
		fmt.Fprintf(&out, verb+"\n", []Secret{canary})
		fmt.Fprintf(&out, verb+"\n", map[Secret]Secret{canary: canary})
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"settings": s, "token": &s.BotToken}); err != nil {
		t.Fatal(err)
	}
	log := zerolog.New(&out)
	log.Info().Any("settings", s).Stringer("token", s.BotToken).Str("text", fmt.Sprint(s.BotToken)).Err(errors.New(s.BotToken.String())).Msgf("%v", s)
	for _, bad := range []string{"canary", fmt.Sprintf("%x", "canary"), fmt.Sprintf("%X", "canary")} {
		if strings.Contains(out.String(), bad) {
			t.Errorf("the secret shows:\n%s", out.String())
		}
	}
	if got := s.BotToken.Reveal(); got != canary {
		t.Errorf("got %q, want the secret", got)
	}
	if got := fmt.Sprint(Secret("")); got != "" {
		t.Errorf("got %q for an empty secret, want nothing", got)
	}
}
