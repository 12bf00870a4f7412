package postmortem

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/incident"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\u2028d\u2029e": "a\nb\nc\nd\ne", "a\tb": "a b", "\x00a\x1b[0m\x7f\u0085b": "a[0mb", "שלום": "שלום", "\xffx": "\uFFFDx", "  x \n ": "x",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	for _, r := range []rune{0x202A, 0x202B, 0x202E, 0x2066, 0x2068, 0x2069, 0xFEFF, 0, 0x1B, 0x7F, 0x9F} {
		if got := clean("a" + string(r) + "b"); got != "ab" {
			t.Errorf("clean leaves %U: %q", r, got)
		}
	}
	for _, r := range []rune{0x2027, 0x202F, 0x2065, 0x206A, 0x200D} {
		if got := clean("a" + string(r) + "b"); got == "ab" {
			t.Errorf("clean takes %U out", r)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"# x": `\# x`, "x # y": "x # y", "- x": `\- x`, "x - y": "x - y", "+ x": `\+ x`, "= x": `\= x`,
		"1. x": `1\. x`, "12) x": `12\) x`, "123456789. x": `123456789\. x`, "1234567890. x": "1234567890. x", "a 1. x": "a 1. x", "(503)": "(503)",
		"a_b*c`d[e]f<g>h|i~j&k$l@m\\n": "a\\_b\\*c\\`d\\[e\\]f\\<g\\>h\\|i\\~j\\&k\\$l\\@m\\\\n",
		"https://x.example":            `https\://x.example`, "mailto:a": `mailto\:a`, "note: x": "note: x", "at 14:05": "at 14:05", "x:": "x:",
		"www.x.example": `www\.x.example`, "WWW.x": `WWW\.x`, "ww.x": "ww.x",
		"two\nlines": "two ↵ lines", "a \n\n  b ": "a ↵ b", "": "",
	} {
		if got := markdown(in); got != want {
			t.Errorf("markdown(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTheTimeToAnAnswer(t *testing.T) {
	for _, c := range []struct {
		first, answered time.Time
		want            time.Duration
		known           bool
	}{
		{start, start.Add(time.Minute), time.Minute, true}, {start, start, 0, true}, {start, start.Add(-time.Second), 0, false},
		{time.Time{}, start, 0, false}, {start, time.Time{}, 0, false}, {time.Time{}, time.Time{}, 0, false},
	} {
		got, known := toAnswer(PageFacts{FirstNotice: c.first, Answered: c.answered})
		if got != c.want || known != c.known {
			t.Errorf("from %v to %v: %v, %v, want %v, %v", c.first, c.answered, got, known, c.want, c.known)
		}
	}
}

func TestTheTeamsOfAService(t *testing.T) {
	for _, c := range []struct{ owner, sre, want string }{
		{"checkout-dev", "sre-core", "Service: checkout (owned by checkout-dev, with sre-core)\n"},
		{"checkout-dev", "", "Service: checkout (owned by checkout-dev)\n"}, {"", "sre-core", "Service: checkout\n"}, {"", "", "Service: checkout\n"},
	} {
		f := simple()
		f.Services = []Service{{Name: "other", Owner: "o", SRE: "s"}, {Name: "checkout", Owner: c.owner, SRE: c.sre}}
		if got := string(New(f).Markdown()); !strings.Contains(got, c.want) {
			t.Errorf("owner %q and SRE %q: want %q in\n%s", c.owner, c.sre, c.want, got[:1200])
		}
	}
}

func TestAPageWithoutNoticesHasNoTableOfThem(t *testing.T) {
	f := simple()
	f.Pages[0].Notices, f.Pages[0].Sent = nil, 0
	if got := string(New(f).Markdown()); strings.Contains(got, "what became of it") || strings.Contains(got, "more were sent") {
		t.Errorf("got:\n%s", got)
	}
}

func TestThePeakIsTheWorstItEverWas(t *testing.T) {
	s := begin("x", "")
	for _, sev := range []incident.Severity{3, 1, 4} {
		s.do(incident.SetSeverity{By: who("dev1"), Severity: sev})
	}
	if d := New(s.facts()); d.SeverityPeak != "SEV1" || d.SeverityEnd != "SEV4" {
		t.Errorf("got %s at its worst and %s at the end", d.SeverityPeak, d.SeverityEnd)
	}
}

func TestGapsAreShownFromTenMinutesOn(t *testing.T) {
	for d, want := range map[time.Duration]bool{Gap - time.Microsecond: false, Gap: true} {
		s := begin("x", "").after(d).do(incident.Note{By: who("dev1"), Text: "x"})
		if got := strings.Contains(string(New(s.facts()).Markdown()), "without an event"); got != want {
			t.Errorf("a silence of %v is shown: %v, want %v", d, got, want)
		}
	}
}
