package storage_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// TestTheChainStaysReadable: a file of an earlier release verifies, and nothing of an event
// can be altered without its hash.
func TestTheChainStaysReadable(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	hash, err := hex.DecodeString("6090c55a7564ceadc8207622d07ce0076a3d69b824bd993ead4141d89d18a044")
	if err != nil {
		t.Fatal(err)
	}
	written := storage.Event{Seq: 7, Kind: "noted", At: at, Recorded: at.Add(time.Second), Body: []byte(`{"text":"x"}`), Salt: []byte("0123456789abcdef"), Hash: hash}
	for name, alter := range map[string]func(e *storage.Event){
		"":             func(*storage.Event) {},
		"its number":   func(e *storage.Event) { e.Seq++ },
		"its kind":     func(e *storage.Event) { e.Kind = "updated" },
		"its time":     func(e *storage.Event) { e.At = at.Add(time.Microsecond) },
		"its recorded": func(e *storage.Event) { e.Recorded = at },
		"its body":     func(e *storage.Event) { e.Body = []byte(`{"text":"y"}`) },
		"its salt":     func(e *storage.Event) { e.Salt = []byte("0123456789abcdeg") },
		"its hash":     func(e *storage.Event) { e.Hash = []byte("x") },
	} {
		e := written
		alter(&e)
		if _, err := storage.CheckChain(e.Seq-1, []byte("head"), []storage.Event{e}); (err == nil) != (name == "") {
			t.Errorf("altered %q: %v", name, err)
		}
	}
	if _, err := storage.CheckChain(written.Seq-1, []byte("tail"), []storage.Event{written}); err == nil {
		t.Error("it follows any other event")
	}
}
