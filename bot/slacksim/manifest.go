package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// manifest holds the parts of an app manifest that decide behaviour. Sections
// that only matter to Slack's own pages are accepted unread.
type manifest struct {
	Metadata json.RawMessage `json:"_metadata"`
	Display  struct {
		Name            string `json:"name"`
		Description     string `json:"description"`
		LongDescription string `json:"long_description"`
		BackgroundColor string `json:"background_color"`
	} `json:"display_information"`
	Features struct {
		AppHome struct {
			HomeTab          bool  `json:"home_tab_enabled"`
			MessagesTab      *bool `json:"messages_tab_enabled"`
			MessagesReadOnly bool  `json:"messages_tab_read_only_enabled"`
		} `json:"app_home"`
		BotUser struct {
			DisplayName  string `json:"display_name"`
			AlwaysOnline bool   `json:"always_online"`
		} `json:"bot_user"`
		Shortcuts     []ShortcutInfo  `json:"shortcuts"`
		Commands      []CommandInfo   `json:"slash_commands"`
		UnfurlDomains []string        `json:"unfurl_domains"`
		AssistantView json.RawMessage `json:"assistant_view"`
		AgentView     json.RawMessage `json:"agent_view"`
		WorkflowSteps json.RawMessage `json:"workflow_steps"`
	} `json:"features"`
	OAuth struct {
		RedirectURLs           []string `json:"redirect_urls"`
		TokenManagementEnabled bool     `json:"token_management_enabled"`
		PKCEEnabled            bool     `json:"pkce_enabled"`
		Scopes                 struct {
			Bot          []string `json:"bot"`
			User         []string `json:"user"`
			BotOptional  []string `json:"bot_optional"`
			UserOptional []string `json:"user_optional"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		SocketMode    bool `json:"socket_mode_enabled"`
		Interactivity struct {
			Enabled               bool   `json:"is_enabled"`
			RequestURL            string `json:"request_url"`
			MessageMenuOptionsURL string `json:"message_menu_options_url"`
		} `json:"interactivity"`
		Events struct {
			RequestURL            string   `json:"request_url"`
			BotEvents             []string `json:"bot_events"`
			UserEvents            []string `json:"user_events"`
			MetadataSubscriptions []struct {
				AppID     string `json:"app_id"`
				EventType string `json:"event_type"`
			} `json:"metadata_subscriptions"`
		} `json:"event_subscriptions"`
		AllowedIPs        []string        `json:"allowed_ip_address_ranges"`
		OrgDeploy         bool            `json:"org_deploy_enabled"`
		TokenRotation     bool            `json:"token_rotation_enabled"`
		IsHosted          bool            `json:"is_hosted"`
		IsMCPEnabled      bool            `json:"is_mcp_enabled"`
		FunctionRuntime   string          `json:"function_runtime"`
		IncomingWebhooks  json.RawMessage `json:"incoming_webhooks"`
		SiwsLinks         json.RawMessage `json:"siws_links"`
		BackgroundUpdates json.RawMessage `json:"background_updates"`
	} `json:"settings"`
	Functions     json.RawMessage `json:"functions"`
	Workflows     json.RawMessage `json:"workflows"`
	OutgoingHosts json.RawMessage `json:"outgoing_domains"`
	Types         json.RawMessage `json:"types"`
}

// CommandInfo is one slash command of the app, as people find it in the composer.
type CommandInfo struct {
	Command      string `json:"command"`
	Description  string `json:"description"`
	UsageHint    string `json:"usage_hint,omitempty"`
	URL          string `json:"url,omitempty"`
	ShouldEscape bool   `json:"should_escape,omitempty"`
}

// ShortcutInfo is one global or message shortcut of the app.
type ShortcutInfo struct {
	Name        string `json:"name"`
	Type        string `json:"type"` // "global" or "message"
	CallbackID  string `json:"callback_id"`
	Description string `json:"description"`
}

var (
	commandName = regexp.MustCompile(`^/[^\s/]+$`)
	botName     = regexp.MustCompile(`^[A-Za-z0-9 ._-]+$`)
)

// parseManifest reads a manifest as strictly as Slack's editor does: an unknown
// key is an error.
func parseManifest(data []byte) (manifest, error) {
	var m manifest
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if problems := m.problems(); len(problems) > 0 {
		return m, fmt.Errorf("check manifest: %s", strings.Join(problems, "; "))
	}
	return m, nil
}

func (m manifest) problems() []string {
	var found []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	name := len([]rune(m.Display.Name))
	check(name >= 1 && name <= 35, "display_information.name must have 1 to 35 characters")
	check(len(m.Display.Description) <= 140, "display_information.description is longer than 140 characters")
	if long := len(m.Display.LongDescription); long > 0 {
		check(long >= 175 && long <= 4000, "display_information.long_description must have 175 to 4000 characters")
	}
	bot := m.Features.BotUser.DisplayName
	check(bot == "" || len(bot) <= 80 && botName.MatchString(bot), "features.bot_user.display_name %q is not allowed", bot)
	check(len(m.Features.Commands) <= 50, "more than 50 slash commands")
	for _, c := range m.Features.Commands {
		check(commandName.MatchString(c.Command) && len(c.Command) <= 32, "slash command %q must begin with / and have at most 32 characters without spaces", c.Command)
		check(c.Description != "" && len(c.Description) <= 2000, "slash command %s needs a description of at most 2000 characters", c.Command)
		check(len(c.UsageHint) <= 1000, "slash command %s has a usage_hint over 1000 characters", c.Command)
	}
	check(len(m.Features.Shortcuts) <= 10, "more than 10 shortcuts")
	for _, c := range m.Features.Shortcuts {
		check(c.Type == "global" || c.Type == "message", "shortcut %q has type %q; global or message is possible", c.Name, c.Type)
		check(c.CallbackID != "" && len(c.CallbackID) <= 255, "shortcut %q needs a callback_id of at most 255 characters", c.Name)
		check(c.Description != "" && len(c.Description) <= 150, "shortcut %q needs a description of at most 150 characters", c.Name)
	}
	check(len(m.Settings.Events.BotEvents) <= 100, "more than 100 bot events")
	for _, e := range m.Settings.Events.BotEvents {
		_, known := eventScopes[e]
		check(known, "unknown bot event %q", e)
	}
	if len(m.Features.Commands) > 0 {
		check(slices.Contains(m.OAuth.Scopes.Bot, "commands"), "slash commands need the bot scope \"commands\"")
	}
	return found
}

// DefaultManifest is the app that exists when Config.Manifest is empty: every
// scope and event the simulator knows, and two commands.
const DefaultManifest = `
display_information: {name: Simulated App}
features:
  app_home: {home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false}
  bot_user: {display_name: simbot, always_online: true}
  shortcuts:
    - {name: Do something, type: global, callback_id: global_shortcut, description: Starts something}
    - {name: Use message, type: message, callback_id: message_shortcut, description: Uses this message}
  slash_commands:
    - {command: /inc, description: Manage incidents, usage_hint: "[declare|list|help]", should_escape: true}
    - {command: /oncall, description: Who stands watch, should_escape: true}
oauth_config:
  scopes:
    bot: [commands, app_mentions:read, chat:write, chat:write.public, chat:write.customize, channels:manage, channels:read, channels:join,
      channels:history, groups:write, groups:read, groups:history, im:write, im:read, im:history, mpim:write, mpim:read, mpim:history,
      users:read, users:read.email, users.profile:read, usergroups:read, usergroups:write, pins:read, pins:write, reactions:read,
      reactions:write, bookmarks:read, bookmarks:write, files:read, files:write, team:read, dnd:read, emoji:read, metadata.message:read]
settings:
  socket_mode_enabled: true
  interactivity: {is_enabled: true}
  event_subscriptions:
    bot_events: [app_home_opened, app_mention, app_uninstalled, tokens_revoked, message.channels, message.groups, message.im, message.mpim,
      reaction_added, reaction_removed, pin_added, pin_removed, member_joined_channel, member_left_channel, channel_created, channel_deleted,
      channel_archive, channel_unarchive, channel_rename, channel_left, group_archive, group_unarchive, group_rename, group_left, group_deleted,
      user_change, team_join, file_shared, subteam_created, subteam_updated, subteam_members_changed, dnd_updated_user]
`
