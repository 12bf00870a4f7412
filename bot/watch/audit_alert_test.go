package watch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// An alert whose page is gone without it, or that never had one, is found; what is
// silenced, answered or about to be told is not.
func TestTheAuditorFindsAlertsOfWhichNobodyIsTold(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		for _, key := range []string{"a", "b", "c"} {
			s := alert.Signal{Key: key, Status: alert.Firing, Title: "disk full", Service: "checkout"}
			if _, err := w.desk.Hear(t.Context(), "prometheus", []alert.Signal{s}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.desk.AcknowledgeAlert(t.Context(), deskIn("dev1"), "ALERT-3"); err != nil {
			t.Fatal(err)
		}
		a := w.auditor(nil)
		for range 3 {
			a.Audit(t.Context())
			if got := rules(a); len(got) > 0 {
				t.Fatalf("all is well, and it found %q", got)
			}
		}
		w.rewrite(storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}, "ended", func(c *storage.Change) {
			c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `"status":"open"`, `"status":"ended"`, 1))
		})
		w.rewrite(storage.Ref{Kind: desk.AlertKind, ID: "ALERT-2"}, "paged", func(c *storage.Change) {
			c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `,"page":"PAGE-2"`, ``, 1))
		})
		a.Audit(t.Context())
		if got := rules(a); slices.Contains(got, "alert_unheard") {
			t.Errorf("it cried before it had looked twice: %q", got)
		}
		a.Audit(t.Context())
		found, _ := a.Latest()
		n := 0
		for _, f := range found {
			if f.Rule == "alert_unheard" {
				n++
			}
		}
		if n != 2 {
			t.Errorf("found %v, want two alerts of which nobody is told", found)
		}
	})
}
