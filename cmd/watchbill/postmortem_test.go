package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.md")
	if err := os.WriteFile(large, bytes.Repeat([]byte("x"), maxDraft+1), 0o600); err != nil {
		t.Fatal(err)
	}
	const blames = "The deploy went out at 10.\n\nIt was human error: she should have checked.\n"
	for _, c := range []struct {
		args, stdin string
		code        int
		says        []string
	}{
		{"lint -", "The dashboard showed green, so the deploy went on.\n", 0, nil},
		{"lint -", blames, 1, []string{`-:3:8: warn: "human error". Describe the action`, `"should have checked"`, "phrases that may be read as blame: 2;"}},
		{"lint - --json", blames, 1, []string{`"line":3,"column":8,"phrase":"human error"`}},
		{"lint -", "He said:\n\n> it was human error\n", 0, nil},
		{"lint " + filepath.Join(dir, "none.md"), "", 1, []string{"no such file"}},
		{"lint " + large, "", 1, []string{"has more than 4 MiB"}},
		{"lint", "", 2, []string{"lint and a file"}},
	} {
		var out, errs bytes.Buffer
		code := run(context.Background(), append([]string{"postmortem"}, strings.Fields(c.args)...), func(string) string { return "" }, strings.NewReader(c.stdin), &out, &errs)
		said := out.String() + errs.String()
		if code != c.code || len(c.says) == 0 && said != "" {
			t.Errorf("postmortem %s: %d %q, want %d", c.args, code, said, c.code)
		}
		for _, want := range c.says {
			if !strings.Contains(said, want) {
				t.Errorf("postmortem %s said %q, want %q in it", c.args, said, want)
			}
		}
	}
}
