package bot

import (
	"runtime"
	"runtime/debug"
	gcmetrics "runtime/metrics"
	"sync/atomic"
)

// How far the heap grows before it is collected: to heapRoom in any case, and to three
// times what is live. What is live is small: collecting it as often as its size asks for
// was a fifth of the work under a storm of alerts or commands, and made the slowest of
// them slower.
const (
	heapRoom     = 40 << 20 // bytes
	leastPercent = 200
	mostPercent  = 1000
)

// RoomyHeap lets the process that a bot runs in collect garbage less often while there
// is little. After stop it collects as before.
func RoomyHeap() (stop func()) {
	t := &heapTuner{percent: leastPercent}
	before := debug.SetGCPercent(t.percent)
	t.tune()
	return func() {
		t.stopped.Store(true)
		debug.SetGCPercent(before)
	}
}

type heapTuner struct {
	percent int
	stopped atomic.Bool
}

// tune sets what the next collection waits for, and comes again after it.
func (t *heapTuner) tune() {
	if t.stopped.Load() {
		return
	}
	live := []gcmetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	gcmetrics.Read(live)
	if percent := gcPercent(live[0].Value.Uint64()); percent != t.percent {
		t.percent = percent
		debug.SetGCPercent(percent)
	}
	unreachable := new([64]byte) // until the next collection finds it
	runtime.AddCleanup(unreachable, (*heapTuner).tune, t)
}

// gcPercent is by how much the heap may grow when so many bytes are live. It goes by
// steps: setting it stops the world.
func gcPercent(live uint64) int {
	const step = 50
	percent := int((max(heapRoom, live) - live) * 100 / max(1, live))
	return min(max(percent/step*step, leastPercent), mostPercent)
}
