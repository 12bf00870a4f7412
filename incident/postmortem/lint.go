package postmortem

import (
	"cmp"
	_ "embed" // the rules
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Level says how much a finding weighs.
type Level string

// The levels of a finding.
const (
	Info Level = "info" // a side note
	Warn Level = "warn" // to be rewritten, or kept with a reason, before a review
)

// Finding is a phrase that blames, and what to write instead.
type Finding struct {
	Rule  string `json:"rule"`
	Level Level  `json:"level"`
	// Line and Column (in characters) count from 1.
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	Phrase    string `json:"phrase"`
	Rewording string `json:"rewording"`
}

// Blames says whether the phrase is to be rewritten, or kept with a reason.
func (f Finding) Blames() bool { return f.Level == Warn }

type rule struct {
	id        string
	level     Level
	re        *regexp.Regexp
	rewording string
}

//go:embed blame_rules.tsv
var rulesTSV string

// rules reads the embedded rules once. They are part of the program: a broken
// line is a broken build, which the tests find.
var rules = sync.OnceValue(func() []rule {
	list, err := readRules(rulesTSV)
	if err != nil {
		panic(err)
	}
	return list
})

// readRules reads rules from lines of: id, category, level, expression (RE2),
// example, rewording, separated by tabs, below one line of headings.
func readRules(tsv string) ([]rule, error) {
	var list []rule
	for n, l := range strings.Split(strings.TrimRight(tsv, "\n"), "\n") {
		f := strings.Split(l, "\t")
		if n == 0 {
			continue
		}
		if len(f) != 6 {
			return nil, fmt.Errorf("read blame rule in line %d: %d columns, want 6", n+1, len(f))
		}
		re, err := regexp.Compile(f[3])
		if err != nil {
			return nil, fmt.Errorf("read blame rule %s: %w", f[0], err)
		}
		list = append(list, rule{f[0], Level(f[2]), re, f[5]})
	}
	return list, nil
}

// MaxFindings is how many findings Lint gives at most.
const MaxFindings = 200

// Lint finds words that blame in what people wrote: in a document with the
// markers of Draft.Markdown its human sections, in any other all of it. Code,
// quotations, HTML comments and addresses are left out. Findings are in the order
// of the text.
func Lint(doc string) []Finding {
	text := written(doc)
	joined := join(text)
	var out []Finding
	for _, r := range rules() {
		for _, m := range r.re.FindAllStringIndex(joined, MaxFindings) {
			phrase := strings.TrimLeft(joined[m[0]:m[1]], " \t\n")
			at := m[1] - len(phrase)
			start := strings.LastIndexByte(text[:at], '\n') + 1
			out = append(out, Finding{r.id, r.level, 1 + strings.Count(text[:at], "\n"), 1 + utf8.RuneCountInString(text[start:at]), strings.TrimSpace(phrase), r.rewording})
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return out[:min(len(out), MaxFindings)]
}

var (
	marker   = regexp.MustCompile(`^(?:#{1,6} .*[^\\])?<!--(A|P|A\+P)-->\s*$`)
	fence    = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})")
	codeSpan = regexp.MustCompile("`+[^`\n]+`+")
	link     = regexp.MustCompile(`(?:https?|ftp)://[^\s<>)\]]+|\bwww\.[^\s<>)\]]+`)
	comment  = regexp.MustCompile(`<!--.*?-->`)
	// starts is what begins a block of its own and continues no paragraph.
	starts = regexp.MustCompile(`^\s*(?:$|[-*+] |\d+[.)] |#|>|\|)`)
	listed = regexp.MustCompile(`^\s*(?:[-*+]|\d+[.)]) `)
	// typed are characters that editors put for those in the rules.
	typed = strings.NewReplacer("\r\n", "\n", "’", "'", "\u00a0", " ", "\u202f", " ")
)

// join puts the lines of a paragraph on one line, so that a phrase may run over
// the end of a line; every character keeps its place.
func join(text string) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for n, l := range lines {
		if n > 0 && (starts.MatchString(l) || strings.TrimSpace(lines[n-1]) == "" || strings.HasPrefix(lines[n-1], "#")) {
			b.WriteByte('\n')
		} else if n > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String()
}

// written is the document with everything blanked out that people did not write,
// or wrote as a quotation or code; lines and columns stay as they are.
func written(doc string) string {
	lines := strings.Split(typed.Replace(doc), "\n")
	w := writer{human: true, front: lines[0] == "---"}
	for n, l := range lines {
		if n > 0 && w.front {
			w.front = l != "---"
			lines[n] = ""
			continue
		}
		if w.front || !w.keeps(l) {
			lines[n] = ""
			continue
		}
		for _, re := range []*regexp.Regexp{codeSpan, comment, link} {
			l = re.ReplaceAllStringFunc(l, func(s string) string { return strings.Repeat("\u2007", utf8.RuneCountInString(s)) })
		}
		lines[n] = l
	}
	return strings.Join(lines, "\n")
}

// writer follows a document line by line and knows whose words a line is.
type writer struct {
	front bool   // within the front matter
	human bool   // within a part that people write
	fence string // the fence of the code block it is in
	list  bool   // the paragraph before belongs to a list
	text  bool   // the line before was text, so that an indented one continues it
}

// keeps says whether the line is what people wrote in words of their own.
func (w *writer) keeps(l string) bool {
	if m := fence.FindStringSubmatch(l); m != nil {
		switch {
		case w.fence == "":
			w.fence = m[1]
		case m[1][0] == w.fence[0] && len(m[1]) >= len(w.fence):
			w.fence = ""
		}
		return false
	}
	if w.fence != "" {
		return false
	}
	if m := marker.FindStringSubmatch(l); m != nil {
		w.human = m[1] == string(Human)
		return false
	}
	indented := strings.HasPrefix(l, "    ") || strings.HasPrefix(l, "\t")
	switch {
	case strings.TrimSpace(l) == "":
		w.text = false
	case listed.MatchString(l) && (!indented || w.list):
		w.list, w.text = true, true
	case indented && !w.list && !w.text:
		return false // a block of code
	default:
		w.list, w.text = w.list && (indented || w.text), true
	}
	return w.human && !strings.HasPrefix(strings.TrimLeft(l, " "), ">")
}
