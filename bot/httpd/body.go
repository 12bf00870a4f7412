package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// compressed is how a body is encoded; empty if it stands as it is.
func compressed(r *http.Request) string {
	how := r.Header.Get("Content-Encoding")
	if strings.EqualFold(how, "identity") {
		return ""
	}
	return incident.Clip(how, 20)
}

// readBody reads at most so many bytes.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if how := compressed(r); how != "" {
		return nil, unreadable("it is compressed (%s); send it as it is", how)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	switch large := new(http.MaxBytesError); {
	case err == nil && !utf8.Valid(body):
		return nil, unreadable("it is not UTF-8")
	case err == nil, errors.As(err, &large):
		return body, err
	}
	return nil, unreadable("it did not arrive whole")
}

func unreadable(format string, args ...any) error {
	return &desk.Error{Code: incident.Invalid, Message: "What is asked for cannot be read: " + fmt.Sprintf(format, args...) + "."}
}

// decode reads the body, one JSON object; none is an empty one. Fields that are not
// known, and those that are there twice, are refused: what somebody meant must not be
// lost.
func (c *call) decode(v any) error {
	switch text := bytes.TrimSpace(c.body); {
	case len(text) == 0:
		return nil
	case bytes.Equal(text, []byte("null")):
		return unreadable("it is null, and must be a JSON object")
	}
	in := json.NewDecoder(bytes.NewReader(c.body))
	in.DisallowUnknownFields()
	err := in.Decode(v)
	if err == nil {
		if _, err := in.Token(); !errors.Is(err, io.EOF) {
			return unreadable("something follows the JSON object")
		}
		return distinct(json.NewDecoder(bytes.NewReader(c.body)), reflect.TypeOf(v))
	}
	var wrong *json.UnmarshalTypeError
	var refused *desk.Error
	var clock *time.ParseError
	text := err.Error()
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &clock):
		return unreadable("%s is not a time; write it as 2026-11-21T03:40:00Z", incident.Clip(clock.Value, 60))
	case errors.As(err, &wrong) && wrong.Field != "":
		return unreadable("the field %q is %s, and must be %s", incident.Clip(wrong.Field, 80), article(wrong.Value), article(fmt.Sprint(schemaOf(wrong.Type, nil)["type"])))
	case errors.As(err, &wrong):
		return unreadable("it is %s, and must be a JSON object", article(wrong.Value))
	case strings.HasPrefix(text, unknownField):
		return noField(strings.TrimPrefix(text, unknownField), fieldsOf(reflect.TypeOf(v)))
	case strings.HasPrefix(text, "Time.UnmarshalJSON"):
		return unreadable("a time, as in %s, is a string such as \"2026-11-21T03:40:00Z\"", strings.Join(timesOf(reflect.TypeOf(v)), " and "))
	case bytes.HasPrefix(c.body, []byte("\ufeff")):
		return unreadable("it begins with a byte-order mark; send it without")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unreadable("the JSON ends in the middle")
	}
	return unreadable("%s", incident.Clip(strings.TrimPrefix(text, "json: "), 200))
}

func noField(quoted string, fields []string) error {
	return unreadable("there is no field %s; there are: %s", incident.Clip(quoted, 80), strings.Join(fields, ", "))
}

// distinct refuses what the decoder lets pass: a name that an object has twice, of which
// the last would win, and a field whose name is written in another case. What comes next
// is JSON of the kind t.
func distinct(in *json.Decoder, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	begin, _ := in.Token()
	if begin != json.Delim('{') && begin != json.Delim('[') {
		return nil
	}
	names := map[string]bool{}
	for in.More() {
		inside := t
		if begin == json.Delim('[') {
			inside = t.Elem()
		} else {
			key, _ := in.Token()
			name := fmt.Sprint(key)
			if names[name] {
				return unreadable("%q is there twice", incident.Clip(name, 60))
			}
			names[name] = true
			if inside = within(t, name); inside == nil {
				return noField(strconv.Quote(name), fieldsOf(t))
			}
		}
		if err := distinct(in, inside); err != nil {
			return err
		}
	}
	in.Token() // its end
	return nil
}

// within is the kind of what an object of a kind has by a name; nil if it has none.
func within(t reflect.Type, name string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	for _, f := range jsonFields(t) {
		if f.name == name {
			return f.kind
		}
	}
	return nil
}

// unknownField is what the decoder says of a field that is not known.
const unknownField = "json: unknown field "

// article is a type as a sentence names it.
func article(kind string) string {
	if strings.ContainsAny(kind[:1], "aeio") {
		return "an " + kind
	}
	return "a " + kind
}
