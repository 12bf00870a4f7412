package alert

import (
	"maps"
	"slices"
	"strings"
)

// grafana reads the payload of the webhook contact point of Grafana's unified alerting
// (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/):
// Alertmanager's, and more.
func grafana(_ Options, body []byte) ([]Signal, error) {
	var b promBody
	if err := parse(body, b.read); err != nil {
		return nil, err
	}
	switch {
	case !b.listed && b.ruleName != "":
		return nil, refuse(Invalid, "This is the webhook of Grafana's legacy alerting. Use a contact point of unified alerting, which Grafana has since version 8.")
	case !b.listed:
		return nil, refuse(Invalid, "This is not the payload of Grafana's webhook: it has no list alerts. Check the integration's source.")
	}
	signals := make([]Signal, len(b.alerts))
	for i := range b.alerts {
		a, s := &b.alerts[i], &signals[i]
		if err := s.prometheus(&b, a, i); err != nil {
			return nil, err
		}
		if rule := a.labels["rulename"]; rule != "" && strings.HasPrefix(a.labels["alertname"], "Datasource") {
			s.Title = rule + ": " + s.Title // DatasourceNoData and DatasourceError say of which rule
		}
		s.values(a.values)
		s.link(LinkGraph, "Panel", a.panelURL)
		s.link(LinkDashboard, "Dashboard", a.dashboardURL)
		s.annotated(a.annotations)
		s.link(LinkSource, "Rule", a.generatorURL)
		s.link(LinkSilence, "Silence in Grafana", a.silenceURL)
		s.link(LinkGraph, "Picture", a.imageURL)
	}
	return firingFirst(signals), nil
}

// values writes what was measured below the description.
func (s *Signal) values(values map[string]string) {
	if len(values) == 0 {
		return
	}
	parts := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, name+" = "+values[name])
	}
	s.Description = strings.TrimSpace(s.Description + "\n" + strings.Join(parts, ", "))
}
