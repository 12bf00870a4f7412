package oncall

import "strings"

// nearestZone suggests an IANA name for something that is none.
func nearestZone(name string) string {
	names := ZoneNames()
	want := strings.ToLower(strings.ReplaceAll(name, " ", "_"))
	for _, n := range names {
		lower := strings.ToLower(n)
		if lower == want || strings.HasSuffix(lower, "/"+want) {
			return n
		}
	}
	if iana, ok := windowsZones[name]; ok {
		return iana
	}
	return nearest(name, names)
}

// nearest is the candidate most like the word, or "" when none is close.
func nearest(word string, candidates []string) string {
	word = strings.ToLower(truncate(word, 64))
	best, distance := "", max(2, len(word)/4)+1
	for _, c := range candidates {
		if len(c)-len(word) >= distance || len(word)-len(c) >= distance {
			continue
		}
		if d := editDistance(word, strings.ToLower(c)); d < distance || d == distance && best != "" && c < best {
			best, distance = c, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
