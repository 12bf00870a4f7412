package paging

import (
	"encoding/json"
	"testing"
	"time"
)

// BenchmarkPage opens a page of a policy of three steps, takes a step and answers it,
// with the record after each event.
func BenchmarkPage(b *testing.B) {
	p := steps(5*time.Minute, 2, "schedule:checkout", "team:sre", "channel:ops")
	w := duty.world()
	for name, r := range map[string]roster{"slack": duty, "contacts": {"schedule:checkout": person("ring"), "team:sre": person("ring2", "twice"), "channel:ops": duty["channel:ops"]}} {
		b.Run(name, func(b *testing.B) {
			w = r.world()
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				var page Page
				do := func(c Command, now time.Time) {
					events, err := Decide(page, c, now)
					if err != nil {
						b.Fatal(err)
					}
					for _, e := range events {
						page = Apply(page, e)
					}
				}
				do(Begin{ID: "PAGE-1", Subject: "ALERT-1", Policy: p, World: w}, noon)
				do(Report{Notice: 1, Fate: Sent, World: w}, noon)
				do(Tick{Turn: 1, World: w}, noon.Add(5*time.Minute))
				do(Acknowledge{By: "sre1"}, noon.Add(6*time.Minute))
				if size == 0 {
					body, err := json.Marshal(page)
					if err != nil {
						b.Fatal(err)
					}
					size = len(body)
				}
			}
			b.ReportMetric(float64(size), "record-bytes")
		})
	}
}
