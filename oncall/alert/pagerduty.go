package alert

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// pagerdutyBody is an event of PagerDuty's Events API v2
// (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/). Its routing_key
// is the integration's token and is not read here.
type pagerdutyBody struct {
	EventAction string           `json:"event_action"`
	DedupKey    scalar           `json:"dedup_key"`
	Client      scalar           `json:"client"`
	ClientURL   scalar           `json:"client_url"`
	Payload     pagerdutyPayload `json:"payload"`
	Links       []struct {
		Href scalar `json:"href"`
		Text scalar `json:"text"`
	} `json:"links"`
	Images []struct {
		Src  scalar `json:"src"`
		Href scalar `json:"href"`
		Alt  scalar `json:"alt"`
	} `json:"images"`
}

type pagerdutyPayload struct {
	Summary       scalar          `json:"summary"`
	Source        scalar          `json:"source"`
	Severity      scalar          `json:"severity"`
	Timestamp     scalar          `json:"timestamp"`
	Component     scalar          `json:"component"`
	Group         scalar          `json:"group"`
	Class         scalar          `json:"class"`
	CustomDetails json.RawMessage `json:"custom_details"`
}

var pagerdutyActions = map[string]Status{"trigger": Firing, "acknowledge": Acknowledged, "resolve": Resolved}

func pagerduty(_ Options, body []byte) ([]Signal, error) {
	var b pagerdutyBody
	if err := unmarshal(body, &b); err != nil {
		return nil, err
	}
	var s Signal
	var ok bool
	if s.Status, ok = pagerdutyActions[b.EventAction]; !ok {
		return nil, refuse(Invalid, `event_action must be "trigger", "acknowledge" or "resolve", not %q.`, cut(oneLine(b.EventAction), 40))
	}
	s.Key, s.Title = string(b.DedupKey), string(b.Payload.Summary)
	switch {
	case s.Status == Firing && oneLine(s.Title) == "":
		return nil, refuse(Invalid, "payload.summary is missing: it is the title of the alert.")
	case s.Status != Firing && s.Key == "":
		return nil, refuse(Invalid, "dedup_key is missing: it says which alert to %s.", b.EventAction)
	case oneLine(s.Title) == "":
		s.Title = s.Key
	}
	s.severe(string(b.Payload.Severity))
	s.Starts = s.time("payload.timestamp", string(b.Payload.Timestamp))
	s.Labels = map[string]string{}
	for name, value := range map[string]scalar{"source": b.Payload.Source, "component": b.Payload.Component, "group": b.Payload.Group, "class": b.Payload.Class, "client": b.Client} {
		if value != "" {
			s.Labels[name] = string(value)
		}
	}
	s.details(b.Payload.CustomDetails)
	s.link(LinkSource, string(b.Client), string(b.ClientURL))
	for _, l := range b.Links {
		s.link(LinkSource, string(l.Text), string(l.Href))
	}
	for _, i := range b.Images {
		s.link(LinkGraph, string(i.Alt), string(i.Src))
	}
	if s.Key == "" { // PagerDuty makes a random one up; the same event is the same alert here
		s.Key = s.fingerprint()
	}
	return []Signal{s}, nil
}

// maxDetail is the longest custom detail that becomes a label, in bytes.
const maxDetail = 200

// details reads custom_details: short ones are labels, long ones are the description.
func (s *Signal) details(raw json.RawMessage) {
	if len(raw) == 0 || raw[0] == 'n' {
		return
	}
	var fields map[string]json.RawMessage
	if raw[0] != '{' || json.Unmarshal(raw, &fields) != nil {
		s.Description = plainText(raw)
		return
	}
	var long []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text := plainText(fields[name])
		_, taken := s.Labels[name]
		switch {
		case text == "" || taken:
		case len(text) > maxDetail || strings.Contains(text, "\n"):
			long = append(long, name+": "+text)
		default:
			s.Labels[name] = text
		}
	}
	s.Description = strings.Join(long, "\n")
	// What Alertmanager sends in this shape.
	if n, err := strconv.Atoi(s.Labels["num_firing"]); err == nil {
		s.Count = n
	}
}

// plainText is a JSON value as people read it: text without its quotes, anything else
// as it is written.
func plainText(raw json.RawMessage) string {
	var text string
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return ""
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		return text
	}
	return strings.ToValidUTF8(string(raw), "\ufffd")
}
