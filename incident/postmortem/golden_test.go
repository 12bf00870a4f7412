package postmortem

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGoldenFiles(t *testing.T) {
	for name, f := range stories() {
		d := New(f)
		page, err := d.HTML()
		if err != nil {
			t.Fatal(err)
		}
		record, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".md", d.Markdown())
		if name == "simple" || name == "hostile" {
			golden(t, name+".html", page)
			golden(t, name+".json", record)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed; look at it, then run the tests with -update.\ngot:\n%s", name, got)
	}
}

func TestADraftReadBackFromJSONIsTheSame(t *testing.T) {
	for name, f := range stories() {
		d := New(f)
		first, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Draft
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		second, err := back.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: JSON written again differs:\n%s\n%s", name, first, second)
		}
		if got, want := back.Markdown(), d.Markdown(); !bytes.Equal(got, want) {
			t.Errorf("%s: Markdown of the draft read back differs", name)
		}
	}
}

func TestTheSameFactsGiveTheSameBytes(t *testing.T) {
	for name := range stories() {
		a, b := New(stories()[name]), New(stories()[name])
		if !bytes.Equal(a.Markdown(), b.Markdown()) {
			t.Errorf("%s: Markdown differs", name)
		}
		x, _ := a.HTML()
		y, _ := b.HTML()
		if !bytes.Equal(x, y) {
			t.Errorf("%s: HTML differs", name)
		}
	}
}
