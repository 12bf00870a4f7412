package alert

import (
	"cmp"
	"time"
)

// SourceDeploys is the source of deploys; they raise no alerts, and have [DecodeDeploys].
const SourceDeploys = "deploys"

// Deploy is one change of a service, shown beside its alerts. Within the limits of
// signals; texts are as the sender wrote them.
type Deploy struct {
	Service string    `json:"service"`
	Title   string    `json:"title"`         // one line, never empty
	URL     string    `json:"url,omitempty"` // http or https
	At      time.Time `json:"at,omitzero"`   // UTC; zero: not said
	By      string    `json:"by,omitempty"`
}

type deployBody struct{ service, title, url, at, by string }

func (b *deployBody) read(r *reader) {
	r.object(func(key []byte) {
		switch string(key) {
		case "service":
			b.service = r.scalar()
		case "title":
			b.title = r.scalar()
		case "url":
			b.url = r.scalar()
		case "at":
			b.at = r.scalar()
		case "by":
			b.by = r.scalar()
		default:
			r.skip()
		}
	})
}

// maxDeploys is how many deploys one payload may hold.
const maxDeploys = 100

// DecodeDeploys reads one deploy or a list of them. Refusals are *Error.
func DecodeDeploys(body []byte) ([]Deploy, error) {
	if err := checkSize(body); err != nil {
		return nil, err
	}
	list, err := oneOrMany(trimBody(body), (*deployBody).read)
	if err != nil {
		return nil, err
	}
	if len(list) > maxDeploys {
		return nil, refuse(TooLarge, "The body holds %d deploys; at most %d are read.", len(list), maxDeploys)
	}
	deploys := make([]Deploy, len(list))
	for i, b := range list {
		d, readable := b.deploy()
		switch {
		case d.Service == "":
			return nil, refuse(Invalid, `Deploy %d of the body names no service. Send at least {"service": "checkout", "title": "v1.2.3"}.`, i+1)
		case d.Title == "":
			return nil, refuse(Invalid, `Deploy %d of the body has no title. Send at least {"service": "checkout", "title": "v1.2.3"}.`, i+1)
		case !readable:
			return nil, refuse(Invalid, "The time of deploy %d cannot be read: %q is not a time such as 2026-03-01T09:00:00Z.", i+1, cut(oneLine(b.at), 40))
		}
		deploys[i] = d
	}
	return deploys, nil
}

// deploy is what was read, within the limits; its time may not be readable.
func (b deployBody) deploy() (d Deploy, readable bool) {
	var s Signal // for its bounds
	d = Deploy{
		Service: cut(oneLine(b.service), MaxLabelName), Title: cut(oneLine(b.title), MaxTitle),
		At: s.time("at", b.at), By: cut(oneLine(b.by), MaxLabelName),
	}
	readable = len(s.Notes) == 0
	s.link(LinkSource, "", b.url)
	if len(s.Links) > 0 {
		d.URL = s.Links[0].URL
	}
	return d, readable
}

// DecodeChange reads a change event of PagerDuty's Events API v2
// (https://developer.pagerduty.com/docs/send-change-event) as a deploy. Its service is the
// custom detail of that name, else that of the integration. Refusals are *Error.
func DecodeChange(o Options, body []byte) ([]Deploy, error) {
	if err := checkSize(body); err != nil {
		return nil, err
	}
	var b pagerdutyBody
	if err := parse(trimBody(body), b.read); err != nil {
		return nil, err
	}
	var s Signal // for its details
	s.Labels = map[string]string{}
	s.details(b.details)
	c := deployBody{service: cmp.Or(s.Labels["service"], o.Service), title: b.summary, at: b.timestamp, by: b.source}
	if len(b.links) > 0 {
		c.url = b.links[0].url
	}
	d, readable := c.deploy()
	switch {
	case d.Title == "":
		return nil, refuse(Invalid, "payload.summary is missing: it says what has changed.")
	case d.Service == "":
		return nil, refuse(Invalid, "The event names no service: put it into payload.custom_details.service, or give the integration a service in the configuration.")
	case !readable:
		return nil, refuse(Invalid, "payload.timestamp cannot be read: %q is not a time such as 2026-03-01T09:00:00Z.", cut(oneLine(b.timestamp), 40))
	}
	return []Deploy{d}, nil
}
