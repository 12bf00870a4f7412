package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/watchbill/watchbill/"

// core is incident, oncall and what is under them: pure, and known to all rooms
// that are named to know it.
var core = []string{"incident", "incident/postmortem", "oncall", "oncall/alert", "oncall/paging"}

// arrows are the imports of our own that each room may have; docs/architecture.md
// draws them.
var arrows = map[string][]string{
	"oncall":                {},
	"oncall/alert":          {"oncall"},
	"oncall/paging":         {"oncall"},
	"oncall/recordtest":     {},
	"incident":              {"oncall"},
	"incident/postmortem":   {"incident"},
	"configs":               core,
	"storage":               {},
	"storage/bolt":          {"storage"},
	"storage/memory":        {"storage"},
	"storage/storagetest":   {"storage"},
	"bot/blockkit":          {},
	"bot/slackui":           append([]string{"bot/blockkit"}, core...),
	"bot/desk":              append([]string{"storage", "configs"}, core...),
	"bot/courier":           {"storage", "bot/desk"},
	"bot/watch":             {"storage", "bot/desk", "oncall/paging"},
	"bot/watch/watchtest":   {"bot/desk", "oncall/paging"},
	"bot/slackio":           {"bot/desk"},
	"bot/httpd":             append([]string{"bot/desk"}, core...),
	"bot/slacksim":          {"bot/blockkit"},
	"bot/notify":            {},
	"bot/notify/notifytest": {},
	"bot": append([]string{"configs", "storage", "bot/desk", "bot/courier", "bot/watch", "bot/slackio", "bot/slackui", "bot/blockkit", "bot/httpd", "bot/notify"},
		core...),
	"cmd/watchbill": {"bot", "configs", "bot/slacksim", "storage", "storage/bolt"},
}

// homes are the rooms that may use a library that has one home.
var homes = map[string][]string{
	"github.com/slack-go/slack":    {"bot", "bot/slackio", "bot/slackui"},
	"go.etcd.io/bbolt":             {"storage/bolt"},
	"github.com/robfig/cron/v3":    {"oncall"},
	"github.com/goccy/go-yaml":     {"configs", "bot/slacksim"},
	"github.com/gorilla/websocket": {"bot/slackio", "bot/slacksim"},
	"github.com/wneessen/go-mail":  {"bot/notify"},
	"github.com/emersion/go-smtp":  {"bot/notify/notifytest"},
	"github.com/emersion/go-sasl":  {"bot/notify/notifytest"},
	"github.com/prometheus":        {"bot", "bot/httpd", "cmd/watchbill"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var list []listed
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImportsFollowTheArrows(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := arrows[room]
		if !known {
			t.Errorf("%s is a room that the plan does not name", room)
			continue
		}
		seen++
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which the plan does not allow", room, ours)
			}
			for library, rooms := range homes {
				if strings.HasPrefix(i, library) && !slices.Contains(rooms, room) {
					t.Errorf("%s imports %s, whose homes are %v", room, i, rooms)
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages were found", seen)
	}
}

// pure are the rooms without a clock, a file, a network or chance.
func TestTheCoreIsPure(t *testing.T) {
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, module)
		if !slices.Contains(core, room) && room != "bot/slackui" && room != "bot/blockkit" {
			continue
		}
		for _, i := range p.Imports {
			if slices.Contains([]string{"os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "io/fs", "os/exec", "log"}, i) {
				t.Errorf("%s imports %s", room, i)
			}
		}
	}
}

// TestNobodyWritesWithTemplates: they look methods up by name while they run, so that the
// linker keeps every method of every type: a fifth of the binary.
func TestNobodyWritesWithTemplates(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if i == "text/template" || i == "html/template" {
				t.Errorf("%s imports %s: write HTML with gomponents, and text without", p.ImportPath, i)
			}
		}
	}
}
