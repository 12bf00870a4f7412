package alert

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write what is read from the payloads anew")

// TestPayloads compares what is read from each payload in testdata with the golden
// file beside it. The README there says where each is from.
func TestPayloads(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, ".signals.json") {
			continue
		}
		source, _, _ := strings.Cut(filepath.Base(file), "_")
		used[source] = true
		if !strings.Contains(string(readme), "`"+filepath.Base(file)+"`") {
			t.Errorf("the README does not say where %s is from", file)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			signals, err := Decode(source, Options{}, read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".json")+".signals.json", signals)
		})
	}
	for _, source := range Sources() {
		if !used[source] {
			t.Errorf("no payload of %s is tested", source)
		}
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func golden(t *testing.T, file string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, file); string(got) != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// one decodes a payload of one alert.
func one(t *testing.T, source, body string) Signal {
	t.Helper()
	signals, err := Decode(source, Options{}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(signals) != 1 {
		t.Fatalf("got %d signals, want 1", len(signals))
	}
	return signals[0]
}

// TestRefusals reads aloud what a sender gets to see.
func TestRefusals(t *testing.T) {
	tests := []struct{ source, body, want string }{
		{"nagios", "{}", `There is no source "nagios". There are: ` + strings.Join(Sources(), ", ") + "."},
		{"generic", "", "The body is empty. Send it as JSON."},
		{"generic", " \n\ufeff ", "The body is empty. Send it as JSON."},
		{"generic", "disk full", "The body is not JSON: a value is expected at byte 1."},
		{"generic", `{"title": "x"`, "The JSON ends in the middle, after 13 bytes."},
		{"generic", `{"title": "x"} {}`, "The body is not JSON: something follows the end of the value at byte 16."},
		{"generic", `{}`, `Alert 1 of the body has no title. Send at least {"title": "What is wrong"}.`},
		{"generic", `null`, `Alert 1 of the body has no title. Send at least {"title": "What is wrong"}.`},
		{"generic", `[{"title": "x"}, {"title": " \n "}]`, `Alert 2 of the body has no title. Send at least {"title": "What is wrong"}.`},
		{"generic", `"x"`, "The body must be an object, not text (byte 1)."},
		{"generic", `{"title": {"en": "x"}}`, "The field title must be text, not an object (byte 11)."},
		{"generic", `{"title": "x", "labels": ["a"]}`, "The field labels must be an object, not a list (byte 26)."},
		{"generic", `{"title": "x", "labels": {"a": {"b": 1}}}`, "The field labels.a must be text, not an object (byte 32)."},
		{"generic", `{"title": "x", "status": "burning"}`, `The status of alert 1 must be "firing" or "resolved", not "burning".`},
		{"alertmanager", `{}`, "This is not the payload of Alertmanager's webhook: it has no list alerts. Check the integration's source."},
		{"alertmanager", `[]`, "The body must be an object, not a list (byte 1)."},
		{"alertmanager", `{"alerts": {}}`, "The field alerts must be a list, not an object (byte 12)."},
		{"alertmanager", `{"alerts": [{"labels": {"a": 1}}]}`, "The field alerts[0].labels.a must be text, not a number (byte 30)."},
		{"grafana", `{"ruleName": "x", "state": "alerting", "evalMatches": []}`, "This is the webhook of Grafana's legacy alerting. Use a contact point of unified alerting, which Grafana has since version 8."},
		{"grafana", `{"title": "x"}`, "This is not the payload of Grafana's webhook: it has no list alerts. Check the integration's source."},
		{"pagerduty", `{"event_action": "fire"}`, `event_action must be "trigger", "acknowledge" or "resolve", not "fire".`},
		{"pagerduty", `{"event_action": "trigger", "payload": {"source": "x"}}`, "payload.summary is missing: it is the title of the alert."},
		{"pagerduty", `{"event_action": "resolve"}`, "dedup_key is missing: it says which alert to resolve."},
		{"pagerduty", `{"event_action": "trigger", "payload": []}`, "The field payload must be an object, not a list (byte 40)."},
		{"alertmanager", `{"truncatedAlerts": "3"}`, "The field truncatedAlerts must be a number, not text (byte 21)."},
		{"alertmanager", `{"truncatedAlerts": 0.5}`, "The field truncatedAlerts must be a whole number."},
		{"alertmanager", `{"alerts": [{"labels": {"a": "b"}, "annotations": {"x": [}}]}`, "The field alerts[0].annotations.x must be text, not a list (byte 57)."},
		{"alertmanager", `{"alerts": [null]}`, "alerts[0] is empty: it has neither labels nor annotations."},
		{"alertmanager", `{"alerts": [{"status": "pending", "labels": {"a": "b"}}]}`, `The status of alerts[0] must be "firing" or "resolved", not "pending".`},
		{"alertmanager", `{"alerts": [{"labels": {"a": "b"}}]}`, `The status of alerts[0] must be "firing" or "resolved", not "".`},
		{"alertmanager", strings.Repeat("[", 200_000), "The body must be an object, not a list (byte 1)."},
		{"generic", `{"x":` + strings.Repeat(`{"a":`, 100_000), "The body is nested more than 100 deep."},
	}
	for _, tt := range tests {
		_, err := Decode(tt.source, Options{}, []byte(tt.body))
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%s %.80s: got %T %v, want an *Error", tt.source, tt.body, err, err)
		} else if refusal.Message != tt.want {
			t.Errorf("%s %.80s\ngot:  %s\nwant: %s", tt.source, tt.body, refusal.Message, tt.want)
		}
	}
}

func TestSizes(t *testing.T) {
	padded := func(n int) []byte {
		head, tail := `{"title": "x", "description": "`, `"}`
		return []byte(head + strings.Repeat("x", n-len(head)-len(tail)) + tail)
	}
	signals, err := Decode("generic", Options{}, padded(MaxBody))
	if err != nil || len(signals[0].Description) > MaxDescription {
		t.Errorf("a body of %d bytes: %v", MaxBody, err)
	}
	if want := "The description was cut; it has 1048543 bytes."; !slices.Contains(signals[0].Notes, want) {
		t.Errorf("got notes %q, want %q", signals[0].Notes, want)
	}
	_, err = Decode("generic", Options{}, padded(MaxBody+1))
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != TooLarge {
		t.Errorf("one byte more: got %v, want it too large", err)
	}
	for _, n := range []int{0, MaxSignals} {
		list := "[" + strings.TrimSuffix(strings.Repeat(`{"title":"x"},`, n), ",") + "]"
		if signals, err := Decode("generic", Options{}, []byte(list)); err != nil || len(signals) != n {
			t.Errorf("%d alerts: got %d and %v", n, len(signals), err)
		}
	}
	list := "[" + strings.TrimSuffix(strings.Repeat(`{"title":"x"},`, MaxSignals+1), ",") + "]"
	if _, err := Decode("generic", Options{}, []byte(list)); !errors.As(err, &refusal) || refusal.Code != TooLarge {
		t.Errorf("%d alerts: got %v, want it too large", MaxSignals+1, err)
	}
	if signals, err := Decode("alertmanager", Options{}, []byte(`{"alerts":[]}`)); err != nil || len(signals) != 0 {
		t.Errorf("no alerts: got %d and %v", len(signals), err)
	}
}

// TestVeryManyLabels fills a body with labels: the known ones are kept, the rest is
// counted, and alerts that differ only in what was left out stay different.
func TestVeryManyLabels(t *testing.T) {
	body := func(last string) string {
		var b strings.Builder
		b.WriteString(`{"title":"x","labels":{`)
		for i := range 60_000 {
			fmt.Fprintf(&b, `"a%05d":"%d",`, i, i%10)
		}
		b.WriteString(`"z":"` + last + `","service":"checkout"}}`)
		return b.String()
	}
	s := one(t, "generic", body("1"))
	if len(s.Labels) != MaxLabels || s.Labels["service"] != "checkout" || s.Labels["a00000"] != "0" {
		t.Errorf("got %d labels: %v", len(s.Labels), s.Labels)
	}
	if want := []string{"59938 of 60002 labels were left out."}; !slices.Equal(s.Notes, want) {
		t.Errorf("got notes %q, want %q", s.Notes, want)
	}
	if other := one(t, "generic", body("2")); other.Key == s.Key {
		t.Error("two alerts have one key")
	}
}

// TestMended checks what is kept, and how.
func TestMended(t *testing.T) {
	tests := []struct {
		name, source, body string
		check              func(Signal) bool
		notes              []string
	}{
		{"invalid UTF-8", "generic", "{\"title\": \"caf\xe9\"}", func(s Signal) bool { return s.Title == "caf\ufffd" }, nil},
		{"mentions and markup", "generic", `{"title": "<!channel> *x* <@U1> & <http://a|b>"}`, func(s Signal) bool { return s.Title == "<!channel> *x* <@U1> & <http://a|b>" }, nil},
		{"title of lines", "generic", `{"title": "a\nb\t\u0000\u2028c "}`, func(s Signal) bool { return s.Title == "a b c" }, nil},
		{"description of lines", "generic", `{"title": "x", "description": " a\r\nb\u0007\tc\n"}`, func(s Signal) bool { return s.Description == "a\nb\tc" }, nil},
		{"long title", "generic", `{"title": "` + strings.Repeat("ü", 400) + `"}`, func(s Signal) bool { return len(s.Title) <= MaxTitle && strings.HasSuffix(s.Title, "ü…") },
			[]string{"The title was cut; it has 800 bytes."}},
		{"unknown severity", "generic", `{"title": "x", "severity": "apocalyptic"}`, func(s Signal) bool { return s.Severity == "" && s.Severity.Pages() },
			[]string{`The severity "apocalyptic" is not known; it counts as error.`}},
		{"severity of others", "generic", `{"title": "x", "severity": "P1"}`, func(s Signal) bool { return s.Severity == SeverityCritical }, nil},
		{"script for a link", "generic", `{"title": "x", "url": "javascript:alert(1)"}`, func(s Signal) bool { return s.Links == nil },
			[]string{`A link was left out: "javascript:alert(1)" does not begin with http:// or https://.`}},
		{"link without host", "generic", `{"title": "x", "url": "https:///x"}`, func(s Signal) bool { return s.Links == nil },
			[]string{`A link was left out: "https:///x" names no host.`}},
		{"link with a password", "generic", `{"title": "x", "url": "https://me:secret@example.com/a?b=c@d"}`, func(s Signal) bool { return s.Links[0].URL == "https://example.com/a?b=c@d" },
			[]string{"A name or password was taken out of a link."}},
		{"link with an at sign", "generic", `{"title": "x", "url": "https://example.com?b=c@d"}`, func(s Signal) bool { return s.Links[0].URL == "https://example.com?b=c@d" }, nil},
		{"link that breaks out", "generic", `{"title": "x", "url": "https://example.com/a|b> <!here>"}`, func(s Signal) bool { return s.Links[0].URL == "https://example.com/a%7Cb%3E%20%3C!here%3E" }, nil},
		{"link that is too long", "generic", `{"title": "x", "url": "https://example.com/` + strings.Repeat("x", MaxURL) + `"}`, func(s Signal) bool { return s.Links == nil },
			[]string{`A link was left out: "https://example.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is longer than 2048 bytes.`}},
		{"more links than fit", "pagerduty", `{"event_action": "trigger", "payload": {"summary": "x"}, "links": [` + strings.TrimSuffix(`{"href": "https://a"}, {"href": "https://a"}, `+links(20), ", ") + `]}`,
			func(s Signal) bool { return len(s.Links) == MaxLinks }, []string{"There are more than 12 links; the rest was left out."}},
		{"long label", "generic", `{"title": "x", "labels": {"a": "` + strings.Repeat("é", 600) + `", "b\n": "c\u0001d"}}`,
			func(s Signal) bool { return len(s.Labels["a"]) <= MaxLabelValue && s.Labels["b"] == "cd" }, []string{"1 labels were cut to 1024 bytes."}},
		{"a count beyond measure", "pagerduty", `{"event_action": "trigger", "payload": {"summary": "x", "custom_details": {"num_firing": "999999999999"}}}`, func(s Signal) bool { return s.Count == MaxCount }, nil},
		{"resolve without a fire", "generic", `{"title": "x", "status": "Resolved"}`, func(s Signal) bool { return s.Status == Resolved }, nil},
		{"long fingerprint", "generic", `{"title": "x", "fingerprint": "` + strings.Repeat("f", 300) + `"}`, func(s Signal) bool { return len(s.Key) <= MaxKey && strings.Contains(s.Key, "…#") }, nil},
		{"no summary", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"alertname": "Watchdog"}}]}`, func(s Signal) bool { return s.Title == "Watchdog" && len(s.Key) == 32 }, nil},
		{"a name that shows nothing", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"alertname": "\u200b\u202e"}}]}`, func(s Signal) bool { return s.Title == "Alert without a title" }, nil},
		{"no name at all", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"a": "b"}}]}`, func(s Signal) bool { return s.Title == "Alert without a title" }, nil},
		{"a clock in the year 1", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"a": "b"}, "startsAt": "0001-01-01T00:00:00Z"}]}`, func(s Signal) bool { return s.Starts.IsZero() }, nil},
		{"an end that is not over", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"a": "b"}, "endsAt": "2026-03-01T09:00:00Z"}]}`, func(s Signal) bool { return s.Ends.IsZero() }, nil},
		{"a clock before time", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"a": "b"}, "startsAt": "1931-01-01T00:00:00Z"}]}`, func(s Signal) bool { return s.Starts.IsZero() },
			[]string{`startsAt was left out: "1931-01-01T00:00:00Z" is not a time such as 2026-03-01T09:00:00Z.`}},
		{"negative year", "alertmanager", `{"status": "resolved", "alerts": [{"labels": {"a": "b"}, "endsAt": "-0044-03-15T00:00:00Z"}]}`, func(s Signal) bool { return s.Ends.IsZero() },
			[]string{`endsAt was left out: "-0044-03-15T00:00:00Z" is not a time such as 2026-03-01T09:00:00Z.`}},
		{"a clock of another zone", "alertmanager", `{"status": "firing", "alerts": [{"labels": {"a": "b"}, "startsAt": "2026-03-01T09:00:00.123456789+01:00"}]}`,
			func(s Signal) bool { return s.Starts == time.Date(2026, 3, 1, 8, 0, 0, 123456000, time.UTC) }, nil},
	}
	for _, tt := range tests {
		s := one(t, tt.source, tt.body)
		if !tt.check(s) {
			t.Errorf("%s: got %+v", tt.name, s)
		}
		if !slices.Equal(s.Notes, tt.notes) {
			t.Errorf("%s: got notes %q, want %q", tt.name, s.Notes, tt.notes)
		}
	}
}

func links(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"href": "https://example.com/%d", "text": "x"}, `, i)
	}
	return b.String()
}

func TestDetect(t *testing.T) {
	for file, want := range map[string]string{
		"alertmanager_firing": SourceAlertmanager, "grafana_firing": SourceGrafana, "pagerduty_trigger": SourcePagerDuty, "generic_full": SourceGeneric, "generic_list": SourceGeneric,
	} {
		if got := Detect(read(t, "testdata/"+file+".json")); got != want {
			t.Errorf("%s: got %s, want %s", file, got, want)
		}
	}
	for _, body := range []string{"", "{", "[]", "null", `{"alerts": []}`, "\xff"} {
		if got := Detect([]byte(body)); got != SourceGeneric {
			t.Errorf("%q: got %s", body, got)
		}
	}
}

func TestNotesAreBounded(t *testing.T) {
	s := Signal{}
	for i := range 100 {
		s.note("Note %d.", i)
	}
	if len(s.Notes) != MaxNotes || s.Notes[MaxNotes-1] != "More was cut or left out than is noted here." {
		t.Errorf("got %q", s.Notes)
	}
}

// holds fails when a signal is outside its limits.
func holds(t *testing.T, s Signal) {
	t.Helper()
	texts := []string{s.Key, s.Group, s.Title, s.Description, s.Service}
	for name, value := range s.Labels {
		texts = append(texts, name, value)
		if len(name) > MaxLabelName || len(value) > MaxLabelValue {
			t.Errorf("label %q is too long", name)
		}
	}
	for _, l := range s.Links {
		texts = append(texts, l.URL, l.Text)
		if !strings.HasPrefix(strings.ToLower(l.URL), "http") || strings.ContainsFunc(l.URL, disturbing) || len(l.URL) > 3*MaxURL {
			t.Errorf("link %q", l.URL)
		}
	}
	texts = append(texts, s.Notes...)
	for _, text := range texts {
		if !utf8.ValidString(text) {
			t.Errorf("%q is not UTF-8", text)
		}
	}
	switch {
	case s.Key == "" || len(s.Key) > MaxKey || len(s.Group) > MaxKey:
		t.Errorf("key %q, group %q", s.Key, s.Group)
	case s.Title == "" || len(s.Title) > MaxTitle || strings.ContainsFunc(s.Title, control):
		t.Errorf("title %q", s.Title)
	case len(s.Description) > MaxDescription || len(s.Labels) > MaxLabels || len(s.Links) > MaxLinks || len(s.Notes) > MaxNotes || s.Count < 1:
		t.Errorf("too much: %+v", s)
	case s.Status != Firing && s.Status != Resolved && s.Status != Acknowledged:
		t.Errorf("status %q", s.Status)
	case !s.Starts.IsZero() && s.Starts.Year() < firstYear || s.Starts.Location() != time.UTC && !s.Starts.IsZero():
		t.Errorf("starts %v", s.Starts)
	}
}

// FuzzDecode gives every source the same bodies: none may panic, and what is read is
// within its limits, the same each time, and survives being stored.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, ".signals.json") {
			f.Add(read(f, file))
		}
	}
	for _, body := range []string{"", "null", "[]", "{}", `{"title":"x"}`, `[{"title":1,"labels":{"a":true}}]`, `{"alerts":[{"labels":{"":""}}]}`, "{\"title\":\"\xff\"}", `{"title":"x","url":"http://u:p@h/|"}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, source := range Sources() {
			signals, err := Decode(source, Options{}, body)
			if err != nil {
				var refusal *Error
				if !errors.As(err, &refusal) || refusal.Message == "" || len(refusal.Message) > 1000 {
					t.Errorf("%s: %T %v", source, err, err)
				}
				continue
			}
			again, _ := Decode(source, Options{}, body)
			for i, s := range signals {
				holds(t, s)
				stored, err := json.Marshal(s)
				if err != nil {
					t.Fatal(err)
				}
				var back Signal
				if err := json.Unmarshal(stored, &back); err != nil {
					t.Fatal(err)
				}
				for _, other := range []Signal{again[i], back} {
					if other.Key != s.Key || other.Title != s.Title || !other.Starts.Equal(s.Starts) || len(other.Labels) != len(s.Labels) {
						t.Errorf("%s: got %+v and %+v", source, s, other)
					}
				}
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, file := range []string{"alertmanager_truncated", "generic_full", "grafana_firing", "pagerduty_trigger"} {
		body := read(b, "testdata/"+file+".json")
		source, _, _ := strings.Cut(file, "_")
		b.Run(fmt.Sprintf("%s/%dB", source, len(body)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(source, Options{}, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
