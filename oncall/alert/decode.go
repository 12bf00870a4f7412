package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The sources of alerts; deploys are read by [DecodeDeploys].
const (
	SourceAlertmanager = "alertmanager"
	SourceGeneric      = "generic"
	SourceGrafana      = "grafana"
	SourceHeartbeat    = "heartbeat"
	SourcePagerDuty    = "pagerduty"
)

// Limits on one payload.
const (
	MaxBody    = 1 << 20 // bytes
	MaxSignals = 10_000
)

// Options are what the configuration says about an integration, as far as its decoder
// needs it.
type Options struct {
	Integration string  // its name
	Mapper      *Mapper // of generic JSON; nil: it has the shape that docs/alerts.md describes
}

// decoder reads one source's payload, of which [Decode] has checked the size.
type decoder func(o Options, body []byte) ([]Signal, error)

// decoders has one line for each source.
var decoders = map[string]decoder{
	SourceAlertmanager: alertmanager,
	SourceGeneric:      generic,
	SourceGrafana:      grafana,
	SourceHeartbeat:    heartbeat,
	SourcePagerDuty:    pagerduty,
}

// Sources names the sources, sorted.
func Sources() []string {
	names := make([]string, 0, len(decoders))
	for name := range decoders {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Decode reads the payload of a source. It never fails for what can be mended: that
// is kept, and in the signal's notes. What cannot be read as the source's payload is
// refused whole, with an *Error. A payload of no alerts gives none.
func Decode(source string, o Options, body []byte) ([]Signal, error) {
	decode, ok := decoders[source]
	if !ok {
		return nil, refuse(NotFound, "There is no source %q. There are: %s.", cut(oneLine(source), 40), strings.Join(Sources(), ", "))
	}
	if err := checkSize(body); err != nil {
		return nil, err
	}
	body = trimBody(body)
	signals, err := decode(o, body)
	if err != nil {
		return nil, err
	}
	if len(signals) > MaxSignals {
		return nil, refuse(TooLarge, "The body holds %d alerts; at most %d are read. Send them in several requests.", len(signals), MaxSignals)
	}
	for i := range signals {
		signals[i].bound()
	}
	return signals, nil
}

func checkSize(body []byte) error {
	if len(body) > MaxBody {
		return refuse(TooLarge, "The body has %d bytes; at most %d are read. Send it in several requests.", len(body), MaxBody)
	}
	return nil
}

// trimBody drops spaces and the byte order mark that some editors write.
func trimBody(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff")))
}

// unmarshal reads JSON and says in a sentence what is wrong with it. Invalid UTF-8 is
// replaced by U+FFFD.
func unmarshal(body []byte, into any) error {
	if len(body) == 0 {
		return refuse(Invalid, "The body is empty. Send the alert as JSON.")
	}
	err := json.Unmarshal(body, into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var refusal *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &kind):
		where := "The body"
		if kind.Field != "" {
			where = fmt.Sprintf("The field %s", cut(oneLine(kind.Field), 80))
		}
		return refuse(Invalid, "%s must be %s, not %s (byte %d).", where, wanted(kind), kind.Value, kind.Offset)
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(body)) && strings.Contains(syntax.Error(), "unexpected end"):
		return refuse(Invalid, "The JSON ends in the middle, after %d bytes.", len(body))
	case errors.As(err, &syntax):
		return refuse(Invalid, "The body is not JSON: %s at byte %d.", syntax, syntax.Offset)
	}
	return refuse(Invalid, "The body is not JSON as expected: %v.", err)
}

// wanted says in words what a field must be.
func wanted(err *json.UnmarshalTypeError) string {
	switch err.Type.Kind().String() {
	case "string":
		return "text"
	case "slice":
		return "a list"
	case "map", "struct":
		return "an object"
	case "int", "float64":
		return "a number"
	}
	return err.Type.String()
}

// Detect guesses from which source a body is; generic when nothing speaks for another.
func Detect(body []byte) string {
	var b struct {
		EventAction json.RawMessage `json:"event_action"`
		Alerts      json.RawMessage `json:"alerts"`
		GroupKey    json.RawMessage `json:"groupKey"`
		OrgID       json.RawMessage `json:"orgId"`
		State       json.RawMessage `json:"state"`
	}
	switch body = trimBody(body); {
	case len(body) > MaxBody || json.Unmarshal(body, &b) != nil:
		return SourceGeneric
	case b.EventAction != nil:
		return SourcePagerDuty
	case b.Alerts != nil && (b.OrgID != nil || b.State != nil):
		return SourceGrafana
	case b.Alerts != nil && b.GroupKey != nil:
		return SourceAlertmanager
	}
	return SourceGeneric
}
