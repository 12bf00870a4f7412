package alert

import "slices"

// promBody is what the payloads of Alertmanager and Grafana have in common.
type promBody struct {
	status, groupKey, externalURL, ruleName string
	truncated                               int
	alerts                                  []promAlert
	listed                                  bool // there is a list of alerts, be it empty
}

// promAlert is one alert in it. What stands in the second row is Grafana's.
type promAlert struct {
	status, startsAt, endsAt, generatorURL, fingerprint string
	silenceURL, dashboardURL, panelURL, imageURL        string
	labels, annotations, values                         map[string]string
}

// read reads a payload; other keys are passed.
func (b *promBody) read(r *reader) {
	r.object(func(key []byte) {
		switch string(key) {
		case "status":
			b.status = r.text()
		case "groupKey":
			b.groupKey = r.text()
		case "externalURL":
			b.externalURL = r.text()
		case "ruleName":
			b.ruleName = r.scalar()
		case "truncatedAlerts":
			b.truncated = r.number()
		case "alerts":
			b.listed = r.list(func(int) {
				b.alerts = append(b.alerts, promAlert{})
				b.alerts[len(b.alerts)-1].read(r)
			})
		default:
			r.skip()
		}
	})
}

func (a *promAlert) read(r *reader) {
	r.object(func(key []byte) {
		switch string(key) {
		case "status":
			a.status = r.text()
		case "labels":
			a.labels = r.texts(r.text)
		case "annotations":
			a.annotations = r.texts(r.text)
		case "startsAt":
			a.startsAt = r.text()
		case "endsAt":
			a.endsAt = r.text()
		case "generatorURL":
			a.generatorURL = r.text()
		case "fingerprint":
			a.fingerprint = r.text()
		case "silenceURL":
			a.silenceURL = r.text()
		case "dashboardURL":
			a.dashboardURL = r.text()
		case "panelURL":
			a.panelURL = r.text()
		case "imageURL":
			a.imageURL = r.text()
		case "values":
			a.values = r.texts(r.scalar)
		default:
			r.skip()
		}
	})
}

// alertmanager reads the payload of Alertmanager's webhook, version 4
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
func alertmanager(_ Options, body []byte) ([]Signal, error) {
	var b promBody
	if err := parse(body, b.read); err != nil {
		return nil, err
	}
	if !b.listed {
		return nil, refuse(Invalid, "This is not the payload of Alertmanager's webhook: it has no list alerts. Check the integration's source.")
	}
	signals := make([]Signal, len(b.alerts))
	for i := range b.alerts {
		a, s := &b.alerts[i], &signals[i]
		if err := s.prometheus(&b, a, i); err != nil {
			return nil, err
		}
		s.Links = make([]Link, 0, 3)
		s.link(LinkGraph, "Graph", a.generatorURL)
		s.annotated(a.annotations)
		s.link(LinkSource, "Alertmanager", b.externalURL)
	}
	return firingFirst(signals), nil
}

// firingFirst puts what fires before what is over. The payload shows a whole group at one
// moment: read in its own order, the group would be over, and its page too, before the rest of
// it fires.
func firingFirst(signals []Signal) []Signal {
	slices.SortStableFunc(signals, func(a, b Signal) int {
		switch {
		case a.Status == b.Status:
			return 0
		case a.Status == Firing:
			return -1
		}
		return 1
	})
	return signals
}

// prometheus fills in what Alertmanager and Grafana say in the same way.
func (s *Signal) prometheus(b *promBody, a *promAlert, i int) error {
	if len(a.labels) == 0 && len(a.annotations) == 0 && a.fingerprint == "" {
		return refuse(Invalid, "alerts[%d] is empty: it has neither labels nor annotations.", i)
	}
	if a.status == "" {
		a.status = b.status
	}
	switch a.status {
	case "firing":
		s.Status = Firing
	case "resolved":
		s.Status = Resolved
		s.Ends = s.time("endsAt", a.endsAt)
	default:
		return refuse(Invalid, `The status of alerts[%d] must be "firing" or "resolved", not %q.`, i, cut(oneLine(a.status), 40))
	}
	s.Key, s.Group = a.fingerprint, b.groupKey
	s.Labels = a.labels
	s.Starts = s.time("startsAt", a.startsAt)
	s.severe(a.labels["severity"])
	name, summary := a.labels["alertname"], a.annotations["summary"]
	if summary == "" {
		summary = a.annotations["message"] // what rules had before summary became the custom
	}
	switch {
	case summary == "" || name == "":
		s.Title = name + summary
	default:
		s.Title = name + ": " + summary
	}
	s.Description = a.annotations["description"]
	if b.truncated > 0 {
		s.note("The source left out %d more alerts of this group: raise max_alerts, or remove it.", b.truncated)
	}
	return nil
}

// annotated adds the links that rules carry in their annotations by custom.
func (s *Signal) annotated(annotations map[string]string) {
	for _, l := range annotationLinks {
		s.link(l.kind, l.text, annotations[l.name])
	}
}

var annotationLinks = []struct {
	name string
	kind LinkKind
	text string
}{
	{"runbook_url", LinkRunbook, "Runbook"},
	{"runbook", LinkRunbook, "Runbook"},
	{"dashboard_url", LinkDashboard, "Dashboard"},
	{"dashboard", LinkDashboard, "Dashboard"},
}
