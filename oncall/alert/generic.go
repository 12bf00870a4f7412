package alert

import (
	"encoding/json"
	"strings"
)

// genericAlert is the JSON that anything can send; only the title is required.
type genericAlert struct {
	Title       scalar            `json:"title"`
	Description scalar            `json:"description"`
	Status      scalar            `json:"status"` // firing (or empty), resolved or acknowledged
	Fingerprint scalar            `json:"fingerprint"`
	Severity    scalar            `json:"severity"`
	Service     scalar            `json:"service"`
	Labels      map[string]scalar `json:"labels"`
	URL         scalar            `json:"url"`
}

// scalar is text, or a number, true or false as they are written; null is empty.
type scalar string

func (s *scalar) UnmarshalJSON(value []byte) error {
	switch value[0] {
	case '"':
		return json.Unmarshal(value, (*string)(s))
	case 'n':
		*s = ""
	case '{', '[':
		return refuse(Invalid, "A text is expected where the body has %s.", cut(string(value), 60))
	default:
		*s = scalar(value)
	}
	return nil
}

// generic reads one alert or a list of them, by the integration's mapping if it has one.
func generic(o Options, body []byte) ([]Signal, error) {
	if o.Mapper != nil {
		return o.Mapper.decode(body)
	}
	list, err := oneOrMany[genericAlert](body)
	if err != nil {
		return nil, err
	}
	signals := make([]Signal, len(list))
	for i := range list {
		if err := signals[i].generic(&list[i], i); err != nil {
			return nil, err
		}
	}
	return signals, nil
}

// oneOrMany reads one object or a list of them.
func oneOrMany[T any](body []byte) ([]T, error) {
	list := make([]T, 1)
	var into any = &list[0]
	if len(body) > 0 && body[0] == '[' {
		into = &list
	}
	return list, unmarshal(body, into)
}

func (s *Signal) generic(a *genericAlert, i int) error {
	if oneLine(string(a.Title)) == "" {
		return refuse(Invalid, `Alert %d of the body has no title. Send at least {"title": "What is wrong"}.`, i+1)
	}
	status, ok := genericStatus[strings.ToLower(string(a.Status))]
	if !ok {
		return refuse(Invalid, `The status of alert %d must be "firing" or "resolved", not %q.`, i+1, cut(oneLine(string(a.Status)), 40))
	}
	s.Status = status
	s.Key, s.Title, s.Description, s.Service = string(a.Fingerprint), string(a.Title), string(a.Description), string(a.Service)
	s.Labels = plain(a.Labels)
	if a.Severity == "" {
		a.Severity = a.Labels["severity"]
	}
	s.severe(string(a.Severity))
	s.link(LinkSource, "Source", string(a.URL))
	return nil
}

var genericStatus = map[string]Status{"": Firing, "firing": Firing, "resolved": Resolved, "acknowledged": Acknowledged}

func plain(labels map[string]scalar) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	out := make(map[string]string, len(labels))
	for name, value := range labels {
		out[name] = string(value)
	}
	return out
}
