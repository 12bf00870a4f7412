package postmortem

import (
	"strings"
	"testing"

	"github.com/watchbill/watchbill/incident"
)

// TestAnAPITokenIsNoPerson: what it did is told by its name, and it is counted and
// numbered among no people.
func TestAnAPITokenIsNoPerson(t *testing.T) {
	ci := incident.Actor{Person: incident.TokenPrefix + "ci", Via: incident.ViaAPI("ci")}
	s := &story{now: start}
	s.do(incident.Declare{By: ci, ID: "INC-1", Title: "the deploy failed", Severity: 2, Channel: "inc-1"})
	s.do(incident.Update{By: incident.Actor{Person: "dev1", Via: incident.ViaAPI("ops")}, Text: "rolled back"})
	d := New(s.facts())
	if d.People.Responders != 1 {
		t.Errorf("%d responders, want dev1 alone", d.People.Responders)
	}
	text := string(d.Markdown())
	for _, want := range []string{"API token ci declared SEV2", "responder (by API token ops) posted an update", "over HTTP with the API token ci"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, incident.TokenPrefix) {
		t.Errorf("it says token: to people:\n%s", text)
	}
}
