package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/configs"
)

func TestDocsNameEveryCommandAndFlag(t *testing.T) {
	shell := section(t, page(t, "docs/commands.md"), "In a shell")
	documented, flags := []string{"help"}, []string{"--help"}
	for _, r := range rows(shell) {
		documented = append(documented, strings.Fields(spans(r[0])[0])[1])
	}
	for _, s := range spans(shell) {
		if strings.HasPrefix(s, "--") {
			flags = append(flags, strings.Fields(s)[0])
		}
	}
	there := []string{"help"}
	for _, c := range commands() {
		there = append(there, c.name)
	}
	same(t, "commands", documented, there)
	same(t, "flags", flags, append(flagsOf(t), "--help"))
}

// TestDocsNameWhatOncallDoes holds each verb of `watchbill oncall` to the flags that
// it takes. The rows of one verb are taken together.
func TestDocsNameWhatOncallDoes(t *testing.T) {
	documented, there := map[string][]string{}, map[string][]string{}
	for _, r := range rows(section(t, page(t, "docs/commands.md"), "In a shell")) {
		command := strings.Fields(spans(r[0])[0])
		if command[1] != "oncall" {
			continue
		}
		flags := documented[command[2]]
		for _, s := range spans(r[2]) {
			flags = append(flags, strings.TrimPrefix(strings.Fields(s)[0], "--"))
		}
		documented[command[2]] = flags
	}
	for _, v := range oncallVerbs() {
		there[v.name] = strings.Fields(v.flags)
	}
	same(t, "verbs of oncall", slices.Collect(maps.Keys(documented)), slices.Collect(maps.Keys(there)))
	for verb, flags := range there {
		same(t, "flags of oncall "+verb, documented[verb], flags)
	}
}

// flagsOf are the flags that the commands define.
func flagsOf(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, f := range sources(t, "cmd/watchbill") {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !strings.HasSuffix(method.Sel.Name, "Var") {
				return true
			}
			if name, ok := call.Args[1].(*ast.BasicLit); ok {
				all = append(all, "--"+strings.Trim(name.Value, `"`))
			}
			return true
		})
	}
	if len(all) < 10 {
		t.Fatalf("only %d flags were found", len(all))
	}
	return all
}

// words are the keys of a map in bot/slackui, with their values as they
// are written.
func words(t *testing.T, name string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, f := range sources(t, "bot/slackui") {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || spec.Names[0].Name != name || len(spec.Values) != 1 {
				return true
			}
			for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
				pair := e.(*ast.KeyValueExpr)
				value := ""
				if id, ok := pair.Value.(*ast.Ident); ok {
					value = id.Name
				}
				var key []string
				ast.Inspect(pair.Key, func(k ast.Node) bool {
					if l, ok := k.(*ast.BasicLit); ok {
						s, err := strconv.Unquote(l.Value)
						if err != nil {
							t.Fatal(err)
						}
						key = append(key, s)
					}
					return true
				})
				found[strings.Join(key, " ")] = value
			}
			return false
		})
	}
	if len(found) == 0 {
		t.Fatalf("bot/slackui has no map %s", name)
	}
	return found
}

func TestDocsNameEveryVerb(t *testing.T) {
	inc := section(t, page(t, "docs/commands.md"), "What `/inc` understands")
	there := map[string][]string{} // by verb
	later := slices.Collect(maps.Keys(words(t, "later")))
	for _, list := range []string{"verbs", "doubles"} {
		for word, verb := range words(t, list) {
			if verb == "Later" {
				later = append(later, word)
				continue
			}
			there[strings.ToLower(verb)] = append(there[strings.ToLower(verb)], word)
		}
	}
	var documented, documentedLater []string
	for _, r := range rows(inc) {
		if len(r) == 2 {
			documentedLater = append(documentedLater, spans(r[0])...)
			continue
		}
		verb := spans(r[0])[0]
		documented = append(documented, verb)
		same(t, "words for "+verb, append([]string{verb}, spans(r[2])...), there[verb])
	}
	same(t, "verbs", documented, slices.Collect(maps.Keys(there)))
	same(t, "verbs that are not here yet", documentedLater, later)
}

// TestDocsNameEveryVerbOfOncall is the same for /oncall. Its help is a verb of /inc.
func TestDocsNameEveryVerbOfOncall(t *testing.T) {
	there := map[string][]string{"help": {"help"}}
	for word, do := range words(t, "rosterVerbs") {
		verb := strings.ToLower(strings.TrimPrefix(do, "Do"))
		there[verb] = append(there[verb], word)
	}
	var documented []string
	for _, r := range rows(section(t, page(t, "docs/commands.md"), "`/oncall`")) {
		verb := spans(r[0])[0]
		documented = append(documented, verb)
		same(t, "words for /oncall "+verb, append([]string{verb}, spans(r[2])...), there[verb])
	}
	same(t, "verbs of /oncall", documented, slices.Collect(maps.Keys(there)))
}

// keys are the paths of the values that the configuration file may hold.
func keys(t reflect.Type, path string) []string {
	switch {
	case t.Kind() == reflect.Slice:
		return keys(t.Elem(), path+"[]")
	case t.Kind() == reflect.Pointer:
		return keys(t.Elem(), path)
	case t.Kind() != reflect.Struct:
		return []string{path}
	}
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		if path != "" {
			name = path + "." + name
		}
		all = append(all, keys(f.Type, name)...)
	}
	return all
}

func TestDocsNameEveryKey(t *testing.T) {
	var documented []string
	text := page(t, "docs/configuration.md")
	environment := section(t, text, "The environment")
	for _, r := range rows(strings.Replace(text, environment, "", 1)) {
		documented = append(documented, strings.TrimSuffix(spans(r[0])[0], "[]"))
	}
	var there []string
	for _, k := range keys(reflect.TypeFor[configs.Config](), "") {
		there = append(there, strings.TrimSuffix(k, "[]"))
	}
	same(t, "configuration keys", documented, there)
	for _, s := range spans(section(t, text, "Keys that do nothing yet")) {
		if !slices.ContainsFunc(there, func(k string) bool { return k == s || strings.HasPrefix(k, s+"[]") }) && !strings.HasPrefix(s, "/") {
			t.Errorf("%q is said to do nothing, and is no key", s)
		}
	}
}

var variable = regexp.MustCompile(`\b(SLACK|WATCHBILL)_[A-Z][A-Z_]*[A-Z]\b`)

func TestDocsNameEveryVariable(t *testing.T) {
	var there []string
	for _, s := range texts(append(sources(t, "configs"), sources(t, "cmd")...)) {
		if variable.FindString(s) == s && s != "" {
			there = append(there, s)
		}
	}
	environment := section(t, page(t, "docs/configuration.md"), "The environment")
	for _, name := range there {
		if !strings.Contains(environment, "`"+name+"`") {
			t.Errorf("%s is not documented", name)
		}
	}
	if len(there) < 6 {
		t.Fatalf("only %v were found", there)
	}
	all := pages(t)
	all["Dockerfile"] = page(t, "Dockerfile")
	for name, text := range all {
		for _, v := range variable.FindAllString(text, -1) {
			if base := strings.TrimSuffix(v, "_FILE"); !slices.Contains(there, base) && !strings.HasPrefix(v, "WATCHBILL_HOOK_") && !strings.HasPrefix(v, "WATCHBILL_API_") {
				t.Errorf("%s names %s, which nothing reads", name, v)
			}
		}
	}
}

func TestDocsNameEveryMetric(t *testing.T) {
	text := page(t, "docs/metrics.md")
	var documented, there, documentedRules, rules []string
	for _, r := range rows(section(t, text, "Metrics")) {
		documented = append(documented, spans(r[0])[0])
	}
	for _, s := range texts(sources(t, "bot")) {
		if regexp.MustCompile(`^watchbill_[a-z_]+$`).MatchString(s) {
			there = append(there, s)
		}
	}
	same(t, "metrics", documented, there)
	for _, name := range regexp.MustCompile(`\bwatchbill_[a-z_]+\b`).FindAllString(section(t, text, "Alert rules"), -1) {
		base := strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_bucket")
		if !slices.Contains(there, base) {
			t.Errorf("an alert rule asks for %s, which is no metric", name)
		}
	}
	for _, r := range rows(section(t, text, "What the auditor looks for")) {
		documentedRules = append(documentedRules, spans(r[0])[0])
	}
	watch := sources(t, "bot/watch")
	named := constants(watch)
	for _, f := range watch {
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.CompositeLit); ok && len(l.Elts) == 2 {
				switch rule := l.Elts[0].(type) {
				case *ast.BasicLit:
					rules = append(rules, strings.Trim(rule.Value, `"`))
				case *ast.Ident:
					if value, ok := named[rule.Name]; ok {
						rules = append(rules, value)
					}
				}
			}
			return true
		})
	}
	for _, value := range constants(sources(t, "oncall/paging")) { // what it re-derives of pages
		if strings.HasPrefix(value, "page_") {
			rules = append(rules, value)
		}
	}
	same(t, "rules of the auditor", documentedRules, rules)
}

// constants are the texts of the constants in Go files, by name.
func constants(files []*ast.File) map[string]string {
	found := map[string]string{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
				return true
			}
			if l, ok := spec.Values[0].(*ast.BasicLit); ok && l.Kind == token.STRING {
				found[spec.Names[0].Name] = strings.Trim(l.Value, `"`)
			}
			return true
		})
	}
	return found
}

func TestDocsDrawTheArrows(t *testing.T) {
	documented := map[string][]string{}
	for _, r := range rows(section(t, page(t, "docs/architecture.md"), "Who may import whom")) {
		list := spans(r[1])
		if strings.HasPrefix(r[1], "core") {
			list = append(list, core...)
		}
		documented[spans(r[0])[0]] = list
	}
	same(t, "rooms", slices.Collect(maps.Keys(documented)), slices.Collect(maps.Keys(arrows)))
	for room, list := range arrows {
		same(t, "imports of "+room, documented[room], list)
	}
}

// at is the value at a path such as "teams.0.kind" of what JSON holds; nil: none.
func at(v any, path string) any {
	for _, step := range strings.Split(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

// TestDocsNameTheDefaults: what the tables call a default is what a file without the key
// means.
func TestDocsNameTheDefaults(t *testing.T) {
	text := page(t, "docs/configuration.md")
	said := map[string]string{} // by key
	for _, r := range rows(text) {
		_, last, _ := strings.Cut(r[len(r)-1], "Default: ")
		if len(r) == 3 {
			last = r[2]
		}
		if found := spans(last); len(found) > 0 && strings.HasPrefix(last, "`") {
			said[spans(r[0])[0]] = found[0]
		}
	}
	settings, err := configs.FromEnv(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for key, is := range map[string]string{"SLACK_API_URL": settings.SlackAPI, "WATCHBILL_HTTP": settings.HTTP, "WATCHBILL_DATA": settings.DataDirectory(nil), "data.directory": settings.DataDirectory(nil)} {
		if said[key] != is {
			t.Errorf("%s: the default is %q, and the document says %q", key, is, said[key])
		}
	}
	for key, file := range map[string]struct{ text, path string }{
		"slack.incidents_channel":    {"", "slack.incidents_channel"},
		"slack.channel_prefix":       {"", "slack.channel_prefix"},
		"slack.app_name":             {"", "slack.app_name"},
		"slack.bot_name":             {"", "slack.bot_name"},
		"slack.commands.incident":    {"", "slack.commands.incident"},
		"slack.commands.oncall":      {"", "slack.commands.oncall"},
		"slack.timeline_reactions":   {"", "slack.timeline_reactions"},
		"log.level":                  {"", "log.level"},
		"log.format":                 {"", "log.format"},
		"teams[].kind":               {"teams: [{name: a}]", "teams.0.kind"},
		"escalations[].steps[].wait": {"people: [{name: a}]\nescalations: [{name: a, steps: [{notify: ['person:a']}]}]", "escalations.0.steps.0.wait"},
		"integrations[].grace":       {"integrations: [{name: a, source: heartbeat, token_env: T, every: 1h}]", "integrations.0.grace"},
		"api.tokens[].rights":        {"api: {tokens: [{name: a, token_env: T}]}", "api.tokens.0.rights"},
		"dead_man.every":             {"dead_man: {url_env: U}", "dead_man.every"},
	} {
		c, err := configs.Parse([]byte(file.text), "w.yaml")
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		is := fmt.Sprint(at(v, file.path))
		if d, ok := at(v, file.path).(float64); ok {
			is = strings.TrimSuffix(time.Duration(d).String(), "0s")
		}
		if want := strings.ReplaceAll(said[key], ", ", " "); is != want {
			t.Errorf("%s: the default is %q, and the document says %q", key, is, said[key])
		}
	}
}
