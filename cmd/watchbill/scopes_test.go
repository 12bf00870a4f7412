package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/configs"
)

// methodScopes are the bot scopes of Slack's methods as Slack documents them: each kind of
// channel in which Watchbill works has its own.
var methodScopes = map[string][]string{
	"apps.connections.open":        nil, // the app-level token's
	"auth.test":                    nil,
	"bookmarks.add":                {"bookmarks:write"},
	"bookmarks.list":               {"bookmarks:read"},
	"chat.delete":                  {"chat:write"},
	"chat.getPermalink":            nil,
	"chat.postEphemeral":           {"chat:write"},
	"chat.postMessage":             {"chat:write", "chat:write.public"},
	"chat.update":                  {"chat:write"},
	"conversations.create":         {"channels:manage"},
	"conversations.history":        {"channels:history", "groups:history", "im:history"},
	"conversations.info":           {"channels:read", "groups:read"},
	"conversations.invite":         {"channels:manage", "groups:write"},
	"conversations.join":           {"channels:join"},
	"conversations.list":           {"channels:read", "groups:read"},
	"conversations.open":           {"im:write"},
	"conversations.replies":        {"channels:history", "groups:history", "im:history"},
	"conversations.setTopic":       {"channels:manage", "groups:write"},
	"dnd.info":                     {"dnd:read"},
	"files.completeUploadExternal": {"files:write"},
	"files.getUploadURLExternal":   {"files:write"},
	"files.info":                   {"files:read"},
	"pins.add":                     {"pins:write"},
	"pins.list":                    {"pins:read"},
	"reactions.add":                {"reactions:write"},
	"reactions.remove":             {"reactions:write"},
	"usergroups.disable":           {"usergroups:write"},
	"usergroups.enable":            {"usergroups:write"},
	"usergroups.list":              {"usergroups:read"},
	"usergroups.users.list":        {"usergroups:read"},
	"usergroups.users.update":      {"usergroups:write"},
	"users.info":                   {"users:read"},
	"users.list":                   {"users:read", "users:read.email"},
	"views.open":                   nil,
	"views.publish":                nil,
}

// parsed are the files of a room that are not tests; those that only judge methods by
// their names are left out.
func parsed(t *testing.T, room string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(room), "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("find the files of %s: %v", room, err)
	}
	var out []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || slices.Contains([]string{"class.go", "failure.go", "limiter.go"}, filepath.Base(name)) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// function is what one function of the wire names.
type function struct{ calls, texts []string }

func namedIn(n ast.Node) function {
	var f function
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch fun := n.Fun.(type) {
			case *ast.SelectorExpr:
				f.calls = append(f.calls, fun.Sel.Name)
			case *ast.Ident:
				f.calls = append(f.calls, fun.Name)
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				f.texts = append(f.texts, text)
			}
		}
		return true
	})
	return f
}

// methodShape is that of a Web API method.
var methodShape = regexp.MustCompile(`^(apps|auth|bookmarks|bots|chat|conversations|dnd|files|pins|reactions|team|usergroups|users|views)(\.[a-zA-Z]+)+$`)

// used are the Web API methods that package bot reaches through the wire.
func used(t *testing.T) map[string]bool {
	t.Helper()
	wire := map[string][]function{}
	for _, f := range parsed(t, "bot/slackio") {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				wire[d.Name.Name] = append(wire[d.Name.Name], namedIn(d))
			}
		}
	}
	var next []string
	for _, f := range parsed(t, "bot") {
		next = append(next, namedIn(f).calls...)
	}
	methods, seen := map[string]bool{}, map[string]bool{}
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, f := range wire[name] {
			next = append(next, f.calls...)
			for _, text := range f.texts {
				if methodShape.MatchString(text) {
					methods[text] = true
				}
			}
		}
	}
	return methods
}

// TestTheManifestAsksForWhatIsUsed derives the scopes from the Web API methods that the bot
// reaches and the events that it is told.
func TestTheManifestAsksForWhatIsUsed(t *testing.T) {
	want := map[string]string{"commands": "slash commands and shortcuts", "metadata.message:read": "metadata in conversations.history"}
	calls := used(t)
	for _, method := range slices.Sorted(maps.Keys(calls)) {
		scopes, known := methodScopes[method]
		if !known {
			t.Errorf("%s is used and its scopes are not known here", method)
		}
		for _, s := range scopes {
			want[s] = method
		}
	}
	for method := range methodScopes {
		if !calls[method] {
			t.Errorf("%s is not used any more", method)
		}
	}
	for _, e := range configs.Events() {
		for _, s := range e.Scopes {
			want[s] = e.Name
		}
	}
	var asked []string
	for _, s := range configs.Scopes() {
		asked = append(asked, s.Name)
		if want[s.Name] == "" {
			t.Errorf("the manifest asks for %s, which nothing uses", s.Name)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(want)) {
		if !slices.Contains(asked, s) {
			t.Errorf("%s needs the scope %s, which the manifest does not ask for", want[s], s)
		}
	}
}

// TestTheWireHasNoCallThatNobodyMakes holds the client to what the bot asks of it.
func TestTheWireHasNoCallThatNobodyMakes(t *testing.T) {
	called := map[string]bool{}
	for _, room := range []string{"bot", "bot/slackio"} {
		for _, f := range parsed(t, room) {
			for _, name := range namedIn(f).calls {
				called[name] = true
			}
		}
	}
	for _, f := range parsed(t, "bot/slackio") {
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || d.Recv == nil || !d.Name.IsExported() || called[d.Name.Name] {
				continue
			}
			if of, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok && of.X.(*ast.Ident).Name == "Client" {
				t.Errorf("nobody calls Client.%s", d.Name.Name)
			}
		}
	}
}

// eventShape is that of the events of channels, people and messages.
var eventShape = regexp.MustCompile(`^(channel|group|member|pin|reaction|subteam|team|user)_(add|archive|chang|creat|delet|join|left|members_|remov|renam|unarchiv|updat)`)

// TestTheManifestSubscribesToWhatIsHandled compares the events of the manifest with those
// that the bot names.
func TestTheManifestSubscribesToWhatIsHandled(t *testing.T) {
	handled := map[string]bool{}
	for _, f := range parsed(t, "bot") {
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CaseClause)
			if !ok {
				return true
			}
			for _, e := range c.List {
				for _, text := range namedIn(e).texts {
					handled[text] = true
				}
			}
			return true
		})
	}
	for _, e := range configs.Events() {
		name, _, _ := strings.Cut(e.Name, ".") // message.channels comes as message
		if !handled[name] {
			t.Errorf("the manifest subscribes to %s, which nothing handles", e.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(handled)) {
		if eventShape.MatchString(name) && !slices.ContainsFunc(configs.Events(), func(e configs.Event) bool { return e.Name == name }) {
			t.Errorf("%s is handled, and the manifest does not subscribe to it", name)
		}
	}
}
