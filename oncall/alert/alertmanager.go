package alert

// alertmanagerBody is the payload of Alertmanager's webhook, version 4
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type alertmanagerBody struct {
	Status          string              `json:"status"`
	GroupKey        string              `json:"groupKey"`
	TruncatedAlerts int                 `json:"truncatedAlerts"`
	ExternalURL     string              `json:"externalURL"`
	Alerts          []alertmanagerAlert `json:"alerts"`
}

type alertmanagerAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

func alertmanager(_ Options, body []byte) ([]Signal, error) {
	var b alertmanagerBody
	if err := unmarshal(body, &b); err != nil {
		return nil, err
	}
	if b.Alerts == nil {
		return nil, refuse(Invalid, "This is not the payload of Alertmanager's webhook: it has no list alerts. Check the integration's source.")
	}
	signals := make([]Signal, len(b.Alerts))
	for i := range b.Alerts {
		a, s := &b.Alerts[i], &signals[i]
		if err := s.prometheus(a, i, b.Status); err != nil {
			return nil, err
		}
		s.Group = b.GroupKey
		s.link(LinkGraph, "Graph", a.GeneratorURL)
		s.annotated(a.Annotations)
		s.link(LinkSource, "Alertmanager", b.ExternalURL)
		s.truncated(b.TruncatedAlerts)
	}
	return signals, nil
}

// prometheus fills in what Alertmanager and Grafana say in the same way.
func (s *Signal) prometheus(a *alertmanagerAlert, i int, whole string) error {
	if len(a.Labels) == 0 && len(a.Annotations) == 0 && a.Fingerprint == "" {
		return refuse(Invalid, "alerts[%d] is empty: it has neither labels nor annotations.", i)
	}
	if a.Status == "" {
		a.Status = whole
	}
	switch a.Status {
	case "firing":
		s.Status = Firing
	case "resolved":
		s.Status = Resolved
		s.Ends = s.time("endsAt", a.EndsAt)
	default:
		return refuse(Invalid, `The status of alerts[%d] must be "firing" or "resolved", not %q.`, i, cut(oneLine(a.Status), 40))
	}
	s.Key = a.Fingerprint
	s.Labels = a.Labels
	s.Starts = s.time("startsAt", a.StartsAt)
	s.severe(a.Labels["severity"])
	name, summary := a.Labels["alertname"], a.Annotations["summary"]
	if summary == "" {
		summary = a.Annotations["message"] // what rules had before summary became the custom
	}
	switch {
	case summary == "" || name == "":
		s.Title = name + summary
	default:
		s.Title = name + ": " + summary
	}
	s.Description = a.Annotations["description"]
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

// truncated notes the alerts of the group that the source did not send (max_alerts).
func (s *Signal) truncated(n int) {
	if n > 0 {
		s.note("The source left out %d more alerts of this group: raise max_alerts, or remove it.", n)
	}
}
