package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Of very many deliveries that were given up the newest are told: those of today.
func TestTheNewestOfManyThatWereGivenUp(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		const most = 10_000
		h.hear(firing("a"))
		first := h.effect("alert/ALERT-1")
		var put []storage.Effect
		for n := range most + 5 {
			e := first
			e.ID, e.State, e.Target, e.Dest, e.Level = 0, "", fmt.Sprint("t/", n), fmt.Sprint("d/", n), false
			put = append(put, e)
		}
		if err := h.store.Commit(t.Context(), storage.Change{Put: put}); err != nil {
			t.Fatal(err)
		}
		leases, err := h.store.Lease(t.Context(), storage.LeaseRequest{Now: storageNow(), Until: storageNow().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		var dead []storage.Settlement
		for _, l := range leases.Leased {
			dead = append(dead, storage.Settlement{ID: l.ID, Attempt: l.Attempts, State: storage.Dead, At: storageNow(), Note: "missing_scope"})
		}
		if err := h.store.Commit(t.Context(), storage.Change{Settle: dead}); err != nil {
			t.Fatal(err)
		}
		list, err := h.desk.Dead(t.Context(), "")
		if err != nil || len(list) != most || list[most-1].ID != dead[len(dead)-1].ID || list[0].ID == dead[0].ID {
			t.Errorf("%d are told of %d, %v", len(list), len(dead), err)
		}
	})
}
