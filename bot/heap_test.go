package bot

import "testing"

func TestHowFarTheHeapGrows(t *testing.T) {
	for live, want := range map[uint64]int{0: 1000, 1 << 20: 1000, 4 << 20: 900, 8 << 20: 400, 10 << 20: 300, 13 << 20: 200, 40 << 20: 200, 1 << 40: 200} {
		if got := gcPercent(live); got != want {
			t.Errorf("with %d MiB live the heap grows by %d %%, want %d", live>>20, got, want)
		}
	}
}
