package slackui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
)

// The forms of alerts, by their callback ids.
const (
	silencingForm  = "v1.alert.silence"
	noiseForm      = "v1.alert.noise"
	alertCloseForm = "v1.alert.close"
)

// The blocks of those forms.
const (
	whatField  = "what"
	spanField  = "span"
	untilField = "until"
)

// spans are the times for which a form offers to silence.
var spans = []string{"30m", "1h", "4h", "12h", "24h"}

// SilenceModal asks for how long something shall page nobody. What was typed is filled
// in; a has an id if it is about one alert, else the form asks what is meant.
func SilenceModal(a alert.Alert, in Input, m Meta) slack.ModalViewRequest {
	m.Alert = a.ID
	var options []*slack.OptionBlockObject
	for _, span := range spans {
		options = append(options, slack.NewOptionBlockObject(span, plainText(spanName(span)), nil))
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, spanField, options...)
	menu.InitialOption = options[1]
	what := aboutAlert(a)
	if a.ID == "" {
		what = field(whatField, "What shall be silent?", "Conditions that all must hold, such as service=checkout env=~prod.*, or the name of a service.", typedMatch(in.Match), false)
	}
	return form(silencingForm, title(a.ID, "silence"), "Silence", m, what,
		slack.NewInputBlock(spanField, plainText("For how long?"), nil, menu),
		moment(untilField, "Or until", in.Until).WithOptional(true),
		field(textField, "Why?", "It is recorded and counted all the same. If it fires when this is over, it pages.", in.Text, false).WithOptional(true))
}

func title(id, what string) string {
	if id == "" {
		return "Silence alerts"
	}
	return id + ": " + what
}

func spanName(span string) string {
	d, err := oncall.ParseDuration(span)
	switch {
	case err != nil:
		return span
	case d == time.Hour:
		return "1 hour"
	case d >= time.Hour:
		return count(int(d/time.Hour), "hour", "hours")
	}
	return count(int(d/time.Minute), "minute", "minutes")
}

// typedMatch are conditions as people type them.
func typedMatch(match map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(match)) {
		value := match[name]
		if strings.ContainsFunc(value, space) {
			value = `"` + value + `"`
		}
		parts = append(parts, name+"="+value)
	}
	return strings.Join(parts, " ")
}

// NoiseModal asks why there is nothing to do about an alert.
func NoiseModal(a alert.Alert, m Meta) slack.ModalViewRequest {
	m.Alert = a.ID
	return form(noiseForm, "Not actionable", "Say so", m, aboutAlert(a),
		field(textField, "Why is there nothing to do?", "For those who own the rule. It pages nobody any more while it goes on.", "", true).WithOptional(true))
}

// AlertCloseModal asks why an alert is closed that its source still reports.
func AlertCloseModal(a alert.Alert, m Meta) slack.ModalViewRequest {
	m.Alert = a.ID
	return form(alertCloseForm, title(a.ID, "close"), "Close", m, aboutAlert(a),
		field(textField, "Why?", "For alerts whose source never says that they are over. If it reports this once more, that opens another alert and pages.", "", true).WithOptional(true))
}

// AlertDeclareModal asks for an incident, filled in with what is known of an alert.
func AlertDeclareModal(a alert.Alert, m Meta, s Scene) slack.ModalViewRequest {
	m.Alert = a.ID
	severity := map[alert.Severity]incident.Severity{alert.SeverityCritical: 2, alert.SeverityInfo: 4}[a.Severity]
	return DeclareModal(Input{Text: a.Title, Service: a.Service, Severity: severity}, m, s)
}

// aboutAlert says in a form which alert it is about.
func aboutAlert(a alert.Alert) slack.Block {
	v := Alert{Alert: a}
	return section(markerOf(v.about())+" "+alertFacts(v), line(levelled(string(a.Severity), a.Title), 2*incident.MaxTitle))
}

// insteadOfAlert is what to type instead of a form of alerts.
func insteadOfAlert(callback, id string) string {
	switch callback {
	case silencingForm:
		return "silence " + orElse(id, "service=checkout") + " 2h <why>"
	case noiseForm:
		return "noise " + id + " <why>"
	case alertCloseForm:
		return "close " + id + " <why>"
	case declareForm:
		if strings.HasPrefix(id, "ALERT-") {
			return "declare " + id
		}
	}
	return ""
}

// OutdatedAlert replaces a form of an alert that could not be carried out; message
// says why, and what was typed stays to be copied.
func OutdatedAlert(a Alert, message, typed string, s Scene) slack.ModalViewRequest {
	v := Outdated(incident.Incident{ID: a.ID}, message, typed, s)
	if a.Title != "" {
		v.Blocks.BlockSet = append([]slack.Block{aboutAlert(a.Alert)}, v.Blocks.BlockSet...)
	}
	return v
}

// onAlert reads the forms of alerts; ok is false for another form.
func (v submitted) onAlert(out *Submission, now time.Time) (ok bool) {
	switch v.CallbackID {
	case noiseForm:
		out.Verb = Noise
	case alertCloseForm:
		out.Verb = Close
	case silencingForm:
		out.Verb = Silence
		v.silence(out, now)
		return true
	default:
		return false
	}
	if out.Alert == "" {
		out.fault(textField, "This form does not say which alert it is about. Open it again.")
	}
	return true
}

func (v submitted) silence(out *Submission, now time.Time) {
	out.Until = v.moment(untilField)
	if out.Until.IsZero() {
		if d, err := oncall.ParseDuration(v.text(spanField)); err == nil && d > 0 {
			out.Until = now.UTC().Add(d)
		}
	}
	switch {
	case out.Until.IsZero():
		out.fault(spanField, "Choose for how long.")
	case !out.Until.After(now):
		out.fault(untilField, "Choose a time that is to come.")
	}
	if out.Alert != "" {
		return
	}
	what := Parse("silence "+v.text(whatField), now, nil)
	switch {
	case trim(v.text(whatField)) == "":
		out.fault(whatField, "Say what shall be silent.")
	case what.Verb != Silence || what.Problem != "" || len(what.Match)+len(what.Alert) == 0 || !what.Until.IsZero() || what.Text != "":
		out.fault(whatField, "Write conditions such as service=checkout or env=~prod.*, or one alert: ALERT-7.")
	}
	out.Match, out.Alert = what.Match, what.Alert
}
