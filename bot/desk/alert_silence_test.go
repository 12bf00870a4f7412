package desk

import (
	"testing"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage/memory"
)

// TestASilenceThatWasEndedIsAppliedNoMore: it is applied to some alerts at a time, and
// after a restart, and somebody may have ended it in between.
func TestASilenceThatWasEndedIsAppliedNoMore(t *testing.T) {
	settings, err := configs.Parse([]byte("services: [{name: checkout}]\n"), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := New(Config{Store: memory.New(), Settings: settings})
	if _, err := d.Hear(t.Context(), "prometheus", []alert.Signal{{Key: "a", Status: alert.Firing, Title: "disk full", Service: "checkout"}}); err != nil {
		t.Fatal(err)
	}
	by := In{By: incident.Actor{Person: "sre1"}}
	s, n, err := d.Silence(t.Context(), by, alert.Silence{Match: map[string]string{"service": "checkout"}, Until: time.Now().Add(time.Hour), Why: "known"})
	if err != nil || n != 1 {
		t.Fatalf("silenced %d, %v", n, err)
	}
	if _, n, err := d.Unsilence(t.Context(), by, s.ID); err != nil || n != 1 {
		t.Fatalf("woke %d, %v", n, err)
	}
	if n, err := d.applySilence(t.Context(), s.ID); err != nil || n != 0 {
		t.Errorf("silenced %d by a silence that has ended, %v", n, err)
	}
}
