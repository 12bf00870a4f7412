package configs

import (
	"fmt"
	"slices"
	"strings"
)

// nearest is the candidate most like the word, or "" when none is close. Of equals the
// first in the alphabet is taken.
func nearest(word string, candidates []string) string {
	word = strings.ToLower(clip(word, 64))
	best, distance := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if len(c) > len(word)+distance || len(word) > len(c)+distance {
			continue
		}
		if d := editDistance(word, strings.ToLower(c)); d < distance || d == distance && best != "" && c < best {
			best, distance = c, d
		}
	}
	return best
}

// didYouMean suggests the nearest candidate, else it lists some of them.
func didYouMean(word string, candidates []string) string {
	if n := nearest(word, candidates); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if len(candidates) == 0 {
		return ""
	}
	return "known: " + some(candidates)
}

// some lists the first few of the candidates by name.
func some(candidates []string) string {
	const shown = 12
	sorted := slices.Sorted(slices.Values(candidates))
	if len(sorted) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(sorted[:shown], ", "), len(sorted)-shown)
	}
	return strings.Join(sorted, ", ")
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j-1]+cost, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// clip shortens text that is shown back to whoever wrote it.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
