package notify

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTextFromOutsideIsMadeHarmless(t *testing.T) {
	for _, c := range []struct{ in, line, lines string }{
		{"plain", "plain", "plain"},
		{"  a \t b  ", "a b", "a b"},
		{"a\r\nBcc: x@example.com\r\n\r\nbody", "a Bcc: x@example.com body", "a\nBcc: x@example.com\n\nbody"},
		{"a\n\n\n\nb\n", "a b", "a\n\nb"},
		{"a\u2028b\u2029c\rd", "a b c d", "a\nb\nc\nd"},
		{"x\u202Eevil\u2066y\u200Bz\uFEFF", "xevilyz", "xevilyz"},
		{"a\x00b\x1b[31mc\u0085d", "a b [31mc d", "a b [31mc d"},
		{"bad \xff\xfe utf8", "bad \uFFFD utf8", "bad \uFFFD utf8"},
		{"tags\U000E0041\U000E0042", "tags", "tags"},
		{"👩‍🚒️ ok", "👩🚒 ok", "👩🚒 ok"},
		{"no\uFFFFchar\U0001FFFEac\uFDD0ters\uE000", "nocharacters", "nocharacters"},
		{"", "", ""}, {"\n\n \t", "", ""},
	} {
		if got := line(c.in, 100); got != c.line {
			t.Errorf("line(%q) = %q, want %q", c.in, got, c.line)
		}
		if got := lines(c.in, 100); got != c.lines {
			t.Errorf("lines(%q) = %q, want %q", c.in, got, c.lines)
		}
	}
}

func TestTextIsCut(t *testing.T) {
	if got := line("äöüß und mehr", 6); got != "äöüß…" {
		t.Errorf("%q", got)
	}
	huge := strings.Repeat("ä\n", 5<<20) // 15 MB
	for range 1000 {
		if got := line(huge, 200); utf8.RuneCountInString(got) != 200 || !strings.HasSuffix(got, "…") {
			t.Fatalf("%d characters", utf8.RuneCountInString(got))
		}
	}
	if got := lines(strings.Repeat("\n", 10<<20), 200); got != "" {
		t.Errorf("%q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\r\nb\u202E", 10)
	f.Add(strings.Repeat("x", 300), 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + int(uint(limit)%500)
		for _, got := range []string{line(s, limit), lines(s, limit)} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
				t.Fatalf("%q of %d characters, limit %d", got, utf8.RuneCountInString(got), limit)
			}
			if strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
				t.Fatalf("%q", got)
			}
		}
		if got := line(s, limit); strings.Contains(got, "\n") || line(got, limit) != got {
			t.Fatalf("%q is not stable", got)
		}
	})
}

func TestLinksThatAreShown(t *testing.T) {
	for link, shown := range map[string]bool{
		"https://watchbill.example.com/ack/PAGE-7?k=1": true,
		"http://10.0.0.5:8080/ack":                     true,
		"javascript:alert(1)":                          false,
		"https://a.example.com/\r\nX: y":               false,
		"https://a.example.com/\u202Egnp.exe":          false,
		"https://a.example.com/\"><script>":            false,
		"//example.com/x":                              false,
		"mailto:a@example.com":                         false,
		"https://" + strings.Repeat("x", 2000):         false,
		"":                                             false,
	} {
		want := ""
		if shown {
			want = link
		}
		if got := (Message{Link: link}).link(); got != want {
			t.Errorf("%q: %q", link, got)
		}
	}
}

func TestAMessageAlwaysSaysSomething(t *testing.T) {
	m := Message{Page: "PAGE-7", Subject: "only a subject"}
	if m.short() != "only a subject" || m.long() != "only a subject" || !m.urgent() || m.answer() != "Acknowledge PAGE-7 in Slack." {
		t.Errorf("%q %q %q", m.short(), m.long(), m.answer())
	}
	m = Message{Short: "only short", Urgency: Low, Answer: "Ask\nPete."}
	if m.subject() != "only short" || m.urgent() || m.answer() != "Ask Pete." {
		t.Errorf("%q %q", m.subject(), m.answer())
	}
}
