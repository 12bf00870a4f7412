package desk

import (
	"testing"
	"time"
	"unsafe"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/memory"
)

// asleep is a moment after a time by the wall clock, in which the monotonic clock stood
// still. It rests on how a time with both is laid out, and checks that.
func asleep(t *testing.T, from time.Time, d time.Duration) time.Time {
	t.Helper()
	at := from.Add(d)
	*(*int64)(unsafe.Add(unsafe.Pointer(&at), 8)) -= int64(d)
	if at.Sub(from) != 0 || at.Round(0).Sub(from.Round(0)) != d {
		t.Fatal("a time is laid out otherwise now")
	}
	return at
}

// TestASleepingMachineHearsNoHeartbeat: what beat meanwhile found nobody, and its silence is
// none.
func TestASleepingMachineHearsNoHeartbeat(t *testing.T) {
	settings, err := configs.Parse([]byte("integrations: [{name: backup, source: heartbeat, every: 5m, grace: 1m, token_env: T}]"), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	d := New(Config{Store: memory.New(), Settings: settings, Now: func() time.Time { return now }})
	d.silent(now)
	now = now.Add(time.Second)
	if _, err := d.Beat(t.Context(), "backup", nil); err != nil {
		t.Fatal(err)
	}
	if got := d.silent(now); len(got) != 0 {
		t.Fatalf("silent just after a beat: %v", got)
	}
	now = asleep(t, now, time.Hour)
	if got := d.silent(now); len(got) != 0 {
		t.Errorf("silent when the machine wakes up: %v", got)
	}
	for range 6 * 60 {
		now = now.Add(time.Second)
		if got := d.silent(now); len(got) != 0 {
			t.Fatalf("silent within its time: %v", got)
		}
	}
	if got := d.silent(now.Add(time.Second)); len(got) != 1 {
		t.Errorf("not silent when its time is over")
	}
}
