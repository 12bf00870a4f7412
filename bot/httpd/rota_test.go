package httpd

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/memory"
)

var monday = time.Date(2026, 3, 23, 12, 0, 0, 0, time.UTC)

// local is the API of a desk on an empty store.
func local(t *testing.T, config string) http.Handler {
	t.Helper()
	c, err := configs.Parse([]byte(config), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Config{Store: memory.New(), Settings: c, Now: func() time.Time { return monday }})
	feeds := &Feeds{Directory: t.TempDir(), PublicURL: c.HTTP.PublicURL, Rota: d, Now: d.Now}
	return conformant(t, API{Desk: d, Version: "test", Feeds: feeds}.Handler())
}

func send(t *testing.T, h http.Handler, method, path, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set(UserHeader, "root")
	h.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

const twoPeople = `
http: {public_url: "https://watchbill.example.com/"}
people: [{name: dev1, time_zone: America/Los_Angeles, slack: U0DEV1}, {name: sre1, slack: U0SRE1}]
schedules:
  - name: Checkout
    time_zone: Europe/Berlin
    layers:
      - name: always
        rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1, sre1]}
`

func TestAnswersOfTheAPI(t *testing.T) {
	h := local(t, twoPeople)
	tests := []struct {
		method, path, body string
		status             int
		want               string // in the answer
	}{
		{"GET", "/v1/oncall", "", 200, `[{"at":"2026-03-23T12:00:00Z","schedule":"Checkout","on_call":["sre1"],"why":["layer \"always\": weekly turns since 2026-01-05T09:00:00"]}]`},
		{"GET", "/v1/oncall?schedule=checkout&at=2026-03-30T08:59:59&at=2026-03-30T09:00", "", 200, `"on_call":["sre1"]`},
		{"GET", "/v1/oncall?until=true", "", 200, `"until":"2026-03-30T07:00:00Z"`},
		{"GET", "/v1/oncall?schedule=x", "", 404, `There is no schedule \"x\". There are: Checkout.`},
		{"GET", "/v1/oncall?at=soon", "", 400, `\"soon\" is not a time: write 2026-03-29T02:30:00+02:00`},
		{"GET", "/v1/oncall?at=2026-02-30T00:00:00", "", 400, "is not a time"},
		{"GET", "/v1/oncall?at=9999-12-31T23:59:59-12:00", "", 400, "is not a time"},
		{"GET", "/v1/oncall?at=9999-12-31T23:59:59Z", "", 200, `"on_call":["`},
		{"GET", "/v1/oncall?at=0001-01-01T00:00:00", "", 200, `"on_call":[]`},
		{"GET", "/v1/oncall/gaps?from=9999-12-01", "", 400, "too far away"},
		{"GET", "/v1/oncall/shifts?from=2026-03-30&to=2026-03-31&zone=true", "", 200, `"schedule":"Checkout","time_zone":"Europe/Berlin","start":"2026-03-30T07:00:00Z","end":"2026-03-30T22:00:00Z","person":"dev1"`},
		{"GET", "/v1/oncall/gaps?from=2026-01-01&to=2026-03-01", "", 200, `[{"schedule":"Checkout","start":"2025-12-31T23:00:00Z","end":"2026-01-05T08:00:00Z"}]`},
		{"GET", "/v1/oncall/gaps?from=2026-03-02&to=2026-03-01", "", 400, "swap them"},
		// The nights of dev1 are those of Los Angeles: from midnight to midnight there it is the ends of two.
		{"GET", "/v1/oncall/burden?from=2026-03-30T09:00&to=2026-03-31T09:00", "", 200, `{"person":"dev1","shifts":1,"hours":24,"nights":2,"night_hours":8,`},
		{"GET", "/v1/oncall/simulation?from=2026-03-28&to=2026-03-31", "", 200, `"kind":"clock_change","schedule":"Checkout","at":"2026-03-29T01:00:00Z"`},
		{"GET", "/v1/oncall/calendar?person=dev1", "", 200, "X-WATCHBILL-PERSON:dev1"},
		{"GET", "/v1/oncall/nothing", "", 404, "There is nothing at /v1/oncall/nothing."},
		{"POST", "/v1/oncall/apply", "{", 400, "cannot be read"},
		{"POST", "/v1/oncall/apply", `{"schedules":[],"x":1}`, 400, `there is no field \"x\"; there are: schedules, allow_gaps`},
		{"POST", "/v1/oncall/apply", `{"schedules":[]}`, 400, "There are no schedules in the file"},
		{"POST", "/v1/oncall/apply", `{"schedules":[{"name":"a","time_zone":"Mars/Base"}]}`, 400, `schedule a: time_zone: unknown time zone \"Mars/Base\"`},
		{"POST", "/v1/oncall/apply", `{"schedules":"` + strings.Repeat("x", maxFile) + `"}`, 413, "too large"},
		{"POST", "/v1/oncall/changes", `{"do":"override","person":"dev9","from":"2026-04-01","to":"2026-04-02"}`, 404, `There is no person called \"dev9\".`},
		{"POST", "/v1/oncall/changes", `{"do":"dance","person":"dev1","from":"2026-04-01","to":"2026-04-02"}`, 400, "one of override, cover, take"},
		{"POST", "/v1/oncall/changes", `{"do":"undo"}`, 400, "by its id"},
		{"POST", "/v1/oncall/changes", `{"do":"undo","id":"X1"}`, 400, "by its id"},
		{"POST", "/v1/oncall/changes", `{"do":"take","person":"dev1"}`, 400, "Say which request"},
		{"POST", "/v1/oncall/changes", `{"do":"take","id":"R9","person":"dev1"}`, 404, "There is no request R9"},
		{"POST", "/v1/oncall/changes", `{"do":"shadow","person":"dev1"}`, 400, "beside whom dev1 learns"},
		{"POST", "/v1/oncall/changes", `{"do":"remove","schedule":"checkout"}`, 409, "it stands in test.yaml:5"},
		{"GET", "/v1/oncall/changes?schedule=x", "", 404, "There are: Checkout."},
		{"GET", "/v1/oncall/changes", "", 200, "[]"},
		{"GET", "/v1/oncall/fairest?from=2026-04-01", "", 400, "from when to when"},
		{"GET", "/v1/oncall/fairest?from=2026-04-01&to=2026-04-02", "", 200, `[{"schedule":"Checkout","start":"2026-03-31T22:00:00Z","end":"2026-04-01T22:00:00Z","person":"sre1","why":"free then, and carries least`},
		{"GET", "/v1/oncall/fairest?from=2026-04-01&to=2026-04-02&person=sre1", "", 200, `"person":"","why":"nobody of its rotations is free then"`},
		{"POST", "/v1/oncall/feeds", `{"person":"dev9"}`, 404, `There is no person called`},
		{"POST", "/v1/oncall/feeds", `{"schedule":"x"}`, 404, `There are: Checkout.`},
		{"POST", "/v1/oncall/feeds", `{}`, 400, "Name a schedule or a person."},
		{"POST", "/v1/oncall/feeds", `{"schedule":"checkout"}`, 200, `{"schedule":"Checkout","url":"https://watchbill.example.com/calendar/`},
	}
	for _, tt := range tests {
		status, got := send(t, h, tt.method, tt.path, tt.body)
		if status != tt.status || !strings.Contains(got, tt.want) {
			t.Errorf("%s %s: got %d %.1000s\nwant %d %s", tt.method, tt.path, status, got, tt.status, tt.want)
		}
	}
}

// TestClockChangesOfFarYears knows that Berlin's clocks change twice a year for ever,
// by the rule that its data ends with.
func TestClockChangesOfFarYears(t *testing.T) {
	b := bill{}
	b.set(t, "checkout", nil, "dev1")
	for _, year := range []int{2026, 2040, 2044, 2099, 9980} {
		from := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if got, want := len(clockChanges(b["checkout"], from, from.AddDate(9, 0, 0))), 18; got != want {
			t.Errorf("got %d changes in nine years from %d, want %d", got, year, want)
		}
	}
}

func TestPastAnswersStayTrue(t *testing.T) {
	now := monday
	c, err := configs.Parse(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Config{Store: memory.New(), Settings: c, Now: func() time.Time { return now }})
	h := API{Desk: d}.Handler()
	apply := func(person string) {
		t.Helper()
		body := `{"schedules":[{"name":"checkout","time_zone":"UTC","layers":[{"name":"all","rotation":{"type":"daily","start":"2026-01-01T00:00:00","people":["` + person + `"]}}]}]}`
		if status, got := send(t, h, "POST", "/v1/oncall/apply", body); status != 200 {
			t.Fatalf("got %d %s", status, got)
		}
	}
	apply("dev1")
	now = now.Add(24 * time.Hour)
	apply("dev2")
	_, got := send(t, h, "GET", "/v1/oncall?at=2026-03-24T11:59:59Z&at=2026-03-24T12:00:00Z", "")
	var list []Watch
	if err := json.Unmarshal([]byte(got), &list); err != nil || len(list) != 2 || list[0].OnCall[0] != "dev1" || list[1].OnCall[0] != "dev2" {
		t.Errorf("got %s, %v, want dev1 before the change and dev2 after", got, err)
	}
}
