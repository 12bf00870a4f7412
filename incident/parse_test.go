package incident

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseSeverity(t *testing.T) {
	for in, want := range map[string]Severity{
		"1": 1, "4": 4, "sev2": 2, "SEV-3": 3, " Sev 1 ": 1, "sev-1": 1,
		"": 0, "0": 0, "5": 0, "-1": 0, "+1": 0, "- 2": 0, "sev+1": 0, "sev": 0, "sev12": 0, "two": 0, "1.5": 0, "99999999999999999999": 0, "١": 0,
	} {
		got, err := ParseSeverity(in)
		var e *Error
		if got != want || (want == 0) != errors.As(err, &e) {
			t.Errorf("ParseSeverity(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for s, want := range map[Severity]bool{0: false, 1: true, 2: true, 3: true, 4: false, 5: false} {
		if s.Pages() != want {
			t.Errorf("%s pages: %v, want %v", s, s.Pages(), want)
		}
	}
	if got := Severity(2).String(); got != "SEV2" {
		t.Errorf("got %s", got)
	}
}

func FuzzParseSeverity(f *testing.F) {
	for _, s := range []string{"sev2", "SEV-1", "--", "sev sev 1", "\x00", "４"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseSeverity(s)
		if (err == nil) != (got >= 1 && got <= 4) {
			t.Fatalf("ParseSeverity(%q) = %d, %v", s, got, err)
		}
		if err != nil && len([]rune(err.Error())) > 600 {
			t.Fatalf("the refusal of %d bytes has %d characters", len(s), len([]rune(err.Error())))
		}
	})
}

func TestChannelName(t *testing.T) {
	long := strings.Repeat("abcdefghi ", 20)
	for _, c := range []struct{ id, title, want string }{
		{"INC-42", "checkout errors", "inc-42-checkout-errors"},
		{"INC-42", "  Checkout: 503s!! (eu-west) ", "inc-42-checkout-503s-eu-west"},
		{"INC-42", "", "inc-42"},
		{"INC-42", "ошибка 🎉", "inc-42"},
		{"INC-42", "<!channel> & @here", "inc-42-channel-here"},
		{"INC-42", long, "inc-42-" + strings.TrimSuffix(strings.Repeat("abcdefghi-", 6), "-")},
		{"INC-42", strings.Repeat("a", 100), "inc-42-" + strings.Repeat("a", 60)},
		{"INC-42", "a " + strings.Repeat("b", 100), "inc-42-a-" + strings.Repeat("b", 58)},
		{"42", "x", "inc-42-x"},
	} {
		if got := ChannelName("inc-", c.id, c.title); got != c.want {
			t.Errorf("ChannelName(%q, %q) = %q, want %q", c.id, c.title, got, c.want)
		}
	}
}

var slackName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func FuzzChannelName(f *testing.F) {
	for _, s := range []string{"checkout returns 503", "İstanbul", "K", "---", strings.Repeat("a-", 50), "\xff", strings.Repeat("x", 59) + " y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		got := ChannelName("inc-", "INC-1", title)
		if len(got) > 80 || !slackName.MatchString(got) || !strings.HasPrefix(got, "inc-1") {
			t.Fatalf("ChannelName(%q) = %q", title, got)
		}
	})
}

func TestTimeOfTS(t *testing.T) {
	got, err := TimeOfTS("1700000000.000100")
	if want := time.Date(2023, 11, 14, 22, 13, 20, 100_000, time.UTC); err != nil || !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := TimeOfTS("17179869184.000000"); err != nil {
		t.Errorf("the last second that is taken: %v", err)
	}
	for _, s := range []string{"17179869185.000000", "", ".", "1700000000", "1700000000.", "1700000000.0001", "1700000000.0001000", "0.000000", "-5.000000", "+1700000000.000100",
		"1700000000.-00001", "1700000000.000100 ", "1700000000.00010x", "99999999999.000000", "99999999999999999999.000000", "1e9.000000", "1700000000.+00100"} {
		if got, err := TimeOfTS(s); err == nil {
			t.Errorf("TimeOfTS(%q) = %v, want it refused", s, got)
		}
	}
}

func FuzzTimeOfTS(f *testing.F) {
	f.Add("1700000000.000100")
	f.Add("1.2")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := TimeOfTS(s)
		if err != nil {
			if n := utf8.RuneCountInString(err.Error()); n > 500 {
				t.Fatalf("the refusal has %d characters", n)
			}
			return
		}
		if !regexp.MustCompile(`^[0-9]{1,11}\.[0-9]{6}$`).MatchString(s) || at.Unix() <= 0 || at.Year() > 2600 {
			t.Fatalf("TimeOfTS(%q) = %v", s, at)
		}
	})
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"ab cd", 4, "ab…"}, {"éééé", 3, "éé…"}, {"", 3, ""}} {
		if got := Clip(c.in, c.max); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}
