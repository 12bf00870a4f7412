package oncall

import (
	"strings"
	"unicode"
)

// Blank says whether a text shows nothing: all of it is spaces, marks without a letter,
// and characters that have no form.
func Blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && r != '\u2800'
	})
}
