package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/storage/bolt"
)

// TestRefusalsCanBeTypedInAShell: whatever the core and the desk tell people to type in
// Slack is a command line of watchbill once it is told over the API.
func TestRefusalsCanBeTypedInAShell(t *testing.T) {
	data := t.TempDir()
	store, err := bolt.Open(data+"/"+dataFile, bolt.Options{Shape: bot.Shape()})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	getenv := func(key string) string { return map[string]string{"WATCHBILL_DATA": data}[key] }
	n := 0
	for _, room := range []string{"incident", "oncall", "bot/desk"} {
		for _, text := range texts(sources(t, room)) {
			if !strings.Contains(text, "`/") {
				continue
			}
			told := httpd.Outside(strings.NewReplacer("%s", "INC-1", "%d", "2").Replace(text))
			for _, s := range spans(told) {
				if strings.HasPrefix(s, "/") && !strings.Contains(told, "`"+s+"` in Slack") {
					t.Errorf("%q speaks of Slack: %q", text, s)
				}
				line, ok := strings.CutPrefix(s, "watchbill ")
				if !ok {
					continue
				}
				n++
				var out bytes.Buffer
				if status := run(t.Context(), strings.Fields(line), getenv, strings.NewReader(""), &out, &out); status == exitUsage {
					t.Errorf("%q becomes %q, and that is no command line: %s", text, told, out.String())
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d commands were found", n)
	}
}
