package alert

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func mapper(t testing.TB, m Mapping) *Mapper {
	t.Helper()
	out, problems := NewMapper(m)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return out
}

// TestMappedPayloads reads payloads of others as an operator would map them.
func TestMappedPayloads(t *testing.T) {
	tests := map[string]Mapping{
		"cloudwatch": {
			Title: Expressions{"{$.detail.alarmName} in {$.region}"}, Description: Expressions{"$.detail.state.reason"},
			Status: Expressions{"$.detail.state.value"}, Firing: []string{"ALARM"}, Fingerprint: Expressions{"$.resources[0]"},
			Starts: Expressions{"$.detail.state.timestamp"}, Severity: Expressions{"$.detail.severity", "critical"},
			Labels: map[string]Expressions{"*": {"$.detail.configuration.metrics[-1].metricStat.metric.dimensions"}, "account": {"$.account"}, "kind": {"$['detail-type']"}, "env": {"$.env"}},
		},
		"uptime": {
			Title: Expressions{"{$.monitor_name}: {$.error}", "$.monitor_name"}, Status: Expressions{"$.status"}, Resolved: []string{"up"}, Fingerprint: Expressions{"$.monitor_id"},
			Starts: Expressions{"$.timestamp"}, URL: Expressions{"$.monitor_settings.https.url", "$.monitor_settings.tcp.url"}, Severities: map[string]string{"down": "critical"}, Severity: Expressions{"$.status"},
		},
	}
	readme := string(read(t, "testdata/README.md"))
	for name, mapping := range tests {
		file := "testdata/mapped/" + name
		if !strings.Contains(readme, "mapped/"+name+".json") {
			t.Errorf("the README does not say where %s is from", file)
		}
		signals, err := Decode(SourceGeneric, Options{Mapper: mapper(t, mapping)}, read(t, file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, file+".signals.json", signals)
	}
}

func TestMapping(t *testing.T) {
	list := Mapping{Each: "$.alerts", Title: Expressions{"$.name", "unnamed"}, Status: Expressions{"$.state", "$$.state"}, Group: Expressions{"$$.id"}, Count: Expressions{"$.n"}, Starts: Expressions{"$.at"}, Labels: map[string]Expressions{"*": {"$.tags"}}}
	tests := []struct {
		name    string
		mapping Mapping
		body    string
		check   func(s []Signal) bool
		notes   []string
	}{
		{"a list within", list, `{"id": 7, "state": "OK", "alerts": [{"name": "a", "state": "bad"}, {"name": "b"}, {}]}`, func(s []Signal) bool {
			return len(s) == 3 && s[0].Title == "a" && s[0].Status == Firing && s[1].Status == Resolved && s[2].Title == "unnamed" && s[2].Group == "7"
		}, nil},
		{"no list but one", list, `{"alerts": {"name": "a"}}`, func(s []Signal) bool { return len(s) == 1 && s[0].Title == "a" }, nil},
		{"an empty list", list, `{"alerts": []}`, func(s []Signal) bool { return len(s) == 0 }, nil},
		{"tags in a list", list, `{"alerts": [{"tags": ["env:prod", "team = pay", "plain", 7]}]}`, func(s []Signal) bool {
			return s[0].Labels["env"] == "prod" && s[0].Labels["team"] == "pay" && len(s[0].Labels) == 2
		}, nil},
		{"seconds since 1970", list, `{"alerts": [{"at": 1705330335}]}`, func(s []Signal) bool { return s[0].Starts.Equal(time.Unix(1705330335, 0)) }, nil},
		{"milliseconds since 1970", list, `{"alerts": [{"at": 1705330335123}]}`, func(s []Signal) bool { return s[0].Starts.Equal(time.UnixMilli(1705330335123)) }, nil},
		{"a negative time", list, `{"alerts": [{"at": -5}]}`, func(s []Signal) bool { return s[0].Starts.IsZero() }, []string{`starts was left out: "1969-12-31T23:59:55Z" is not a time such as 2026-03-01T09:00:00Z.`}},
		{"a time far off", list, `{"alerts": [{"at": 9223372036854775807}]}`, func(s []Signal) bool { return s[0].Starts.IsZero() }, []string{`starts was left out: "292278994-08-17T07:12:55.807Z" is not a time such as 2026-03-01T09:00:00Z.`}},
		{"a count", list, `{"alerts": [{"n": 12}]}`, func(s []Signal) bool { return s[0].Count == 12 }, nil},
		{"a count that is none", list, `{"alerts": [{"n": "many"}]}`, func(s []Signal) bool { return s[0].Count == 1 }, []string{`count was left out: "many" is not a whole number.`}},
		{"a list as the body", Mapping{Title: Expressions{"$.t"}}, `[{"t": "a"}, {"t": 1.50}, {"t": {"x": "<b>"}}]`, func(s []Signal) bool { return len(s) == 3 && s[1].Title == "1.50" && s[2].Title == `{"x":"<b>"}` }, nil},
		{"an unknown status", Mapping{Title: Expressions{"x"}, Status: Expressions{"$.s"}, Firing: []string{"bad"}}, `{"s": "weird"}`, func(s []Signal) bool { return s[0].Status == Firing }, []string{`The status "weird" is not among those of the mapping; it counts as firing.`}},
		{"acknowledged", Mapping{Title: Expressions{"x"}, Status: Expressions{"$.s"}, Acknowledged: []string{"Acked"}}, `{"s": "ACKED"}`, func(s []Signal) bool { return s[0].Status == Acknowledged }, nil},
	}
	for _, tt := range tests {
		signals, err := Decode(SourceGeneric, Options{Mapper: mapper(t, tt.mapping)}, []byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if !tt.check(signals) {
			t.Errorf("%s: got %+v", tt.name, signals)
		}
		if len(signals) > 0 && !slices.Equal(signals[0].Notes, tt.notes) {
			t.Errorf("%s: got notes %q, want %q", tt.name, signals[0].Notes, tt.notes)
		}
	}
}

func TestMappedRefusals(t *testing.T) {
	m := mapper(t, Mapping{Each: "$.alerts", Title: Expressions{"$.name"}})
	for body, want := range map[string]string{
		`{"alerts": [{"name": "a"}, {}]}`: "Alert 2 of the body has no title where the mapping says. Correct title in the integration's mapping, or give it a text to fall back to.",
		`{}`:                              "The body has no alerts where the mapping's each says.",
		``:                                "The body is empty. Send it as JSON.",
		`{`:                               "The JSON ends in the middle, after 1 bytes.",
	} {
		_, err := Decode(SourceGeneric, Options{Mapper: m}, []byte(body))
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Message != want {
			t.Errorf("%s: got %v, want %s", body, err, want)
		}
	}
}

func TestMappingProblems(t *testing.T) {
	const hint = `; such as "$.alert.name", "$['odd key'][0]" or "{$.host} is down"`
	tests := []struct {
		mapping Mapping
		want    string
	}{
		{Mapping{}, `title: the mapping does not say where the title is; such as title: "$.alert.name"`},
		{Mapping{Title: Expressions{"$.a..b"}}, `title: "$.a..b" cannot be read: a name is expected after the dot, not ".b"` + hint},
		{Mapping{Title: Expressions{"x", "$a"}}, `title[1]: "$a" cannot be read: "a" is not expected` + hint},
		{Mapping{Title: Expressions{"$.a[x]"}}, `title: "$.a[x]" cannot be read: "x" is not an index: write [0], or ['name']` + hint},
		{Mapping{Title: Expressions{"$.a[0"}}, `title: "$.a[0" cannot be read: a bracket is not closed` + hint},
		{Mapping{Title: Expressions{"$['a"}}, `title: "$['a" cannot be read: a bracket is not closed` + hint},
		{Mapping{Title: Expressions{"{$.a is"}}, `title: "{$.a is" cannot be read: a brace is not closed` + hint},
		{Mapping{Title: Expressions{"$.a[*]"}}, `title: "$.a[*]" cannot be read: "*" is not an index: write [0], or ['name']` + hint},
		{Mapping{Title: Expressions{"x"}, Labels: map[string]Expressions{"a": {"$."}}}, `labels.a: "$." cannot be read: a name is expected after the dot, not ""` + hint},
		{Mapping{Title: Expressions{"x"}, Each: "alerts"}, `each: "alerts" cannot be read: a path begins with "$"; such as "$.alerts"`},
		{Mapping{Title: Expressions{"x"}, Severities: map[string]string{"loud": "very"}}, `severities.loud: unknown severity "very"; use critical, error, warning or info`},
		{Mapping{Title: Expressions{"x"}, Resolved: []string{"ok"}}, `status: the mapping does not say where the status is; such as status: "$.state"`},
		{Mapping{Title: Expressions{"x"}, Status: Expressions{"$.s"}, Resolved: []string{"ok"}, Firing: []string{"bad", "OK"}}, `firing[1]: "ok" is also resolved; remove one`},
	}
	for _, tt := range tests {
		_, problems := NewMapper(tt.mapping)
		if got := lines(problems); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// FuzzMapping gives expressions and bodies of any kind: none may panic, and what is read
// is within its limits.
func FuzzMapping(f *testing.F) {
	for _, text := range []string{"$", "$$", "$.a.b[0]['x y'][-1]", "{$.a} is {$$.b}", "plain", "$[9999999999999999999]", "{", "$.é"} {
		f.Add(text, []byte(`{"a": [{"b": 1}, null, "x"], "x y": {"z": true}}`))
	}
	f.Add("$.title", []byte(`[[[{"title":"x"}]]]`))
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		m, problems := NewMapper(Mapping{Each: "$", Title: Expressions{text, "x"}, Description: Expressions{text}, Fingerprint: Expressions{text}, URL: Expressions{text}, Count: Expressions{text}, Starts: Expressions{text}, Labels: map[string]Expressions{"*": {text}, "a": {text}}})
		if len(problems) > 0 {
			return
		}
		signals, err := Decode(SourceGeneric, Options{Mapper: m}, body)
		if err != nil {
			return
		}
		for _, s := range signals {
			holds(t, s)
			if _, err := json.Marshal(s); err != nil {
				t.Error(err)
			}
		}
	})
}
