package postmortem

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/incident"
)

func ids(list []Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Rule)
	}
	return out
}

func has(list []Finding, id string) bool {
	for _, f := range list {
		if f.Rule == id {
			return true
		}
	}
	return false
}

func TestEveryRuleFindsItsFixturesAndNoOthers(t *testing.T) {
	f, err := os.Open("testdata/blame_fixtures.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hits, misses := map[string]int{}, map[string]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if s.Text() == "" || s.Text()[0] == '#' {
			continue
		}
		p := strings.SplitN(s.Text(), " ", 3)
		id, want, text := p[0], p[1] == "+", p[2]
		if want {
			hits[id]++
		} else {
			misses[id]++
		}
		if got := has(Lint(text), id); got != want {
			t.Errorf("rule %s on %q: found %v, want %v", id, text, got, want)
		}
	}
	for _, r := range rules() {
		if hits[r.id] < 2 || misses[r.id] < 2 {
			t.Errorf("rule %s has %d sentences to find and %d to leave, want two of each at least", r.id, hits[r.id], misses[r.id])
		}
	}
}

func TestRulesAreWhole(t *testing.T) {
	if got := len(rules()); got != 64 {
		t.Errorf("there are %d rules, want 64", got)
	}
	seen := map[string]bool{}
	for n, l := range strings.Split(strings.TrimSpace(rulesTSV), "\n")[1:] {
		f := strings.Split(l, "\t")
		id, level, example, rewording := f[0], f[2], f[4], f[5]
		if seen[id] {
			t.Errorf("rule %s stands twice", id)
		}
		seen[id] = true
		if level != "warn" && level != "info" {
			t.Errorf("rule %s in line %d: level %q", id, n+2, level)
		}
		if !has(Lint(example), id) {
			t.Errorf("rule %s does not find its own example %q", id, example)
		}
		for _, got := range Lint(rewording) {
			if got.Level == Warn {
				t.Errorf("the rewording of %s trips %s: %q", id, got.Rule, got.Phrase)
			}
		}
	}
}

func TestReadRulesRefusesWhatIsBroken(t *testing.T) {
	for _, tsv := range []string{"head\nB01\tblame\twarn", "head\nB01\tblame\twarn\t(\tx\ty"} {
		if _, err := readRules(tsv); err == nil {
			t.Errorf("readRules(%q) took it", tsv)
		}
	}
}

func TestLintReadsOnlyWhatPeopleWrote(t *testing.T) {
	const bad = "human error"
	cases := []struct {
		name, doc string
		want      int
	}{
		{"plain", bad, 1},
		{"typed apostrophe", "they didn’t check", 1},
		{"a phrase over the end of a line", "it was human\nerror", 1},
		{"not over the end of a paragraph", "it was human\n\nerror", 0},
		{"code span", "`human error`", 0},
		{"code block", "```\nhuman error\n```\nfine", 0},
		{"code block of tildes, backticks within", "~~~\n```\nhuman error\n~~~\nhuman error", 1},
		{"a shorter fence of the same kind ends nothing", "````\n```\nhuman error\n````\nhuman error", 1},
		{"a longer one ends it", "```\n````\nhuman error", 1},
		{"another kind of the same length ends nothing", "```\n~~~\nhuman error\n```", 0},
		{"not over the beginning of an item", "human\n- error", 0},
		{"not over a heading", "# human\nerror", 0},
		{"code after a list that has ended", "- one\n\ntext\n\n    human error\n", 0},
		{"indented code", "text\n\n    human error\n", 0},
		{"an item of a list below an item", "- one\n    - human error\n", 1},
		{"indented line that continues a paragraph", "text\n    human error", 1},
		{"quotation", "> human error", 0},
		{"address", "see https://example.com/human-error?q=careless", 0},
		{"comment", "<!-- human error -->", 0},
		{"front matter", "---\ntitle: human error\n---\nfine", 0},
		{"generated section", "## Timeline <!--A-->\nhuman error", 0},
		{"human section", "## Timeline <!--A-->\nx\n## Learned <!--P-->\nhuman error", 1},
		{"proposed section, above and below its marker", "## Summary <!--A+P-->\nhuman error\n<!--P-->\nhuman error", 1},
		{"a marker in code is none", "```\n<!--A-->\n```\nhuman error", 1},
		{"an escaped marker is none", "## x \\<!--A-->\nhuman error", 1},
		{"windows line ends", "fine\r\nhuman error\r\n", 1},
		{"empty", "", 0},
	}
	for _, c := range cases {
		if got := Lint(c.doc); len(got) != c.want {
			t.Errorf("%s: found %v, want %d", c.name, ids(got), c.want)
		}
	}
}

func TestFindingsSayWhereAndWhatInstead(t *testing.T) {
	got := Lint("# Über\n\né war human error, `x` und careless\n")
	if len(got) != 2 {
		t.Fatalf("found %v, want B01 and B07", got)
	}
	want := Finding{"B01", Warn, 3, 7, "human error", "Describe the action and what made it look right at the time; name the missing guardrail"}
	if got[0] != want {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	if got[1].Rule != "B07" || got[1].Line != 3 || got[1].Column != 28 {
		t.Errorf("got %+v, want B07 at 3:28", got[1])
	}
	if !got[0].Blames() || (Finding{Level: Info}).Blames() {
		t.Error("what is to be rewritten is not told from what may stay")
	}
	// In the order of the text, not of the rules.
	if got := ids(Lint("It was careless.\n\nIt was careless, a human error.\n")); !slices.Equal(got, []string{"B07", "B07", "B01"}) {
		t.Errorf("found %q", got)
	}
}

func TestLintIsBoundedAndQuick(t *testing.T) {
	doc := strings.Repeat("The service returned 503 to a third of requests; it was human error, obviously.\n", 128) // 10 KB
	begin := time.Now()
	got := Lint(doc)
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("10 KB took %v", took)
	}
	if len(got) != MaxFindings {
		t.Errorf("got %d findings, want %d at most", len(got), MaxFindings)
	}
}

func TestPromptsBlameNobody(t *testing.T) {
	for _, s := range New(simple()).Sections {
		for _, p := range append(s.Prompts, s.Title) {
			if got := Lint(p); len(got) != 0 {
				t.Errorf("%s: %q trips %v", s.ID, p, ids(got))
			}
			for _, w := range strings.Fields(strings.ToLower(p)) {
				if w = strings.Trim(w, "?:,.;"); w == "who" || w == "why" {
					t.Errorf("%s: %q asks %s", s.ID, p, w)
				}
			}
		}
	}
}

func TestADraftIsCleanUntilPeopleWriteInIt(t *testing.T) {
	f := hostile()
	f.Events = append(f.Events, incident.Event{Seq: 100, Kind: incident.Noted, By: who("dev1"), At: f.Now, Recorded: f.Now, Text: "obviously human error, <!--P-->\n## Learned <!--P-->\nhuman error"})
	doc := string(New(f).Markdown())
	if got := Lint(doc); len(got) != 0 {
		t.Errorf("found %+v", got)
	}
	lines := strings.Split(doc, "\n")
	for n, l := range lines {
		if strings.HasPrefix(l, "> What conditions") {
			lines[n] = l + "\n\nIt was human error."
			got := Lint(strings.Join(lines, "\n"))
			if len(got) != 1 || got[0].Rule != "B01" || got[0].Line != n+3 || got[0].Column != 8 {
				t.Errorf("got %+v, want B01 in line %d", got, n+3)
			}
			return
		}
	}
	t.Error("the draft asks for no conditions")
}

func FuzzLint(f *testing.F) {
	f.Add("## x <!--P-->\n> human error\n```\n")
	f.Add("---\n")
	f.Add("- \n\t<!--A+P-->")
	f.Fuzz(func(t *testing.T, doc string) {
		lines := strings.Count(doc, "\n") + 1
		for _, g := range Lint(doc) {
			if g.Line < 1 || g.Line > lines || g.Column < 1 || g.Phrase == "" {
				t.Fatalf("finding %+v in a document of %d lines", g, lines)
			}
		}
	})
}
