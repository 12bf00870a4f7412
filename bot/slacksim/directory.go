package slacksim

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/blockkit"
)

// directory is who and what there is in the workspace. Channels, groups and people share
// one space of names. It belongs to the server's mutex.
type directory struct {
	users    users
	groups   groups
	channels channels
}

// checkName applies Slack's rules for channel names. The error is the API's code.
func (d *directory) checkName(name, except string) error {
	if name == "" {
		return fail("invalid_name_required")
	}
	if utf8.RuneCountInString(name) > 80 {
		return fail("invalid_name_maxlength")
	}
	wordy := false
	for _, r := range name {
		switch {
		case unicode.IsLetter(r) && unicode.ToLower(r) == r, unicode.IsDigit(r):
			wordy = true
		case unicode.IsMark(r):
		case r == '-' || r == '_':
		default:
			return fail("invalid_name_specials")
		}
	}
	if !wordy {
		return fail("invalid_name_punctuation")
	}
	if ch := d.channels.named(name); ch != nil && ch.id != except || d.reserved(name) {
		return fail("name_taken")
	}
	return nil
}

func (d *directory) reserved(name string) bool {
	words := []string{"channel", "here", "everyone", "group", "me", "archive", "archived", "slack", "slackbot"}
	return slices.Contains(words, name) || d.groups.handled(name) != nil
}

func (d *directory) memberships(user string) int {
	n := 0
	for ch := range d.channels.all() {
		if !ch.direct() && ch.isMember[user] {
			n++
		}
	}
	return n
}

var (
	mentionToken = regexp.MustCompile(`<@[UW][A-Z0-9]+(\|[^<>]*)?>|<#C[A-Z0-9]+(\|[^<>]*)?>`)
	typedName    = regexp.MustCompile(`(^|[\s(])@([a-z0-9][a-z0-9._-]*)`)
	typedChannel = regexp.MustCompile(`(^|[\s(])#([\p{Ll}\p{Lo}0-9_-]+)`)
	typedURL     = regexp.MustCompile(`https?://[^\s<>]+`)
)

// typed encodes what a person typed as Slack's composer does: the three
// characters are escaped, @names and #channels become ids and addresses links.
// Tokens such as <@U1> and <#C1> are taken as picked from the menu.
func (d *directory) typed(text string) string {
	var b strings.Builder
	rest := text
	for {
		at := mentionToken.FindStringIndex(rest)
		if at == nil {
			b.WriteString(d.typedPlain(rest))
			return b.String()
		}
		b.WriteString(d.typedPlain(rest[:at[0]]))
		b.WriteString(rest[at[0]:at[1]])
		rest = rest[at[1]:]
	}
}

func (d *directory) typedPlain(text string) string {
	text = blockkit.Escape(text)
	if !strings.ContainsAny(text, "@#:") {
		return text
	}
	text = typedURL.ReplaceAllString(text, "<$0>")
	text = typedName.ReplaceAllStringFunc(text, func(m string) string {
		at := strings.IndexByte(m, '@')
		name := m[at+1:]
		if name == "here" || name == "channel" || name == "everyone" {
			return m[:at] + "<!" + name + ">"
		}
		if u := d.users.find(name); u != nil {
			return m[:at] + "<@" + u.ID + ">"
		}
		if g := d.groups.handled(name); g != nil {
			return m[:at] + "<!subteam^" + g.ID + ">"
		}
		return m
	})
	return typedChannel.ReplaceAllStringFunc(text, func(m string) string {
		at := strings.IndexByte(m, '#')
		if ch := d.channels.named(m[at+1:]); ch != nil {
			return m[:at] + "<#" + ch.id + "|" + ch.shownName() + ">"
		}
		return m
	})
}
