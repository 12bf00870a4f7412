package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/watch"
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

// Many open alerts are read in small steps, so that those who wait for a processor get
// it in between; one audit sees all of them all the same.
func TestTheAuditorReadsManyAlertsInSmallSteps(t *testing.T) {
	inTower(t, func(t *testing.T, w *tower) {
		var signals []alert.Signal
		for n := range 410 {
			signals = append(signals, alert.Signal{Key: fmt.Sprint(n), Status: alert.Firing, Title: "disk full", Service: "checkout"})
		}
		if _, err := w.desk.Hear(t.Context(), "prometheus", signals); err != nil {
			t.Fatal(err)
		}
		a := w.auditor(nil)
		before := w.op("list")
		a.Audit(t.Context())
		if n := w.op("list") - before; n < 2*410/20 {
			t.Errorf("410 alerts, once as alerts and once as records, were read in %d steps", n)
		}
		w.rewrite(storage.Ref{Kind: desk.AlertKind, ID: "ALERT-97"}, "paged", func(c *storage.Change) {
			c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `,"page":"PAGE-`, `,"paged":"PAGE-`, 1))
		})
		a.Audit(t.Context())
		a.Audit(t.Context())
		found, _ := a.Latest()
		if !slices.ContainsFunc(found, func(f watch.Finding) bool { return f.Rule == "alert_unheard" && strings.Contains(f.Text, "ALERT-97 ") }) {
			t.Errorf("found %v", found)
		}
		for n := range 150 {
			w.rewrite(storage.Ref{Kind: desk.AlertKind, ID: fmt.Sprintf("ALERT-%d", 200+n)}, "paged", func(c *storage.Change) {
				c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `,"page":"PAGE-`, `,"paged":"PAGE-`, 1))
			})
		}
		a.Audit(t.Context())
		a.Audit(t.Context())
		found, _ = a.Latest()
		named := 0
		for _, f := range found {
			if f.Rule == "alert_unheard" {
				named++
			}
		}
		if named != 100 {
			t.Errorf("%d of 151 alerts are named at once, want 100", named)
		}
	})
}

// An alert that is not what its events say is found among hundreds, whether it fires or
// is over, by the running auditor in a round and by verify at once.
func TestTheAuditorFindsAlteredAlerts(t *testing.T) {
	for name, id := range map[string]string{"over": "ALERT-290", "firing": "ALERT-590"} {
		t.Run(name, func(t *testing.T) {
			inTower(t, func(t *testing.T, w *tower) {
				var signals []alert.Signal
				for n := range 600 {
					signals = append(signals, alert.Signal{Key: fmt.Sprint(n), Status: alert.Firing, Title: "disk full", Severity: alert.SeverityInfo})
				}
				hear := func(list []alert.Signal) {
					t.Helper()
					if _, err := w.desk.Hear(t.Context(), "prometheus", list); err != nil {
						t.Fatal(err)
					}
				}
				hear(signals)
				for n := range 300 {
					signals[n].Status = alert.Resolved
				}
				hear(signals[:300])
				a := w.auditor(nil)
				a.Audit(t.Context())
				if got := rules(a); len(got) > 0 {
					t.Fatalf("all is well, and it found %q", got)
				}
				w.rewrite(storage.Ref{Kind: desk.AlertKind, ID: id}, "repeated", func(c *storage.Change) {
					c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `"title":"disk full"`, `"title":"all is well"`, 1))
				})
				a.Audit(t.Context())
				if found, _ := a.Latest(); len(found) != 1 || found[0].Rule != "record_differs" || !strings.Contains(found[0].Text, id) {
					t.Errorf("the auditor found %v", found)
				}
				report, err := storage.Verify(t.Context(), w.store, desk.Folds())
				if err != nil || len(report.Problems) != 1 || report.Problems[0].Ref.ID != id {
					t.Errorf("verify found %v, %v", report.Problems, err)
				}
				w.rewrite(storage.Ref{Kind: desk.AlertKind, ID: id}, "repeated", func(c *storage.Change) {
					c.Record.Body = []byte(strings.Replace(string(c.Record.Body), `"title":"all is well"`, `"title":"disk full"`, 1))
				})
			})
		})
	}
}
