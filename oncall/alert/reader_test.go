package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sameAsTheLibrary fails when the reader and encoding/json do not agree on whether a
// body is JSON, or on what it holds.
func sameAsTheLibrary(t *testing.T, body []byte) {
	t.Helper()
	body = bytes.TrimSpace(body)
	var got, want any
	err := parse(body, func(r *reader) { got = r.any() })
	if valid := json.Valid(body); valid != (err == nil) {
		var refusal *Error
		if errors.As(err, &refusal) && strings.Contains(refusal.Message, "nested more than") {
			return
		}
		t.Fatalf("%q: got %v, and valid is %v", body, err, valid)
	}
	if err != nil {
		return
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.UseNumber()
	if err := in.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: got %#v, want %#v", body, got, want)
	}
	var raw []byte
	if err := parse(body, func(r *reader) { raw = r.raw() }); err != nil || !bytes.Equal(raw, body) {
		t.Fatalf("%q: as it is written got %q and %v", body, raw, err)
	}
}

var documents = []string{
	"null", "true", "false", "nul", "nulll", "tru", "t", "0", "-0", "-", "01", "1.", ".5", "1.5e", "1.5e+7", "-1E-9", "1e5x", `""`, `"a`, `"a\"b"`, `"\u00e9\ud83d\ude00\ud800"`, `"\q"`, "\"a\nb\"", "\"\xff\"",
	`"\`, `"\"`, "[]", "[ ]", "[1 , 2]", "[1,]", "[,1]", "[1 2]", "[", "[1", "{}", "{ }", `{"a":1}`, `{"a" : [ {"b" : null} ] , "c" : "d"}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`,
	`{"":{"":[]}}`, "{\"\xff\":1}", "{} {}", "[]]", "1 2", "\x00", "\"\x7f\u2028\"", `{"a":[1,2`, strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 101) + strings.Repeat("]", 101),
}

func TestReaderReadsWhatTheLibraryReads(t *testing.T) {
	for _, d := range documents {
		sameAsTheLibrary(t, []byte(d))
	}
	if err := parse([]byte(documents[len(documents)-2]), func(r *reader) { r.skip() }); err != nil {
		t.Errorf("100 deep: %v", err)
	}
	if err := parse([]byte(documents[len(documents)-1]), func(r *reader) { r.skip() }); err == nil {
		t.Error("101 deep is read")
	}
}

func FuzzReader(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, body []byte) { sameAsTheLibrary(t, body) })
}
