package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// A new outage is not hidden behind old incidents that nobody closed.
func TestTheWorstIncidentsComeFirst(t *testing.T) {
	o := newOffice(t, rota, "2026-01-06T12:00:00Z")
	for n, sev := range []incident.Severity{4, 3, 1, 4, 2, 1} {
		o.set(instant(t, "2026-01-06T12:00:00Z").Add(time.Duration(n) * time.Minute).Format(time.RFC3339))
		if _, err := o.desk.Declare(t.Context(), slackUser("dev1"), desk.Declaration{Title: "outage " + string(rune('a'+n)), Severity: sev}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.desk.Change(t.Context(), slackUser("dev1"), "INC-3", incident.Resolve{By: incident.Actor{Person: "dev1", Via: "slack"}}); err != nil {
		t.Fatal(err)
	}
	list, err := o.desk.Worst(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range list {
		got = append(got, i.ID)
	}
	if got, want := strings.Join(got, " "), "INC-6 INC-5 INC-2 INC-4 INC-1 INC-3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
