package incident

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// alikeWithin is how long two incidents of one service may lie apart to look like one.
const alikeWithin = time.Hour

// Alike says whether two incidents may be one outage that two people have declared: their
// titles say much the same, or they are of one service and were declared at about the same
// time. Those of two services are only if their titles are the same.
func Alike(a, b Incident) bool {
	same := strings.EqualFold(oneLine(a.Title), oneLine(b.Title))
	switch {
	case same:
		return true
	case a.Service != "" && a.Service == b.Service:
		return a.Declared.Sub(b.Declared).Abs() <= alikeWithin || sayAlike(a.Title, b.Title)
	case a.Service != "" && b.Service != "":
		return false
	}
	return sayAlike(a.Title, b.Title)
}

// sayAlike says whether two titles share two thirds of the words of the shorter one, those
// aside that stand in any title.
func sayAlike(a, b string) bool {
	short, long := telling(a), telling(b)
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(short) == 0 {
		return false
	}
	shared := 0
	for _, w := range short {
		if slices.ContainsFunc(long, func(v string) bool { return sameWord(w, v) }) {
			shared++
		}
	}
	return 3*shared >= 2*len(short)
}

// telling are the words of a title that say what is broken, each once.
func telling(title string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(Clip(title, MaxTitle)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !slices.Contains(inAnyTitle, w) && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

var inAnyTitle = strings.Fields(`a all an and are at be broken by down error errors fail failed failing fails for from has have high in is issue issues it its
	no not of off on or our outage problem problems return returning returns slow some the to unavailable was we with`)

// sameWord says whether two words are one in two forms: they have the first two thirds of
// the longer one in common.
func sameWord(a, b string) bool {
	x, y := []rune(a), []rune(b)
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return a == b || n >= 3 && 3*n >= 2*max(len(x), len(y))
}
