package configs

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is how much of a line is shown, in characters.
const maxLine = 120

// Explain writes problems for people: place and message, the line with a caret
// below the place, and what to do. Source is the configuration file as it was read;
// without it, and in other files, the lines are left out.
func Explain(problems Problems, file string, source []byte) string {
	text := strings.TrimPrefix(string(source), "\ufeff")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var b strings.Builder
	for i, p := range problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		suggestion := p.Suggestion
		p.Suggestion = ""
		fmt.Fprintln(&b, p)
		if p.File == file && p.Line > 0 && p.Line <= len(lines) && strings.TrimSpace(lines[p.Line-1]) != "" {
			excerpt(&b, p, lines[p.Line-1])
		}
		if suggestion != "" {
			fmt.Fprintf(&b, "    %s\n", suggestion)
		}
	}
	if e, w := len(problems.Errors()), len(problems.Warnings()); e+w > 1 {
		fmt.Fprintf(&b, "\n%s, %s\n", counted(e, "error"), counted(w, "warning"))
	}
	return b.String()
}

// Place is where a path such as "notify.twilio.from" stands in a file, or the nearest thing
// around it: line and column, from 1; zeros where the file has nothing of it.
func Place(source []byte, path string) (line, column int) {
	r := newReport("")
	if root := parseDocument(source, r); root != nil {
		decode(root, r, &Config{})
	}
	m := r.place(path)
	return m.line, m.column
}

// excerpt writes the line and a caret. Long lines are shown from a little before the
// place.
func excerpt(b *strings.Builder, p Problem, line string) {
	runes := []rune(strings.ToValidUTF8(line, "�"))
	column := min(max(p.Column-1, 0), len(runes))
	from := 0
	if column > maxLine-20 {
		from = column - 40
	}
	shown := string(runes[from:min(from+maxLine, len(runes))])
	before := string(runes[from:column])
	number := fmt.Sprintf("%4d | ", p.Line)
	blank := strings.Repeat(" ", utf8.RuneCountInString(number)-2) + "| "
	fmt.Fprintf(b, "%s%s\n%s%s^\n", number, withoutTokens(printable(shown)), blank, spaces(printable(before)))
}

// printable replaces what would disturb a terminal; tabs stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, s)
}

// spaces is as wide as the text on most terminals.
func spaces(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, s)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
