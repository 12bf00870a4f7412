package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
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
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(c.body))
	in.DisallowUnknownFields()
	err := in.Decode(v)
	if err == nil {
		if _, err := in.Token(); !errors.Is(err, io.EOF) {
			return unreadable("something follows the JSON object")
		}
		return distinct(c.body, fieldsOf(reflect.TypeOf(v)))
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
// the last would win, and a field whose name is written in another case. The body is JSON.
func distinct(body []byte, fields []string) error {
	var open []map[string]bool // the names of each object around; nil: an array
	var name bool              // what comes next in an object is a name
	in := json.NewDecoder(bytes.NewReader(body))
	in.UseNumber()
	for {
		t, err := in.Token()
		if err != nil {
			return nil // its end
		}
		inside := len(open) > 0 && open[len(open)-1] != nil
		switch t {
		case json.Delim('{'), json.Delim('['):
			var names map[string]bool
			if t == json.Delim('{') {
				names = map[string]bool{}
			}
			open, name = append(open, names), true
			continue
		case json.Delim('}'), json.Delim(']'):
			open, name = open[:len(open)-1], true
			continue
		}
		if !inside || !name {
			name = true
			continue
		}
		key := fmt.Sprint(t)
		switch names := open[len(open)-1]; {
		case names[key]:
			return unreadable("%q is there twice", incident.Clip(key, 60))
		case len(open) == 1 && !slices.Contains(fields, key):
			return noField(strconv.Quote(key), fields)
		default:
			names[key], name = true, false
		}
	}
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
