package storagetest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/watchbill/watchbill/storage"
)

// dump is everything in a store, one row per line, with what engines may choose
// (how events are cut into pieces) taken out.
func dump(t *testing.T, s storage.Store) []string {
	t.Helper()
	var lines []string
	err := s.Dump(t.Context(), func(p storage.Portable) error {
		if p.Events == nil {
			lines = append(lines, line(t, p))
			return nil
		}
		for _, e := range p.Events.Events {
			one := storage.EventsOf{Ref: p.Events.Ref, Events: []storage.Event{e}}
			lines = append(lines, line(t, storage.Portable{Events: &one}))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("dump: %v", err)
	}
	return lines
}

func line(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode %v: %v", v, err)
	}
	return string(bytes.ReplaceAll(b, []byte(`"body":null`), []byte(`"body":""`)))
}

func same(t *testing.T, when string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%s, row %d of the dump: got\n\t%s\nwant\n\t%s", when, i+1, g, w)
		}
	}
}
