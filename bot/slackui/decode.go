package slackui

import (
	"regexp"
	"strings"

	"github.com/watchbill/watchbill/bot/blockkit"
)

// construct is one `<…>` of Slack's wire form. In text from Slack a literal "<"
// arrives as an entity, so a raw one always begins a construct.
var construct = regexp.MustCompile(`<[^<>\n]*>`)

// Decode turns text in Slack's wire form (`<@U1|ann>`, `<#C1|ops>`,
// `<https://x|x>`, entities) into the plain text that its writer saw, unescaped
// once. name gives the name of a user id that comes without one; it may be nil.
func Decode(text string, name func(id string) string) string {
	if !strings.Contains(text, "<") {
		return blockkit.Unescape(text)
	}
	var b strings.Builder
	last := 0
	for _, at := range construct.FindAllStringIndex(text, -1) {
		b.WriteString(blockkit.Unescape(text[last:at[0]]))
		b.WriteString(blockkit.Unescape(decodeOne(text[at[0]+1:at[1]-1], name)))
		last = at[1]
	}
	b.WriteString(blockkit.Unescape(text[last:]))
	return b.String()
}

func decodeOne(inside string, name func(id string) string) string {
	what, label, _ := strings.Cut(inside, "|")
	switch {
	case what == "":
		return label
	case what[0] == '@':
		if label == "" && name != nil {
			label = name(what[1:])
		}
		return "@" + strings.TrimPrefix(orElse(label, what[1:]), "@")
	case what[0] == '#':
		label, _, _ = strings.Cut(label, "|") // what Roomed adds
		return "#" + strings.TrimPrefix(orElse(label, what[1:]), "#")
	case what[0] == '!':
		return decodeSpecial(what[1:], label)
	}
	bare := strings.TrimPrefix(strings.TrimPrefix(what, "mailto:"), "tel:")
	if bare != what {
		return orElse(label, bare)
	}
	if label == "" || label == what || strings.HasSuffix(what, "://"+label) {
		return what
	}
	return label + " (" + what + ")"
}

func decodeSpecial(what, label string) string {
	kind, id, _ := strings.Cut(what, "^")
	switch {
	case label != "" && kind == "date":
		return label
	case label != "":
		return "@" + strings.TrimPrefix(label, "@")
	case kind == "subteam":
		return "@" + id
	}
	return "@" + kind
}

// Named gives the mentions of people in a text in Slack's wire form the names by
// which others read them: Slack itself sends most of them with an id alone.
func Named(text string, name func(id string) string) string {
	if !strings.Contains(text, "<@") {
		return text
	}
	return bareMention.ReplaceAllStringFunc(text, func(m string) string {
		label := strings.NewReplacer("<", "", ">", "", "|", "/").Replace(oneLine(name(m[2:len(m)-1]), maxName))
		return m[:len(m)-1] + "|" + blockkit.Escape(label) + ">"
	})
}

// Roomed gives the links to channels that belong to an incident its id, whatever they are
// called by now: Parse takes such a link for that incident. What people read stays as it is.
func Roomed(text string, incident func(channel string) (id string)) string {
	if !strings.Contains(text, "<#") {
		return text
	}
	return channelLink.ReplaceAllStringFunc(text, func(link string) string {
		channel, label, _ := strings.Cut(link[2:len(link)-1], "|")
		if id := incident(channel); id != "" {
			return "<#" + channel + "|" + label + "|" + id + ">"
		}
		return link
	})
}

var channelLink = regexp.MustCompile(`<#[A-Z0-9]{2,30}(\|[^<>|\n]*)?>`)

// Retyped is a text in Slack's wire form as somebody may type it once more: people stand
// there by the names that handle gives, which must be understood.
func Retyped(text string, handle func(id string) string) string {
	return Decode(labelledMention.ReplaceAllString(text, "<@$1>"), handle)
}

var labelledMention = regexp.MustCompile(`<@([A-Z0-9]{2,30})\|[^<>\n]*>`)

var bareMention = regexp.MustCompile(`<@[A-Z0-9]{2,30}>`)

// StripMention removes the bot's own mention from the text of a message that
// names it, so that Parse can read the rest. The first mention is the address;
// what stands before it stays, since it belongs to what was said.
func StripMention(text, bot string) string {
	for _, at := range construct.FindAllStringIndex(text, -1) {
		id, _, _ := strings.Cut(text[at[0]+1:at[1]-1], "|")
		if id == "@"+bot {
			return strings.TrimSpace(strings.TrimSpace(text[:at[0]]) + " " + strings.TrimSpace(text[at[1]:]))
		}
	}
	return strings.TrimSpace(text)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
