package configs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestHostileFiles feeds files that are made to break a parser. Each is refused with a
// problem, within the time of the test.
func TestHostileFiles(t *testing.T) {
	deep := func(opener string) string { return "admins: " + strings.Repeat(opener, 100_000) }
	stairs := func(entry string) string {
		var b strings.Builder
		for i := range 1000 {
			b.WriteString(strings.Repeat(" ", i) + entry + "\n")
		}
		return b.String()
	}
	nine := func(alias string) string { return strings.Repeat(alias+", ", 9) }
	// Aliases stand where they are read: in the people of pools, which are lists of lists.
	bomb := "schedules:\n  - &s\n    name: a\n    time_zone: UTC\n    pools: &p [" + strings.Repeat("{people: [x,x,x,x,x,x,x,x,x,x]}, ", 1000) + "]\n" +
		strings.Repeat("  - *s\n", 100)
	tests := []struct{ name, source, want string }{
		{"lists in lists", deep("["), "nested more than 50 deep"},
		{"maps in maps", deep("{a: "), "nested more than 50 deep"},
		{"dashes", "admins:\n  " + strings.Repeat("- ", 100_000), "nested more than 50 deep"},
		{"question marks", strings.Repeat("? ", 100_000), "nested more than 50 deep"},
		{"anchors", deep("&a "), ""},
		{"tags", deep("!a "), "nested more than 50 deep"},
		{"stairs of keys", stairs("a:"), "nested more than 50 deep"},
		{"stairs of dashes", stairs("-"), "nested more than 50 deep"},
		{"ten thousand keys", strings.Repeat("a: b\n", 10_000), "more than 2000 keys side by side"},
		{"too many words", "admins: [" + strings.Repeat("a,", 300_000), "the file holds too much"},
		{"too large", strings.Repeat("#\n", MaxSize/2) + "#", "the file is larger than 4 MiB"},
		{"billion laughs", "a: &a [" + nine("x") + "]\nb: &b [" + nine("*a") + "]\nc: &c [" + nine("*b") + "]\nadmins: [" + nine("*c") + "]\n", "needs text, not a list"},
		{"aliases that multiply", bomb, "unfolds into too many values"},
		{"alias of itself", "schedules: &a [*a]\n", "needs keys and values, not a list"},
		{"merge of itself", "slack: &a {<<: *a}\n", "unfolds into too many values"},
		{"merges that multiply", "log: &a {<<: [*a, *a, *a, *a, *a, *a, *a, *a, *a]}\n", "unfolds into too many values"},
		{"many wrong people", "people:\n" + numbered(20_000, "  - {name: p%d, slack: 1}\n"), "slack needs text"},
		{"many unknown names", "people:\n" + numbered(5_000, "  - {name: p%d}\n") + "teams: [{name: t, people: [" + numbered(20_000, "x%d, ") + "]}]\n", "there is no person called"},
		{"unclosed quote", "admins: [\"" + strings.Repeat("x", 100_000), "close the quotes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse([]byte(tt.source), "f")
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("got %v, want problems", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %.300v, want %s", err, tt.want)
			}
			if len(err.Error()) > 100_000 {
				t.Errorf("got an error of %d bytes", len(err.Error()))
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestMutatedFiles breaks good files in 500 ways: none may panic, and one that still
// loads has a plan for each schedule and a step in each escalation.
func TestMutatedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 14))
	loaded := 0
	for i := range 500 {
		source := [][]byte{Example(), Demo()}[i%2]
		for range 1 + random.IntN(3) {
			source = mutate(random, source)
		}
		if sound(t, source) {
			loaded++
		}
	}
	if loaded == 0 || loaded == 500 {
		t.Errorf("%d of 500 mutated files load: the mutations are too strong or too weak", loaded)
	}
}

func mutate(random *rand.Rand, source []byte) []byte {
	lines := strings.SplitAfter(string(source), "\n")
	i, j := random.IntN(len(lines)), random.IntN(len(lines))
	switch random.IntN(8) {
	case 0: // lose a line
		lines[i] = ""
	case 1: // say it twice
		lines[i] += lines[i]
	case 2:
		lines[i], lines[j] = lines[j], lines[i]
	case 3: // indent otherwise
		lines[i] = strings.Repeat(" ", random.IntN(5)) + lines[i]
	case 4:
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	case 5: // cut the file off
		lines = lines[:i+1]
	case 6: // another sign
		const signs = ":-[]{},&*!|>'\"%@`#?\t \x00\xff9a"
		if line := []byte(lines[i]); len(line) > 1 {
			line[random.IntN(len(line)-1)] = signs[random.IntN(len(signs))]
			lines[i] = string(line)
		}
	case 7: // another value
		if key, _, ok := strings.Cut(lines[i], ": "); ok {
			values := []string{"~", "[]", "{}", "-1", "true", "\"\"", "1e9", "[1, [2]]", "{a: b}", "2026-13-45T99:99:99", "999d"}
			lines[i] = key + ": " + values[random.IntN(len(values))] + "\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}

// sound parses a file and checks what must hold whatever it holds. It says whether the
// file loaded.
func sound(t *testing.T, source []byte) bool {
	t.Helper()
	c, err := parse(source, "f", func(string) string { return "" }, false, monday)
	var problems Problems
	if err != nil {
		if !errors.As(err, &problems) || len(problems.Errors()) == 0 {
			t.Fatalf("got %T %v, want problems", err, err)
		}
	} else {
		problems = c.Warnings
	}
	for _, p := range problems {
		if p.File != "f" || p.Message == "" || p.Line < 0 || p.Line > 0 && p.Column < 1 || p.Line > strings.Count(string(source), "\n")+strings.Count(string(source), "\r")+1 {
			t.Fatalf("got problem %+v", p)
		}
		if strings.Contains(p.String(), "xoxb-1234567890") {
			t.Fatalf("the problem shows a token: %s", p)
		}
	}
	_ = Explain(problems, "f", source)
	if err != nil {
		return false
	}
	for _, s := range c.Schedules {
		if c.Plan(s.Name) == nil {
			t.Fatalf("schedule %q has no plan", s.Name)
		}
	}
	for _, p := range c.Escalations {
		if len(p.Steps) == 0 {
			t.Fatalf("escalation %q has no steps", p.Name)
		}
	}
	for _, s := range c.Services {
		c.PolicyFor(s.Name)
	}
	Manifest(c)
	return true
}

func FuzzParse(f *testing.F) {
	f.Add(Example())
	f.Add(Demo())
	f.Add([]byte(small))
	f.Add([]byte("slack: {bot_token: xoxb-1234567890-abcdef, bot_name: xoxb-1234567890-abcdef}\n"))
	f.Add([]byte("people: &p\n  - &d {name: dev1}\n  - {<<: *d, name: dev2}\nadmins: [*p]\n"))
	f.Add([]byte("? a\n: b\n? [c]\n: |\n  d\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 64<<10 {
			t.Skip("larger files are the business of TestHostileFiles")
		}
		sound(t, source)
	})
}
