package desk_test

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

func signature(n int, life time.Duration) desk.Signature {
	s := desk.Signature{Until: time.Now().Add(life)}
	binary.BigEndian.PutUint64(s.Sum[:], uint64(n))
	return s
}

// used says how many signatures are stored and hold still.
func (h *house) used() int {
	h.t.Helper()
	list, err := h.desk.UsedSignatures(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(list)
}

func TestSignaturesAreKeptUntilTheyAreTooOld(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		h.desk.UseSignature(signature(1, 10*time.Minute))
		want(t, "stored at once", h.used(), 0)
		h.fails(nil)
		h.hear(firing("a"))
		want(t, "commits", h.count(), 1)
		want(t, "stored with an alert", h.used(), 1)
		for n := range 5000 {
			h.desk.UseSignature(signature(2+n, 10*time.Minute))
		}
		h.pass(3 * time.Second)
		want(t, "stored by themselves", h.used(), 5001)
		h.desk.UseSignature(signature(6000, 5*time.Minute))
		h.restart() // what ends in order stores what waits
		want(t, "after a restart", h.used(), 5002)
		h.desk.UseSignature(signature(6001, 10*time.Minute))
		h.hear(cleared("a"))
		want(t, "in the next life, of the same minute", h.used(), 5003)
		h.pass(6 * time.Minute)
		want(t, "when one is too old", h.used(), 5002)
		h.pass(5 * time.Minute)
		want(t, "when all are", h.used(), 0)
		h.fails(nil)
		h.pass(20 * time.Second)
		want(t, "commits when nothing waits", h.count(), 0)
	})
}

func TestSignaturesOutliveCommitsThatFail(t *testing.T) {
	inHouse(t, "", func(t *testing.T, h *house) {
		for n, fault := range []memory.Fault{memory.FailsButApplied(), memory.Fails(storage.ErrUnknown), memory.Fails(storage.ErrConflict), memory.Fails(errors.New("input/output error"))} {
			h.desk.UseSignature(signature(n, 10*time.Minute))
			h.fails(func(i int, _ []storage.Change) memory.Fault {
				if i == 1 {
					return fault
				}
				return memory.None()
			})
			h.pass(5 * time.Second)
			list, err := h.desk.UsedSignatures(t.Context())
			found := map[desk.Signature]bool{}
			for _, s := range list {
				found[s] = true
			}
			if err != nil || len(found) != n+1 {
				t.Errorf("after fault %d, %d signatures are stored, %v", n, len(found), err)
			}
		}
	})
}
