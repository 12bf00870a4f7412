package alert

import (
	"strconv"
	"strings"
)

// pagerdutyBody is an event of PagerDuty's Events API v2
// (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/). Its routing_key
// is the integration's token and is not read here.
type pagerdutyBody struct {
	action, dedupKey, client, clientURL                           string
	summary, source, severity, timestamp, component, group, class string
	details                                                       []byte // JSON; empty: none
	links, images                                                 []pagerdutyLink
}

// pagerdutyLink is a link, or an image: then url is where the image is.
type pagerdutyLink struct{ url, text string }

func (b *pagerdutyBody) read(r *reader) {
	r.object(func(key []byte) {
		switch string(key) {
		case "event_action":
			b.action = r.scalar()
		case "dedup_key":
			b.dedupKey = r.scalar()
		case "client":
			b.client = r.scalar()
		case "client_url":
			b.clientURL = r.scalar()
		case "payload":
			b.payload(r)
		case "links":
			b.links = pagerdutyLinks(r, "href", "text")
		case "images":
			b.images = pagerdutyLinks(r, "src", "alt")
		default:
			r.skip()
		}
	})
}

func (b *pagerdutyBody) payload(r *reader) {
	r.object(func(key []byte) {
		switch string(key) {
		case "summary":
			b.summary = r.scalar()
		case "source":
			b.source = r.scalar()
		case "severity":
			b.severity = r.scalar()
		case "timestamp":
			b.timestamp = r.scalar()
		case "component":
			b.component = r.scalar()
		case "group":
			b.group = r.scalar()
		case "class":
			b.class = r.scalar()
		case "custom_details":
			b.details = r.raw()
		default:
			r.skip()
		}
	})
}

func pagerdutyLinks(r *reader, url, text string) []pagerdutyLink {
	var links []pagerdutyLink
	r.list(func(int) {
		var l pagerdutyLink
		r.object(func(key []byte) {
			switch string(key) {
			case url:
				l.url = r.scalar()
			case text:
				l.text = r.scalar()
			default:
				r.skip()
			}
		})
		links = append(links, l)
	})
	return links
}

var pagerdutyActions = map[string]Status{"trigger": Firing, "acknowledge": Acknowledged, "resolve": Resolved}

func pagerduty(_ Options, body []byte) ([]Signal, error) {
	var b pagerdutyBody
	if err := parse(body, b.read); err != nil {
		return nil, err
	}
	var s Signal
	var ok bool
	if s.Status, ok = pagerdutyActions[b.action]; !ok {
		return nil, refuse(Invalid, `event_action must be "trigger", "acknowledge" or "resolve", not %q.`, cut(oneLine(b.action), 40))
	}
	s.Key, s.Title = b.dedupKey, b.summary
	switch {
	case s.Status == Firing && oneLine(s.Title) == "":
		return nil, refuse(Invalid, "payload.summary is missing: it is the title of the alert.")
	case s.Status != Firing && s.Key == "":
		return nil, refuse(Invalid, "dedup_key is missing: it says which alert to %s.", b.action)
	case oneLine(s.Title) == "":
		s.Title = s.Key
	}
	s.severe(b.severity)
	s.Starts = s.time("payload.timestamp", b.timestamp)
	s.Labels = make(map[string]string, 8)
	for _, l := range [...]struct{ name, value string }{{"source", b.source}, {"component", b.component}, {"group", b.group}, {"class", b.class}, {"client", b.client}} {
		if l.value != "" {
			s.Labels[l.name] = l.value
		}
	}
	s.details(b.details)
	s.link(LinkSource, b.client, b.clientURL)
	for _, l := range b.links {
		s.link(LinkSource, l.text, l.url)
	}
	for _, i := range b.images {
		s.link(LinkGraph, i.text, i.url)
	}
	// Without a key PagerDuty makes a random one up; here the same event is the same alert.
	return []Signal{s}, nil
}

// maxDetail is the longest custom detail that becomes a label, in bytes.
const maxDetail = 200

// details reads custom_details: short ones are labels, long ones are the description.
func (s *Signal) details(raw []byte) {
	if len(raw) == 0 {
		return
	}
	if raw[0] != '{' {
		s.Description = plainText(&reader{data: raw})
		return
	}
	var long []string
	r := &reader{data: raw}
	r.object(func(key []byte) {
		name, text := intern(key), plainText(r)
		_, taken := s.Labels[name]
		switch {
		case text == "" || taken:
		case len(text) > maxDetail || strings.Contains(text, "\n"):
			long = append(long, name+": "+text)
		default:
			s.Labels[name] = text
		}
	})
	s.Description = strings.Join(long, "\n")
	// What Alertmanager sends in this shape.
	if n, err := strconv.Atoi(s.Labels["num_firing"]); err == nil {
		s.Count = n
	}
}

// plainText is a JSON value as people read it: text without its quotes, anything else
// as it is written, and null empty.
func plainText(r *reader) string {
	if c := r.next(); c == '{' || c == '[' {
		return strings.ToValidUTF8(string(r.raw()), "\ufffd")
	}
	return r.scalar()
}
