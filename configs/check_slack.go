package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxChannelName is Slack's limit, in characters.
const maxChannelName = 80

// maxCommand is Slack's limit on a slash command with its slash.
const maxCommand = 32

var (
	channelID = regexp.MustCompile(`^[CG][A-Z0-9]{4,20}$`)
	botName   = regexp.MustCompile(`^[a-z0-9._-]{1,80}$`)
	emojiName = regexp.MustCompile(`^[a-z0-9_+'-]{1,100}$`)
)

// builtIn are commands that Slack keeps for itself: an app's command of that name is
// refused, or never reached.
var builtIn = []string{
	"/active", "/apps", "/archive", "/away", "/call", "/collapse", "/dm", "/dnd", "/expand", "/feed", "/feedback", "/huddle", "/invite",
	"/invite_people", "/join", "/kick", "/leave", "/me", "/msg", "/mute", "/open", "/part", "/prefs", "/remind", "/remove", "/rename", "/search",
	"/shortcuts", "/shrug", "/star", "/status", "/topic", "/unmute", "/who",
}

func (k *checker) slack() {
	s := k.config.Slack
	k.channel("slack.incidents_channel", s.IncidentsChannel)
	k.prefix(s.ChannelPrefix)
	if n := utf8.RuneCountInString(s.AppName); n > 35 {
		k.problem("slack.app_name", "", "Slack allows 35 characters, this name has %d", n)
	}
	if !botName.MatchString(s.BotName) {
		suggestion := ""
		if lower := strings.Join(strings.Fields(strings.ToLower(s.BotName)), "-"); botName.MatchString(lower) {
			suggestion = "write " + lower
		}
		k.problem("slack.bot_name", suggestion, "the bot's name has only lower-case letters, digits, - _ and .: %q", clip(s.BotName, 60))
	}
	for i, r := range s.TimelineReactions {
		if bare := strings.Trim(r, ":"); emojiName.MatchString(bare) {
			s.TimelineReactions[i] = bare
		} else {
			k.problem(fmt.Sprintf("slack.timeline_reactions[%d]", i), "write its name, such as pushpin", "%q is not the name of an emoji", clip(r, 60))
		}
	}
	seen := map[string]string{}
	k.commands("slack.commands.incident", s.Commands.Incident, seen)
	k.commands("slack.commands.oncall", s.Commands.OnCall, seen)
}

func (k *checker) commands(path string, list []string, seen map[string]string) {
	if len(list) == 0 {
		k.problem(path, "name at least one command, or leave the key out", "there is no command left to type")
	}
	if len(list) > 10 {
		k.problem(path, "", "more than 10 names for one command")
	}
	for i, c := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		lower := strings.ToLower(c)
		switch {
		case !strings.HasPrefix(c, "/"):
			k.problem(at, "write /"+clip(c, 40), "a command begins with a slash: %q", clip(c, 60))
		case len(c) < 2 || len(c) > maxCommand || strings.Contains(c[1:], "/") || strings.ContainsFunc(c, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
			k.problem(at, "such as /inc", "%q cannot be a command: it has 2 to %d characters, no space and one slash", clip(c, 60), maxCommand)
		case lower != c:
			k.problem(at, "write "+lower, "a command is written in lower case: %q", c)
		case slices.Contains(builtIn, c):
			k.problem(at, "choose another name, such as /inc", "%s is one of Slack's own commands", c)
		case seen[c] != "":
			k.problem(at, "remove one", "%s stands twice%s", c, k.alsoAt(seen[c]))
		}
		seen[c] = at
	}
}

// alsoAt says where the other of two stands; a default stands nowhere.
func (k *checker) alsoAt(path string) string {
	if m, ok := k.marks[path]; ok {
		return fmt.Sprintf(", first on line %d", m.line)
	}
	return fmt.Sprintf(": it is also one of %s", path[:strings.IndexByte(path, '[')])
}

// prefix must leave room for the incident's number and title.
func (k *checker) prefix(prefix string) {
	if utf8.RuneCountInString(prefix) > 20 {
		k.problem("slack.channel_prefix", "", "the prefix is longer than 20 characters, so little would be left for the title")
	} else if why, better := badChannel(prefix + "1"); why != "" {
		k.problem("slack.channel_prefix", suggestChannel(strings.TrimSuffix(better, "1")), "channels cannot begin with %q: %s", clip(prefix, 40), why)
	}
}

// channel checks the name or id of a channel.
func (k *checker) channel(path, name string) {
	if channelID.MatchString(name) {
		return
	}
	if why, better := badChannel(name); why != "" {
		k.problem(path, suggestChannel(better), "%q cannot be a channel: %s", clip(name, 60), why)
	}
}

func suggestChannel(better string) string {
	if better == "" {
		return ""
	}
	return "write " + better
}

// badChannel says why Slack would refuse the name of a channel, and what comes
// nearest.
func badChannel(name string) (why, better string) {
	better = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c), c == '-', c == '_', unicode.IsMark(c):
			return unicode.ToLower(c)
		case unicode.IsSpace(c), c == '.', c == '/':
			return '-'
		}
		return -1
	}, clip(strings.TrimLeft(name, "#"), 200))
	switch {
	case name == "":
		return "it is empty", ""
	case utf8.RuneCountInString(name) > maxChannelName:
		return fmt.Sprintf("it is longer than %d characters", maxChannelName), ""
	case better != name:
		return "it has only lower-case letters, digits, - and _", better
	case !strings.ContainsFunc(name, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }):
		return "it needs a letter or a digit", ""
	}
	return "", ""
}
