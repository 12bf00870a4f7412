package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/storage/bolt"
)

// TestADataFileOfAnOlderRelease: whoever asks before the bot has started with the new one
// is told so, instead of what no longer holds.
func TestADataFileOfAnOlderRelease(t *testing.T) {
	data := t.TempDir()
	open := func(o bolt.Options) {
		t.Helper()
		store, err := bolt.Open(filepath.Join(data, dataFile), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(command string) (string, int) {
		var out bytes.Buffer
		status := run(t.Context(), strings.Fields(command), func(string) string { return "" }, strings.NewReader(""), &out, &out)
		return out.String(), status
	}
	open(bolt.Options{})
	for command, want := range map[string]string{
		"incident list --data " + data:                      "older release wrote the file: start `watchbill serve` once",
		"verify --data " + data:                             "older release wrote the file: start `watchbill serve` once",
		"backup --data " + data + " " + t.TempDir() + "/to": "check the copy: an older release wrote it",
	} {
		if out, status := ask(command); status != exitFailed || !strings.Contains(out, want) {
			t.Errorf("%s: exit status %d, no word of %q in\n%s", command, status, want, out)
		}
	}
	if out, _ := ask("doctor --data " + data); !strings.Contains(out, "ok       data directory: "+data+" can be written. An older release wrote its data file") {
		t.Errorf("doctor says\n%s", out)
	}
	open(bolt.Options{Shape: bot.Shape()})
	if out, status := ask("incident list --data " + data); status != exitDone {
		t.Errorf("exit status %d:\n%s", status, out)
	}
}
