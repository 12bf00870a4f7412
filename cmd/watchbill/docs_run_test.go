package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

// typedIn is a command line of a document, and what it prints there.
type typedIn struct{ line, prints string }

// sessions are the command lines of the console blocks in a text.
func sessions(text string) []typedIn {
	var all []typedIn
	for _, b := range fence.FindAllStringSubmatch(text, -1) {
		if b[2] != "console" {
			continue
		}
		for _, one := range strings.Split("\n"+b[3], "\n$ ")[1:] {
			line, prints, _ := strings.Cut(one, "\n")
			all = append(all, typedIn{line, strings.TrimSpace(prints)})
		}
	}
	return all
}

// block is the first block of a language in a text.
func block(t *testing.T, text, language string) string {
	t.Helper()
	for _, b := range fence.FindAllStringSubmatch(text, -1) {
		if b[2] == language {
			return b[3]
		}
	}
	t.Fatalf("there is no block of %s", language)
	return ""
}

// changing are the parts of an answer that are others each time.
var changing = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?`), "TIME"},
	{regexp.MustCompile(`\d+ (records|events|deliveries)|which \d+ wait`), "N"},
	{regexp.MustCompile(` {2,}`), "  "},
}

// lasting is an answer without what is another each time.
func lasting(text string) string {
	for _, c := range changing {
		text = c.what.ReplaceAllString(text, c.as)
	}
	return strings.TrimSpace(text)
}

// TestDocsAnswerAsTheySay runs the command lines that need no bot, on the file that the
// document shows.
func TestDocsAnswerAsTheySay(t *testing.T) {
	none := func(string) string { return "" }
	n := 0
	answer := func(document string, one typedIn) {
		n++
		var out bytes.Buffer
		run(t.Context(), strings.Fields(one.line)[1:], none, strings.NewReader(""), &out, &out)
		if got := strings.TrimSpace(out.String()); got != one.prints {
			t.Errorf("%s has\n$ %s\n%s\nand it prints\n%s", document, one.line, one.prints, got)
		}
	}
	t.Chdir(t.TempDir())
	put := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	documents := map[string]string{}
	for _, name := range []string{"oncall", "configuration", "alerts"} {
		text, err := os.ReadFile(filepath.Join(rootHere, "docs", name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = string(text)
	}
	put("watchbill.yaml", block(t, documents["oncall"], "yaml"))
	for _, one := range sessions(documents["oncall"]) {
		if strings.Contains(one.line, "--file watchbill.yaml") {
			answer("docs/oncall.md", one)
		}
	}
	put("watchbill.yaml", "people:\n  - {nam: dev1}\n")
	for _, one := range sessions(documents["configuration"]) {
		answer("docs/configuration.md", one)
	}
	routing := documents["alerts"][strings.Index(documents["alerts"], "\n## Routing\n"):]
	put("routes.yaml", block(t, routing, "yaml")+"people: [{name: dev1, slack: U0DEV1}]\nintegrations: [{name: prometheus, source: alertmanager, token_env: X}]\n")
	put("alert.json", alertOfTheDocs)
	for _, one := range sessions(routing) {
		one.line += " --config routes.yaml"
		answer("docs/alerts.md", one)
	}
	if n < 8 {
		t.Errorf("only %d command lines were found", n)
	}
}

// alertOfTheDocs is what Alertmanager sends in docs/alerts.md.
const alertOfTheDocs = `{"version": "4", "status": "firing", "receiver": "watchbill", "groupKey": "{}:{}", "groupLabels": {}, "alerts": [
	{"status": "firing", "labels": {"alertname": "HighErrorRate", "cluster": "eu-1", "severity": "critical", "service": "checkout"},
	 "annotations": {"summary": "5xx rate of checkout is 12 %"}, "startsAt": "2026-03-02T11:58:07Z", "fingerprint": "ea8f291518fd76f1"}]}`

// rootHere is the repository, whatever the directory is.
var rootHere = func() string {
	here, err := filepath.Abs(root)
	if err != nil {
		panic(err)
	}
	return here
}()

// TestDocsOfTheAPIAnswerAsTheySay types what docs/api.md shows, one after the other.
func TestDocsOfTheAPIAnswerAsTheySay(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("curl is not installed, and CI must run this test")
		}
		t.Skip("there is no curl")
	}
	t.Parallel()
	text := page(t, "docs/api.md")
	w := newWorldWith(t, time.Minute, slacksim.Config{}, block(t, text, "yaml"))
	for _, name := range regexp.MustCompile(`token_env: (\w+)`).FindAllStringSubmatch(text, -1) {
		w.env = append(w.env, name[1]+"=a-token-of-"+name[1])
	}
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	address := regexp.MustCompile(`"http":"([^"]+)"`).FindStringSubmatch(w.logs.String())
	w.env = append(w.env, "WATCHBILL_URL=http://"+address[1], "WATCHBILL_TOKEN=a-token-of-WATCHBILL_API_LAPTOP", "BREAK_GLASS=a-token-of-WATCHBILL_API_BREAK_GLASS")
	n := 0
	for _, one := range sessions(text) {
		if strings.HasSuffix(strings.Split(one.line, " -H")[0], "/v1/pages") {
			w.wait("the page", func() bool { return len(w.pagesTo("U0SRE1")) > 0 })
			w.wait("its receipt", func() bool {
				out, err := w.command("page", "list", "--json")
				return err == nil && strings.Contains(out, `"fate":"sent"`)
			})
		}
		n++
		line := strings.ReplaceAll(one.line, "2026-11-21T03:40:00Z", time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))
		cmd := exec.CommandContext(w.ctx, "sh", "-c", line)
		cmd.Env = w.env
		out, err := cmd.CombinedOutput()
		if lasting(string(out)) != lasting(one.prints) || err != nil {
			t.Errorf("docs/api.md has\n$ %s\n%s\nand it prints (%v)\n%s", one.line, one.prints, err, out)
		}
	}
	if n < 10 {
		t.Errorf("only %d requests were found", n)
	}
	w.kill(syscall.SIGTERM)
}

// TestDocsOfTheShellAnswerAsTheySay does the same with docs/commands.md and docs/alerts.md.
func TestDocsOfTheShellAnswerAsTheySay(t *testing.T) {
	t.Parallel()
	const hook = "integrations: [{name: monitoring, source: generic, token_env: HOOK}]\n"
	w := newWorldWith(t, time.Minute, slacksim.Config{}, strings.ReplaceAll(processConfig, "people: [sre1]}", "people: [dev2]}")+hook)
	w.env = append(w.env, "HOOK=a-token-of-the-hook")
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	types := func(document, text string, least int) {
		typed := sessions(text)
		if len(typed) < least {
			t.Errorf("%s: only %d command lines were found", document, len(typed))
		}
		for _, one := range typed {
			out, err := w.command(strings.Fields(one.line)[1:]...)
			if lasting(out) != lasting(one.prints) || err != nil {
				t.Errorf("%s has\n$ %s\n%s\nand it prints (%v)\n%s", document, one.line, one.prints, err, out)
			}
		}
	}
	address := regexp.MustCompile(`"http":"([^"]+)"`).FindStringSubmatch(w.logs.String())
	for range 4 {
		body := strings.NewReader(`{"title": "High error rate on web-1", "service": "checkout", "severity": "critical"}`)
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, "http://"+address[1]+"/hooks/monitoring", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer a-token-of-the-hook")
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != http.StatusAccepted {
			t.Fatalf("report an alert: %v, %v", res, err)
		}
		res.Body.Close()
	}
	w.wait("the repeats to be counted", func() bool { // which lags by a second
		out, err := w.command("alert", "list")
		return err == nil && strings.Contains(out, "  4  ")
	})
	types("docs/alerts.md", section(t, page(t, "docs/alerts.md"), "In a shell"), 2)
	if r, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare checkout returns 503 --sev 2 --service checkout"); err != nil || r.Error != "" {
		t.Fatalf("declare: %v %s", err, r.Error)
	}
	w.wait("the page", func() bool { return strings.Contains(strings.Join(w.pagesTo("U0DEV2"), "\n"), "INC-1") })
	types("docs/commands.md", strings.ReplaceAll(page(t, "docs/commands.md"), "PAGE-1", "PAGE-2"), 4)
	w.kill(syscall.SIGTERM)
}
