package postmortem

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clean makes text printable: valid UTF-8, line feeds as the only control
// character, and none of the marks that turn the direction of what follows.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// oneLine is clean text on one line; the ends of lines stay visible.
func oneLine(s string) string {
	lines := strings.Split(clean(s), "\n")
	out := lines[:0]
	for _, l := range lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, " ↵ ")
}

// markdown escapes text for a line of Markdown: nothing in it is read as markup,
// as HTML, as a link or as the end of a table's cell (CommonMark §2.4, GFM §6.9).
func markdown(s string) string {
	s = oneLine(s)
	var b strings.Builder
	for n, c := range s {
		if special(s[:n], c, s[n+utf8.RuneLen(c):]) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// special says whether the character would be read as markup where it stands.
func special(before string, c rune, after string) bool {
	switch c {
	case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '$', '@':
		return true
	case '#', '+', '-', '=': // only at the beginning of a line
		return before == ""
	case '.', ')': // an item of a list, or a bare address
		return len(before) < 10 && before != "" && strings.Trim(before, "0123456789") == "" ||
			c == '.' && strings.HasSuffix(strings.ToLower(before), "www")
	case ':': // a bare address
		last, _ := utf8.DecodeLastRuneInString(before)
		return unicode.IsLetter(last) && after != "" && after[0] != ' '
	}
	return false
}

// yaml writes text as a double-quoted scalar: JSON's strings are YAML's.
func yaml(s string) string {
	var b strings.Builder
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(oneLine(s)); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// safeURL returns the address if it is one that a reader may follow, in the
// characters that end no link and no cell; else nothing.
func safeURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	out := u.String()
	for _, c := range out {
		if c <= ' ' || c > '~' || strings.ContainsRune("<>\"\\^`{|}", c) {
			return ""
		}
	}
	return strings.NewReplacer("(", "%28", ")", "%29", "'", "%27", "*", "%2A").Replace(out)
}

// stamp is a time as drafts write it: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// span is a length of time, cut to seconds, with days as "3d".
func span(d time.Duration) string {
	if d < 0 {
		return "unknown"
	}
	switch {
	case d == 0:
		return "0s"
	case d < time.Second:
		return "less than 1s"
	}
	var b strings.Builder
	left := int64(d / time.Second)
	for _, u := range []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}} {
		if n := left / u.size; n > 0 {
			b.WriteString(strconv.FormatInt(n, 10) + u.name)
			left -= n * u.size
		}
	}
	return b.String()
}

// times says a number of things.
func times(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
