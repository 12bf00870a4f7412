package alert

import (
	"bytes"
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
	Service     string  // for changes that name none
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

// Detect guesses from which source a body is; generic when nothing speaks for another.
func Detect(body []byte) string {
	has := map[string]bool{}
	err := parse(trimBody(body), func(r *reader) {
		r.object(func(key []byte) { has[string(key)] = true; r.skip() })
	})
	switch {
	case err != nil:
		return SourceGeneric
	case has["event_action"]:
		return SourcePagerDuty
	case has["alerts"] && (has["orgId"] || has["state"]):
		return SourceGrafana
	case has["alerts"] && has["groupKey"]:
		return SourceAlertmanager
	}
	return SourceGeneric
}
