package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// root is the repository, seen from this package.
const root = "../.."

// pages are the documents that people read, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			found[strings.TrimPrefix(filepath.ToSlash(f), root+"/")] = read(t, f)
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d documents were found", len(found))
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func page(t *testing.T, name string) string { t.Helper(); return read(t, filepath.Join(root, name)) }

var (
	fence    = regexp.MustCompile("(?ms)^( *)```([a-z]*)\n(.*?)^ *```$")
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	heading  = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	mdLink   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// section is what stands under a heading, without the headings of the same or a
// higher level that follow.
func section(t *testing.T, text, title string) string {
	t.Helper()
	for _, at := range heading.FindAllStringSubmatchIndex(text, -1) {
		if text[at[2]:at[3]] != title {
			continue
		}
		level := at[2] - at[0] - 1
		rest := text[at[1]:]
		if end := regexp.MustCompile(fmt.Sprintf(`(?m)^#{1,%d} `, level)).FindStringIndex(rest); end != nil {
			rest = rest[:end[0]]
		}
		return rest
	}
	t.Fatalf("there is no section %q", title)
	return ""
}

// rows are the cells of the tables in a text, without their heads.
func rows(text string) [][]string {
	var all [][]string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if strings.HasPrefix(line, "| ---") {
			all = all[:len(all)-1] // the row before it is the head
			continue
		}
		cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00"), "|")
		for n := range cells {
			cells[n] = strings.TrimSpace(strings.ReplaceAll(cells[n], "\x00", "|"))
		}
		all = append(all, cells)
	}
	return all
}

func spans(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// same compares what the documents say with what there is.
func same(t *testing.T, what string, documented, there []string) {
	t.Helper()
	for _, d := range documented {
		if !slices.Contains(there, d) {
			t.Errorf("%s: %q is documented, and there is no such thing", what, d)
		}
	}
	for _, d := range there {
		if !slices.Contains(documented, d) {
			t.Errorf("%s: %q is not documented", what, d)
		}
	}
}

// sources are the parsed Go files below a directory, without tests.
func sources(t *testing.T, dir string) []*ast.File {
	t.Helper()
	var files []*ast.File
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// texts are the string literals of Go files.
func texts(files []*ast.File) []string {
	var all []string
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil {
					all = append(all, s)
				}
			}
			return true
		})
	}
	return all
}

func TestDocsLinksLead(t *testing.T) {
	all := pages(t)
	for name, text := range all {
		for _, m := range mdLink.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := name
			if target != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			} else if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", name, m[1], to)
			}
		}
	}
}

// anchors are the names that GitHub gives to headings.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
				return r
			}
			return -1
		}, strings.ToLower(m[1]))
		all = append(all, name)
	}
	return all
}

// typed are the command lines of watchbill in a text: lines of blocks, and code
// in running text.
func typed(text string) []string {
	var lines []string
	for _, b := range fence.FindAllStringSubmatch(text, -1) {
		if b[2] == "sh" || b[2] == "console" {
			lines = append(lines, strings.Split(strings.ReplaceAll(b[3], "\\\n", " "), "\n")...)
		}
	}
	lines = append(lines, spans(fence.ReplaceAllString(text, ""))...)
	var found []string
	for _, l := range lines {
		l = strings.TrimPrefix(strings.TrimSpace(l), "$ ")
		for _, before := range []string{"sudo -u watchbill ", "docker exec watchbill /", "sudo env SLACK_BOT_TOKEN_FILE=/etc/watchbill/bot-token SLACK_APP_TOKEN_FILE=/etc/watchbill/app-token   "} {
			l = strings.TrimPrefix(l, before)
		}
		if rest, ok := strings.CutPrefix(l, "watchbill "); ok && !strings.Contains(rest, "COMMAND") {
			found = append(found, rest)
		}
	}
	return found
}

// TestDocsCommandsParse runs each command line of the documents where there is
// no token and an empty data file: it may fail, but not for its usage.
func TestDocsCommandsParse(t *testing.T) {
	data := t.TempDir()
	store, err := bolt.Open(filepath.Join(data, dataFile), bolt.Options{Shape: bot.Shape()})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	getenv := func(key string) string { return map[string]string{"WATCHBILL_DATA": data}[key] }
	n := 0
	documents := pages(t)
	t.Chdir(t.TempDir()) // some write a copy here
	for name, text := range documents {
		for _, l := range typed(text) {
			args := strings.Fields(l)
			n++
			if args[0] == "demo" {
				args = append(args, "--help") // it would run
			}
			if slices.Contains([]string{"incident", "page", "alert", "oncall", "postmortem", "config"}, args[0]) && len(args) == 1 {
				continue // the name of a group of commands
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			var out bytes.Buffer
			if status := run(ctx, args, getenv, strings.NewReader(""), &out, &out); status == exitUsage {
				t.Errorf("%s has `watchbill %s`, and that is no command line: %s", name, l, out.String())
			}
			cancel()
		}
	}
	if n < 20 {
		t.Errorf("only %d command lines were found", n)
	}
}

// TestDocsSlackCommandsAreUnderstood: what the documents tell people to type is
// understood, and not taken for a title.
func TestDocsSlackCommandsAreUnderstood(t *testing.T) {
	n := map[string]int{}
	for name, text := range pages(t) {
		for _, s := range spans(fence.ReplaceAllString(text, "")) {
			command, rest, ok := strings.Cut(s, " ")
			var in slackui.Input
			switch {
			case ok && command == "/inc":
				in = slackui.Parse(rest, time.Now(), nil)
			case ok && command == "/oncall":
				in = slackui.ParseOncall(rest, time.Now(), time.UTC)
			default:
				continue
			}
			n[command]++
			free := in.Verb == slackui.FreeText && !slices.Contains([]string{"the database is slow", "close to running out of disk"}, rest)
			if free || in.Verb == slackui.Later || in.Problem != "" {
				t.Errorf("%s has `%s`, which is read as %q %s", name, s, in.Verb, in.Problem)
			}
		}
	}
	if n["/inc"] < 10 || n["/oncall"] < 10 {
		t.Errorf("only %v were found", n)
	}
}

// TestDocsTablesAreWhole: rows that a blank line parts from their head are no table, and
// what a row has beyond its head is not shown.
func TestDocsTablesAreWhole(t *testing.T) {
	cells := func(row string) int { return strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") }
	for name, text := range pages(t) {
		lines := strings.Split(fence.ReplaceAllString(text, ""), "\n")
		head := -1
		for n, line := range lines {
			switch {
			case !strings.HasPrefix(line, "|"):
				head = -1
			case head < 0:
				head = n
				if n+1 == len(lines) || !strings.HasPrefix(lines[n+1], "| ---") {
					t.Errorf("%s: this row has no head: %s", name, line)
				}
			case cells(line) != cells(lines[head]):
				t.Errorf("%s: this row has not as many cells as its head: %s", name, line)
			}
		}
	}
}

// TestDocsFilesAreInOrder loads every YAML in the documents that is a
// configuration.
func TestDocsFilesAreInOrder(t *testing.T) {
	n := 0
	for name, text := range pages(t) {
		for _, b := range fence.FindAllStringSubmatch(text, -1) {
			body := regexp.MustCompile("(?m)^"+b[1]).ReplaceAllString(b[3], "")
			if b[2] != "yaml" || !strings.Contains(body, "escalations:") && !strings.Contains(body, "schedules:") {
				continue
			}
			n++
			if _, err := configs.Parse([]byte(body), name); err != nil {
				t.Errorf("%s: %v\n%s", name, err, body)
			}
		}
	}
	if n < 3 {
		t.Errorf("only %d files were found", n)
	}
}

// TestDocsNameTestsThatExist: a promise that names its test has one.
func TestDocsNameTestsThatExist(t *testing.T) {
	there := map[string]bool{}
	name := regexp.MustCompile(`\bfunc ((?:Test|Benchmark)[A-Z]\w*)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			for _, m := range name.FindAllStringSubmatch(read(t, path), -1) {
				there[m[1]] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range pages(t) {
		for _, s := range spans(text) {
			if strings.HasPrefix(s, "Test") && !there[s] {
				t.Errorf("%s names the test %s, which does not exist", file, s)
			}
		}
		for _, m := range regexp.MustCompile(`-bench (\w+)`).FindAllStringSubmatch(text, -1) {
			if !there["Benchmark"+m[1]] {
				t.Errorf("%s names the benchmark %s, which does not exist", file, m[1])
			}
		}
	}
}

// TestDockerfile: nothing here can build the image, so its paths are checked.
func TestDockerfile(t *testing.T) {
	text := page(t, "Dockerfile")
	mod := page(t, "go.mod")
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(mod)
	if want := "FROM golang:" + version[1] + " AS build"; !strings.Contains(text, want) {
		t.Errorf("the Dockerfile has no %q, the version of go.mod", want)
	}
	for _, line := range strings.Split(text, "\n") {
		args, ok := strings.CutPrefix(line, "COPY ")
		if !ok || strings.HasPrefix(args, "--from") {
			continue
		}
		fields := strings.Fields(args)
		for _, path := range fields[:len(fields)-1] {
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("the Dockerfile copies %s, which is not there", path)
			}
		}
	}
	for _, want := range []string{"CGO_ENABLED=0", "FROM scratch", "USER 65532", "VOLUME /data", "EXPOSE 8080", "-X main.release="} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile has no %s", want)
		}
	}
}
