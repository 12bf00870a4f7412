package configs

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got other than %s (go test -update writes it anew):\n%s", path, got)
	}
}

// appManifest holds all that Watchbill's manifest may hold. Decoding is strict, as Slack
// is: it refuses keys that it does not know.
type appManifest struct {
	Metadata struct {
		Major int `yaml:"major_version"`
		Minor int `yaml:"minor_version"`
	} `yaml:"_metadata"`
	Display struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
		Background  string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features struct {
		Home struct {
			Home     bool `yaml:"home_tab_enabled"`
			Messages bool `yaml:"messages_tab_enabled"`
			ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		Bot struct {
			Name   string `yaml:"display_name"`
			Online bool   `yaml:"always_online"`
		} `yaml:"bot_user"`
		Shortcuts []struct {
			Name        string `yaml:"name"`
			Type        string `yaml:"type"`
			Callback    string `yaml:"callback_id"`
			Description string `yaml:"description"`
		} `yaml:"shortcuts"`
		Commands []struct {
			Command     string `yaml:"command"`
			Description string `yaml:"description"`
			Hint        string `yaml:"usage_hint"`
			Escape      bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		SocketMode    bool `yaml:"socket_mode_enabled"`
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		OrgDeploy     bool `yaml:"org_deploy_enabled"`
		TokenRotation bool `yaml:"token_rotation_enabled"`
	} `yaml:"settings"`
}

func manifestOf(t *testing.T, c *Config) (appManifest, string) {
	t.Helper()
	text := Manifest(c)
	var m appManifest
	if err := yaml.UnmarshalWithOptions(text, &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return m, string(text)
}

func TestManifestGolden(t *testing.T) {
	_, text := manifestOf(t, nil)
	golden(t, "manifest.yaml", text)
}

// TestManifestLimits checks the manifest against what Slack accepts.
func TestManifestLimits(t *testing.T) {
	m, _ := manifestOf(t, load(t, `slack: {app_name: 'Say "hi": {x} #1', bot_name: ops.bot, commands: {incident: [/störung], oncall: [/wache, /rota]}}`))
	length := func(what, s string, least, most int) {
		t.Helper()
		if n := utf8.RuneCountInString(s); n < least || n > most {
			t.Errorf("%s has %d characters, want %d to %d: %q", what, n, least, most, s)
		}
	}
	if want := `Say "hi": {x} #1`; m.Display.Name != want {
		t.Errorf("got name %q, want %q", m.Display.Name, want)
	}
	length("name", m.Display.Name, 1, 35)
	length("description", m.Display.Description, 1, 140)
	if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(m.Display.Background) {
		t.Errorf("got background %q", m.Display.Background)
	}
	if !regexp.MustCompile(`^[a-z0-9._-]{1,80}$`).MatchString(m.Features.Bot.Name) {
		t.Errorf("got bot name %q", m.Features.Bot.Name)
	}
	if len(m.Features.Shortcuts) != 2 {
		t.Errorf("got %d shortcuts, want 2", len(m.Features.Shortcuts))
	}
	for _, s := range m.Features.Shortcuts {
		length("shortcut", s.Name, 1, 24)
		length("callback", s.Callback, 1, 255)
		length("shortcut's description", s.Description, 1, 150)
		if s.Type != "global" && s.Type != "message" {
			t.Errorf("got shortcut of type %q", s.Type)
		}
	}
	var commands []string
	for _, c := range m.Features.Commands {
		commands = append(commands, c.Command)
		length("command", c.Command, 2, 32)
		length("command's description", c.Description, 1, 2000)
		length("command's hint", c.Hint, 1, 1000)
		if !c.Escape {
			t.Errorf("%s does not ask for escaped text", c.Command)
		}
	}
	if want := []string{"/störung", "/wache", "/rota"}; !slices.Equal(commands, want) {
		t.Errorf("got commands %q, want %q", commands, want)
	}
	if n := len(m.Settings.Events.Bot); n == 0 || n > 100 {
		t.Errorf("got %d events, want 1 to 100", n)
	}
	if !m.Settings.SocketMode || !m.Settings.Interactivity.Enabled || m.Settings.TokenRotation || m.Settings.OrgDeploy {
		t.Errorf("got settings %+v", m.Settings)
	}
	if !m.Features.Home.Home || !m.Features.Home.Messages || m.Features.Home.ReadOnly {
		t.Errorf("got app home %+v", m.Features.Home)
	}
}

// eventScopes is what Slack documents: the scopes of which one lets an event arrive.
var eventScopes = map[string][]string{
	"app_home_opened": nil, "app_uninstalled": nil, "tokens_revoked": nil,
	"app_mention":      {"app_mentions:read"},
	"message.channels": {"channels:history"}, "message.groups": {"groups:history"}, "message.im": {"im:history"},
	"reaction_added": {"reactions:read"}, "reaction_removed": {"reactions:read"},
	"pin_added": {"pins:read"}, "pin_removed": {"pins:read"},
	"member_joined_channel": {"channels:read", "groups:read"}, "member_left_channel": {"channels:read", "groups:read"},
	"channel_archive": {"channels:read"}, "channel_unarchive": {"channels:read"}, "channel_deleted": {"channels:read"},
	"channel_rename": {"channels:read"}, "channel_left": {"channels:read"},
	"group_archive": {"groups:read"}, "group_unarchive": {"groups:read"}, "group_deleted": {"groups:read"},
	"group_rename": {"groups:read"}, "group_left": {"groups:read"},
	"user_change": {"users:read"}, "team_join": {"users:read"},
	"subteam_created": {"usergroups:read"}, "subteam_updated": {"usergroups:read"}, "subteam_members_changed": {"usergroups:read"},
}

func TestManifestEvents(t *testing.T) {
	m, _ := manifestOf(t, nil)
	if len(m.Settings.Events.Bot) != len(eventScopes) {
		t.Errorf("got %d events, want %d", len(m.Settings.Events.Bot), len(eventScopes))
	}
	for _, e := range Events() {
		want, known := eventScopes[e.Name]
		if !known {
			t.Errorf("%s is not an event that Slack documents", e.Name)
		}
		if !slices.Equal(e.Scopes, want) {
			t.Errorf("%s: got scopes %q, want %q", e.Name, e.Scopes, want)
		}
		for _, scope := range e.Scopes {
			if !slices.Contains(m.OAuth.Scopes.Bot, scope) {
				t.Errorf("%s needs the scope %s, which the manifest does not ask for", e.Name, scope)
			}
		}
		if !slices.Contains(m.Settings.Events.Bot, e.Name) || e.For == "" {
			t.Errorf("%s is not in the manifest, or does not say what it is for", e.Name)
		}
	}
}

func TestManifestScopes(t *testing.T) {
	m, text := manifestOf(t, nil)
	seen := map[string]bool{}
	for i, s := range Scopes() {
		if seen[s.Name] {
			t.Errorf("%s is asked for twice", s.Name)
		}
		seen[s.Name] = true
		if i < len(m.OAuth.Scopes.Bot) && m.OAuth.Scopes.Bot[i] != s.Name {
			t.Errorf("got scope %s at %d, want %s", m.OAuth.Scopes.Bot[i], i, s.Name)
		}
		if s.For == "" || !strings.Contains(text, "# to "+s.For) {
			t.Errorf("%s does not say what it is for", s.Name)
		}
		if i > 0 && s.Needed && !Scopes()[i-1].Needed {
			t.Errorf("%s is needed and stands below an optional one", s.Name)
		}
	}
	if len(m.OAuth.Scopes.Bot) != len(seen) {
		t.Errorf("got %d scopes in the manifest, want %d", len(m.OAuth.Scopes.Bot), len(seen))
	}
}

func TestMissing(t *testing.T) {
	if got := Missing(nil); len(got) != len(Scopes()) {
		t.Errorf("got %d, want all", len(got))
	}
	var granted []string
	for _, s := range Scopes() {
		if s.Name != "pins:write" && s.Name != "im:write" {
			granted = append(granted, s.Name)
		}
	}
	got := Missing(append(granted, "search:read"))
	if len(got) != 2 || got[0].Name != "im:write" || !got[0].Needed || got[1].Name != "pins:write" || got[1].Needed {
		t.Errorf("got %+v, want im:write, then pins:write", got)
	}
}
