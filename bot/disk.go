package bot

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Disk is what a store knows of the disk it is on.
type Disk interface {
	// Full says whether new work is refused because there is no space.
	Full() bool
	// Writing says how long the write under way has lasted; 0: there is none.
	Writing() time.Duration
}

// noDisk is that of a store in memory.
type noDisk struct{}

func (noDisk) Full() bool             { return false }
func (noDisk) Writing() time.Duration { return 0 }

// stuckAfter is how long a write may take before the bot is not ready.
const stuckAfter = 10 * time.Second

// diskProblems are why nothing, or nothing new, can be stored.
func diskProblems(d Disk) []string {
	var out []string
	if d.Full() {
		out = append(out, "the disk is full: what is open goes on, and new incidents and alerts are refused. Free some space; no restart is needed")
	}
	if w := d.Writing(); w >= stuckAfter {
		out = append(out, fmt.Sprintf("the disk has not ended a write for %s: nothing is recorded until it does, and nobody is paged. Look at the disk of the machine", w.Truncate(time.Second)))
	}
	return out
}

// Writes is the metric of writes to the data file; what it returns is told how long each took.
func Writes(r *prometheus.Registry) func(took time.Duration) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "watchbill_write_seconds", Help: "Time of each write to the data file, until it is on the disk.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60}})
	r.MustRegister(h)
	return func(took time.Duration) { h.Observe(took.Seconds()) }
}
