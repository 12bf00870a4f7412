package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// readBody reads at most so many bytes.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
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
// known are refused: what somebody meant must not be lost.
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
		return nil
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
		return unreadable("there is no field %s; there are: %s", incident.Clip(strings.TrimPrefix(text, unknownField), 80), strings.Join(fieldsOf(reflect.TypeOf(v)), ", "))
	case strings.HasPrefix(text, "Time.UnmarshalJSON"):
		return unreadable("a time is a string, such as \"2026-11-21T03:40:00Z\"")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unreadable("the JSON ends in the middle")
	}
	return unreadable("%s", incident.Clip(strings.TrimPrefix(text, "json: "), 200))
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
