package httpd

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/memory"
)

func apiPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block finds the code blocks of a language.
func blocks(text, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestTheExamplesOfTheDocs runs every curl of docs/api.md against the configuration
// that stands there, and wants the answers that stand there.
func TestTheExamplesOfTheDocs(t *testing.T) {
	text := apiPage(t)
	settings, err := configs.Parse([]byte(blocks(text, "yaml")[0]), "docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Config{Store: memory.New(), Settings: settings, Now: func() time.Time { return time.Date(2026, 11, 21, 3, 58, 58, 0, time.UTC) }})
	var tokens []Token
	rights := map[string]Rights{"read": Reads, "write": Writes, "admin": Owns}
	for _, c := range settings.API.Tokens {
		tokens = append(tokens, Token{Name: c.Name, Rights: rights[c.Rights], As: c.As, Digests: digests("secret-of-" + c.Name)})
	}
	s := httptest.NewServer(API{Desk: d, Version: "test"}.Network(tokens))
	defer s.Close()
	env := map[string]string{"WATCHBILL_URL": s.URL, "WATCHBILL_TOKEN": "secret-of-laptop", "BREAK_GLASS": "secret-of-break-glass"}
	n := 0
	for _, b := range blocks(text, "console") {
		lines := strings.Split(strings.TrimSpace(b), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			n++
			got := curl(t, strings.TrimPrefix(lines[i], "$ "), env)
			got = strings.ReplaceAll(got, `"fate":"intended"`, `"fate":"sent"`) // nothing is delivered here
			if got != lines[i+1] {
				t.Errorf("%s\n got %s\nwant %s", lines[i], got, lines[i+1])
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d examples were found", n)
	}
}

// curl does what the program does with the options that the examples have.
func curl(t *testing.T, command string, env map[string]string) string {
	t.Helper()
	words := shellWords(command, env)
	if words[0] != "curl" {
		t.Fatalf("%q is no curl", command)
	}
	var url, method, body string
	header := http.Header{}
	for n := 1; n < len(words); n++ {
		switch words[n] {
		case "-s":
		case "-H":
			n++
			name, value, _ := strings.Cut(words[n], ": ")
			header.Set(name, value)
		case "-d":
			n++
			body = words[n]
		case "-X":
			n++
			method = words[n]
		default:
			url = words[n]
		}
	}
	if method == "" && body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(answer))
}

// shellWords splits a command as a shell does, with quotes and variables.
func shellWords(command string, env map[string]string) []string {
	var words []string
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(command, -1) {
		word := m[1]
		if m[1] == "" {
			word = os.Expand(m[2]+m[3], func(name string) string { return env[name] })
		}
		words = append(words, word)
	}
	return words
}

// TestTheDocsListEveryOperation: with its rights, and nothing else.
func TestTheDocsListEveryOperation(t *testing.T) {
	var want []string
	for _, r := range (API{}).withDesk(t).routes() {
		want = append(want, fmt.Sprintf("| `%s %s` | %s | %s |", r.method, r.path, r.rights, r.summary))
	}
	listed(t, "All operations", want)
}

// TestTheDocsListEveryFieldOfEveryBody: what each is, in the OpenAPI document too.
func TestTheDocsListEveryFieldOfEveryBody(t *testing.T) {
	doc := described(t, local(t, twoPeople))
	var want []string
	for _, r := range (API{}).withDesk(t).routes() {
		operation := fmt.Sprintf("`%s %s`", r.method, r.path) // beside its first field alone
		for _, f := range jsonFields(r.in) {
			s := doc.Paths.Value(r.path).GetOperation(r.method).RequestBody.Value.Content["application/json"].Schema.Value
			if p := s.Properties[f.name]; f.about == "" || p == nil || p.Value.Description != f.about {
				t.Errorf("the OpenAPI document does not say what %q of %s %s is: %q", f.name, r.method, r.path, f.about)
			}
			needed := "needed"
			if f.optional {
				needed = ""
			}
			want = append(want, fmt.Sprintf("| %s | `%s` | %s | %s |", operation, f.name, needed, f.about))
			operation = ""
		}
	}
	listed(t, "All fields of bodies", want)
}

// listed wants a table under a heading of docs/api.md that has these rows.
func listed(t *testing.T, heading string, want []string) {
	t.Helper()
	_, section, ok := strings.Cut(apiPage(t), "## "+heading+"\n")
	if !ok {
		t.Fatalf("docs/api.md has no %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var got []string
	for _, l := range strings.Split(section, "\n") {
		if strings.HasPrefix(l, "|") && strings.Contains(l, "`") {
			got = append(got, l)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q of docs/api.md should say:\n%s", heading, strings.Join(want, "\n"))
	}
}
