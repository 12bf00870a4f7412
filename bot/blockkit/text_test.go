package blockkit

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	in := `<!channel> a & b &amp; <@U1> "q" 'r'`
	want := `&lt;!channel&gt; a &amp; b &amp;amp; &lt;@U1&gt; "q" 'r'`
	if got := Escape(in); got != want {
		t.Errorf("Escape = %q, want %q", got, want)
	}
	if got := Unescape(want); got != in {
		t.Errorf("Unescape = %q, want %q", got, in)
	}
}

func TestTruncate(t *testing.T) {
	for _, tt := range []struct {
		in    string
		limit int
		want  string
	}{
		{"hello", 5, "hello"},
		{"hello", 4, "hel…"},
		{"hello", 1, "…"},
		{"hello", 0, ""},
		{"hello", -3, ""},
		{"", 0, ""},
		{"äöüß", 3, "äö…"},
		{"🔥🔥🔥", 2, "🔥…"},
		{"a &amp; b", 8, "a &amp;…"},
		{"a &amp; b", 7, "a …"},
		{"a &amp; b", 4, "a …"},
		{"a &amp; b", 3, "a …"},
		{"x&lt;y", 4, "x…"},
		{"x&gt;y", 5, "x…"},
		{"see <https://example.com|the graph> now", 20, "see …"},
		{"see <https://example.com|the graph> now", 35, "see …"},
		{"see <https://example.com|the graph> now", 36, "see <https://example.com|the graph>…"},
		{"by <@U1>", 7, "by …"},
		{"<@U1> opened it", 9, "<@U1> op…"},
		{"a < b and then much more", 10, "a < b and…"},
		{"a &unknown; b", 6, "a &un…"},
	} {
		if got := Truncate(tt.in, tt.limit); got != tt.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"ordinary", "Zürich 東京 ok\n\tindented", "Zürich 東京 ok\n\tindented"},
		{"controls", "a\x00b\x1b[31mc\u0007\u009b", "ab[31mc"},
		{"line breaks", "a\r\nb\rc\u2028d\u2029e\u0085f", "a\nb\nc\nd\ne\nf"},
		{"override", "invoice\u202Egpj.exe\u202C", "invoicegpj.exe"},
		{"isolates", "\u2066a\u2069\u200Eb\u200Fc\u061C", "abc"},
		{"zero width", "pay\u200Bments\uFEFF\u2060\u00AD", "payments"},
		{"joiner in ASCII", "ad\u200Dmin\u200C", "admin"},
		{"fillers", "\u3164\u115F\u1160\uFFA0\u034F", ""},
		{"tags", "a\U000E0041\U000E007Fb", "ab"},
		{"family", "👩\u200D🚒", "👩\u200D🚒"},
		{"persian", "می\u200Cخواهم", "می\u200Cخواهم"},
		{"right to left", "שלום عليكم", "שלום عليكم"},
		{"invalid", "a\xffb", "a\uFFFDb"},
	} {
		if got := Plain(tt.in); got != tt.want {
			t.Errorf("%s: Plain(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"a & b", "<!channel>", "&amp;&lt;&gt;", "<https://x|y>", "\u202Eabc", "👩\u200D🚒", "\xff\xfe", "&am", "<<>>"} {
		f.Add(seed, 5)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		escaped := Escape(s)
		if strings.ContainsAny(escaped, "<>") {
			t.Fatalf("Escape(%q) = %q keeps a bracket", s, escaped)
		}
		if got := Unescape(escaped); got != s {
			t.Fatalf("Unescape(Escape(%q)) = %q", s, got)
		}
		cut := Truncate(escaped, limit)
		if n := utf8.RuneCountInString(cut); n > max(limit, 0) {
			t.Fatalf("Truncate(%q, %d) has %d characters", escaped, limit, n)
		}
		if cut != escaped && utf8.ValidString(s) {
			kept := strings.TrimSuffix(cut, "…")
			if !strings.HasPrefix(escaped, kept) || Escape(Unescape(kept)) != kept || !utf8.ValidString(cut) {
				t.Fatalf("Truncate(%q, %d) = %q breaks an entity or a rune", escaped, limit, cut)
			}
		}
		clean := Plain(s)
		if again := Plain(clean); again != clean {
			t.Fatalf("Plain is not stable: %q, then %q", clean, again)
		}
	})
}
