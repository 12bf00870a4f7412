package slacksim

import (
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
)

// installation is the app as it is installed in the workspace: what its manifest asks for, what
// it was granted, and which of its tokens are good. It belongs to the server's mutex.
type installation struct {
	manifest manifest
	user     string // of its bot
	bot      token  // xoxb
	level    token  // xapp, with connections:write
	scopes   map[string]bool
	listed   string // the scopes, made when needed
}

type token struct {
	text    string
	revoked bool
}

// is reports whether a text is the token, good or revoked.
func (t token) is(text string) bool {
	return subtle.ConstantTimeCompare([]byte(t.text), []byte(text)) == 1
}

func newInstallation(config Config, m manifest) *installation {
	a := &installation{manifest: m, user: config.BotUserID, bot: token{text: config.BotToken}, level: token{text: config.AppToken}, scopes: map[string]bool{}}
	a.grant(m.OAuth.Scopes.Bot...)
	return a
}

func (a *installation) grant(scopes ...string) {
	for _, name := range scopes {
		a.scopes[name] = true
	}
	a.listed = ""
}

func (a *installation) remove(scopes ...string) {
	for _, name := range scopes {
		delete(a.scopes, name)
	}
	a.listed = ""
}

// need refuses a call unless one of the scopes is granted.
func (a *installation) need(anyOf ...string) error {
	if len(anyOf) == 0 || slices.ContainsFunc(anyOf, func(scope string) bool { return a.scopes[scope] }) {
		return nil
	}
	return &apiError{code: "missing_scope", extra: object{"needed": strings.Join(anyOf, ","), "provided": a.provided()}}
}

// provided lists the granted scopes.
func (a *installation) provided() string {
	if a.listed == "" {
		a.listed = strings.Join(slices.Sorted(maps.Keys(a.scopes)), ",")
	}
	return a.listed
}

// granted lists the scopes of a token for the header of an answer; "" for one that is
// not good.
func (a *installation) granted(text string) string {
	switch {
	case a.bot.is(text) && !a.bot.revoked:
		return a.provided()
	case a.level.is(text) && !a.level.revoked:
		return "connections:write"
	}
	return ""
}

// authorize says whether a token lets a call of a method in.
func (a *installation) authorize(m method, text string, bearer bool) error {
	isBot, isLevel := a.bot.is(text), a.level.is(text)
	switch {
	case text == "", m.app && !bearer:
		return fail("not_authed")
	case !isBot && !isLevel:
		return fail("invalid_auth")
	case isBot && a.bot.revoked, isLevel && a.level.revoked:
		return fail("token_revoked")
	case m.app != isLevel:
		return fail("not_allowed_token_type")
	}
	return nil
}

// subscribed reports whether the app would get an event of this name.
func (a *installation) subscribed(name string) bool {
	return slices.Contains(a.manifest.Settings.Events.BotEvents, name) && a.need(eventScopes[name]...) == nil
}

// command finds a slash command by its name in any case; nil: the app has none such.
func (a *installation) command(name string) *CommandInfo {
	if !a.scopes["commands"] {
		return nil
	}
	for i, c := range a.manifest.Features.Commands {
		if strings.EqualFold(c.Command, name) {
			return &a.manifest.Features.Commands[i]
		}
	}
	return nil
}

// offers reports whether the app has a shortcut of a kind, "global" or "message".
func (a *installation) offers(kind, callbackID string) bool {
	return slices.ContainsFunc(a.manifest.Features.Shortcuts, func(c ShortcutInfo) bool { return c.Type == kind && c.CallbackID == callbackID })
}

// messages reports whether people can write to the app.
func (a *installation) messages() bool {
	tab := a.manifest.Features.AppHome.MessagesTab
	return tab == nil || *tab
}
