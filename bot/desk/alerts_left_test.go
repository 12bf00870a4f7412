package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// outlive has an alert fire on after its incident is over, and returns what the answer
// that ended the incident said.
func (h *house) outlive(c incident.Command) (id string, said []string) {
	h.t.Helper()
	id = h.one(firing("a", ofGroup("g")))
	if _, err := h.desk.DeclareFromAlert(h.t.Context(), in("sre1", ""), id, desk.Declaration{Severity: 2}); err != nil {
		h.t.Fatal(err)
	}
	a, err := h.desk.Change(h.t.Context(), in("sre1", ""), "INC-1", c)
	if err != nil {
		h.t.Fatal(err)
	}
	return id, a.Text
}

// TestAnAlertThatOutlivesItsIncidentPagesAgain: else nobody would hear of it until it is
// resolved.
func TestAnAlertThatOutlivesItsIncidentPagesAgain(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id, said := h.outlive(incident.Close{By: by("sre1")})
		wantList(t, "the answer", said, "ALERT-1 still fires: it pages again in 30 minutes, or as soon as more fires, unless that is over by then.")
		wantList(t, "pages after the close", h.openPages())
		noted, err := h.desk.Change(t.Context(), in("sre1", ""), "INC-1", incident.Note{By: by("sre1"), Text: "it is the disk"})
		if err != nil || !noted.Changed {
			t.Fatalf("a note: %+v, %v", noted, err)
		}
		wantList(t, "what only ending it says", noted.Text)
		h.pass(29 * time.Minute)
		wantList(t, "pages before the wait is over", h.openPages())
		want(t, "it stands on its own", h.alert(id).InIncident(), false)
		want(t, "and names its incident", h.alert(id).Incident, "INC-1")
		h.pass(time.Minute + time.Second)
		if got := h.openPages(); len(got) != 1 || !strings.Contains(got[0], id) {
			t.Errorf("after the wait the open pages are %v", got)
		}
		a, err := h.desk.DeclareFromAlert(t.Context(), in("dev1", ""), id, desk.Declaration{Severity: 2})
		if err != nil || a.Incident != "INC-2" {
			t.Fatalf("declared from it again: %+v, %v", a, err)
		}
		want(t, "the incident it is in now", h.alert(id).InIncident(), true)
	})
}

func TestMoreOfAnAlertThatOutlivesItsIncidentPagesAtOnce(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id, _ := h.outlive(incident.Resolve{By: by("sre1"), Text: "rolled back"})
		h.pass(11 * time.Second)
		h.hear(firing("a", ofGroup("g")))
		wantList(t, "pages when it only repeats", h.openPages())
		h.hear(firing("b", ofGroup("g")))
		if got := h.openPages(); len(got) != 1 || !strings.Contains(got[0], id) {
			t.Errorf("when a new member fires the open pages are %v", got)
		}
	})
}

// TestAnAlertGoesBackIntoItsIncident when that is opened again: its page is not needed.
func TestAnAlertGoesBackIntoItsIncident(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id, _ := h.outlive(incident.Resolve{By: by("sre1")})
		h.pass(11 * time.Second) // it is heard that the incident is over
		h.pass(30 * time.Minute)
		want(t, "pages", len(h.openPages()), 1)
		if _, err := h.desk.Change(t.Context(), in("sre1", ""), "INC-1", incident.Reopen{By: by("sre1"), Text: "it is back"}); err != nil {
			t.Fatal(err)
		}
		h.pass(11 * time.Second)
		want(t, "it is in its incident", h.alert(id).InIncident(), true)
		if got := h.openPages(); slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, id) }) {
			t.Errorf("the open pages are %v", got)
		}
	})
}

// TestAnIncidentThatEndedWhileNothingRan leaves its alert to page at once when the wait
// was over before the start.
func TestAnIncidentThatEndedWhileNothingRan(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		id, _ := h.outlive(incident.Close{By: by("sre1")})
		h.downFor(time.Hour)
		h.pass(11 * time.Second)
		if got := h.openPages(); len(got) != 1 || !strings.Contains(got[0], id) {
			t.Errorf("the open pages are %v", got)
		}
	})
}
