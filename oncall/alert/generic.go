package alert

import "strings"

// genericAlert is the JSON that anything can send; only the title is required.
type genericAlert struct {
	title, description, fingerprint, severity, service, url string
	status                                                  string // firing (or empty), resolved or acknowledged
	labels                                                  map[string]string
}

func (a *genericAlert) read(r *reader) {
	r.object(func(key []byte) {
		switch string(key) {
		case "title":
			a.title = r.scalar()
		case "description":
			a.description = r.scalar()
		case "status":
			a.status = r.scalar()
		case "fingerprint":
			a.fingerprint = r.scalar()
		case "severity":
			a.severity = r.scalar()
		case "service":
			a.service = r.scalar()
		case "url":
			a.url = r.scalar()
		case "labels":
			a.labels = r.texts(r.scalar)
		default:
			r.skip()
		}
	})
}

// generic reads one alert or a list of them, by the integration's mapping if it has one.
func generic(o Options, body []byte) ([]Signal, error) {
	if o.Mapper != nil {
		return o.Mapper.decode(body)
	}
	list, err := oneOrMany(body, (*genericAlert).read)
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
func oneOrMany[T any](body []byte, one func(*T, *reader)) ([]T, error) {
	var list []T
	err := parse(body, func(r *reader) {
		if r.next() != '[' {
			list = make([]T, 1)
			one(&list[0], r)
			return
		}
		r.list(func(int) {
			list = append(list, *new(T))
			one(&list[len(list)-1], r)
		})
	})
	return list, err
}

func (s *Signal) generic(a *genericAlert, i int) error {
	if oneLine(a.title) == "" {
		return refuse(Invalid, `Alert %d of the body has no title. Send at least {"title": "What is wrong"}.`, i+1)
	}
	status, ok := genericStatus[strings.ToLower(a.status)]
	if !ok {
		return refuse(Invalid, `The status of alert %d must be "firing" or "resolved", not %q.`, i+1, cut(oneLine(a.status), 40))
	}
	s.Status = status
	s.Key, s.Title, s.Description, s.Service, s.Labels = a.fingerprint, a.title, a.description, a.service, a.labels
	if a.severity == "" {
		a.severity = a.labels["severity"]
	}
	s.severe(a.severity)
	s.link(LinkSource, "Source", a.url)
	return nil
}

var genericStatus = map[string]Status{"": Firing, "firing": Firing, "resolved": Resolved, "acknowledged": Acknowledged}
