package configs

import "slices"

// Scope is a permission that the Slack app asks for.
type Scope struct {
	Name   string `json:"name"`
	Needed bool   `json:"needed"` // without it Watchbill cannot run an incident
	For    string `json:"for"`    // what cannot be done without it, as a verb and its object
}

// Event is something that Slack tells the app.
type Event struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes,omitempty"` // any of them lets it arrive
	For    string   `json:"for"`
}

// Scopes are the bot scopes of the manifest: first the needed ones. An admin may
// strike out the others; `serve` and `doctor` then say what cannot be done.
func Scopes() []Scope {
	return []Scope{
		{"commands", true, "answer slash commands and shortcuts"},
		{"chat:write", true, "post and update cards, answers, announcements and pages"},
		{"channels:manage", true, "open the incident's channel, invite people and set its topic"},
		{"channels:read", true, "find channels by name, and notice that people join or a channel is renamed or archived"},
		{"im:write", true, "page people by direct message"},
		{"users:read", true, "know people's names and time zones, and who has left"},

		{"app_mentions:read", false, "answer @mentions, the only way to command from a thread"},
		{"bookmarks:read", false, "avoid a second bookmark when Slack's answer was lost"},
		{"bookmarks:write", false, "put links to the announcement and the runbook at the top of the incident's channel"},
		{"channels:history", false, "read the messages people pin to the timeline in public channels, and see whether a post arrived after an error"},
		{"channels:join", false, "join public channels by itself: the incidents channel and those of services"},
		{"chat:write.public", false, "post into public channels before it has joined them"},
		{"dnd:read", false, "see that somebody's notifications are paused, and page the next person at once"},
		{"files:read", false, "avoid a second upload when Slack's answer was lost"},
		{"files:write", false, "post the postmortem draft and pictures of schedules as files"},
		{"groups:history", false, "read the messages people pin to the timeline in private channels"},
		{"groups:read", false, "work in private channels it was invited to"},
		{"groups:write", false, "invite people to an incident's channel that was made private, and set its topic"},
		{"im:history", false, "see whether a page arrived after an error, and answer people who write to it directly"},
		{"metadata.message:read", false, "recognise its own messages after an error, so that none is posted twice"},
		{"pins:read", false, "put messages on the timeline when people use Slack's own pin"},
		{"pins:write", false, "pin the incident's card to its channel"},
		{"reactions:read", false, "put messages on the timeline when people react to them"},
		{"reactions:write", false, "mark the messages that are on the timeline"},
		{"usergroups:read", false, "page user groups, and see that people changed one"},
		{"usergroups:write", false, "keep user groups such as @oncall-checkout equal to the schedule"},
		{"users:read.email", false, "match the people of the configuration to Slack users by e-mail address"},
	}
}

// Events are what the manifest subscribes to.
func Events() []Event {
	channels, groups := []string{"channels:read"}, []string{"groups:read"}
	both := []string{"channels:read", "groups:read"}
	pins, reactions := []string{"pins:read"}, []string{"reactions:read"}
	users, usergroups := []string{"users:read"}, []string{"usergroups:read"}
	return []Event{
		{"app_home_opened", nil, "show the home page"},
		{"app_mention", []string{"app_mentions:read"}, "obey @mentions"},
		{"app_uninstalled", nil, "raise the alarm when the app is removed"},
		{"tokens_revoked", nil, "raise the alarm when its token is revoked"},
		{"message.channels", []string{"channels:history"}, "follow edits and deletions of messages on the timeline"},
		{"message.groups", []string{"groups:history"}, "follow them in private channels"},
		{"message.im", []string{"im:history"}, "answer direct messages"},
		{"reaction_added", reactions, "put a message on the timeline"},
		{"reaction_removed", reactions, "take it off again"},
		{"pin_added", pins, "put a message on the timeline"},
		{"pin_removed", pins, "take it off again"},
		{"member_joined_channel", both, "note who came to the incident, and that the bot was added"},
		{"member_left_channel", both, "notice that the bot was removed, or who left"},
		{"channel_archive", channels, "carry on elsewhere when the channel is archived"},
		{"channel_unarchive", channels, "come back to it"},
		{"channel_deleted", channels, "carry on elsewhere when the channel is deleted"},
		{"channel_rename", channels, "show the channel's new name"},
		{"channel_left", channels, "notice that the bot left the channel"},
		{"group_archive", groups, "carry on elsewhere when a private channel is archived"},
		{"group_unarchive", groups, "come back to it"},
		{"group_deleted", groups, "carry on elsewhere when a private channel is deleted"},
		{"group_rename", groups, "show the private channel's new name"},
		{"group_left", groups, "notice that the bot left a private channel"},
		{"user_change", users, "notice that somebody was deactivated or moved to another time zone"},
		{"team_join", users, "know new people"},
		{"subteam_created", usergroups, "know new user groups"},
		{"subteam_updated", usergroups, "notice that a user group was renamed or disabled"},
		{"subteam_members_changed", usergroups, "notice that people changed a user group that follows a schedule"},
	}
}

// Missing are the scopes of the manifest that were not granted, the needed ones
// first.
func Missing(granted []string) []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return slices.Contains(granted, s.Name) })
}
