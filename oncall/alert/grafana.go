package alert

import (
	"maps"
	"slices"
	"strings"
)

// grafanaBody is the payload of the webhook contact point of Grafana's unified alerting
// (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/):
// Alertmanager's, and more.
type grafanaBody struct {
	Status          string         `json:"status"`
	GroupKey        string         `json:"groupKey"`
	TruncatedAlerts int            `json:"truncatedAlerts"`
	Alerts          []grafanaAlert `json:"alerts"`
	RuleName        string         `json:"ruleName"` // of legacy alerting only
}

type grafanaAlert struct {
	alertmanagerAlert
	SilenceURL   string            `json:"silenceURL"`
	DashboardURL string            `json:"dashboardURL"`
	PanelURL     string            `json:"panelURL"`
	ImageURL     string            `json:"imageURL"`
	Values       map[string]scalar `json:"values"`
}

func grafana(_ Options, body []byte) ([]Signal, error) {
	var b grafanaBody
	if err := unmarshal(body, &b); err != nil {
		return nil, err
	}
	switch {
	case b.Alerts == nil && b.RuleName != "":
		return nil, refuse(Invalid, "This is the webhook of Grafana's legacy alerting. Use a contact point of unified alerting, which Grafana has since version 8.")
	case b.Alerts == nil:
		return nil, refuse(Invalid, "This is not the payload of Grafana's webhook: it has no list alerts. Check the integration's source.")
	}
	signals := make([]Signal, len(b.Alerts))
	for i := range b.Alerts {
		a, s := &b.Alerts[i], &signals[i]
		if err := s.prometheus(&a.alertmanagerAlert, i, b.Status); err != nil {
			return nil, err
		}
		if rule := a.Labels["rulename"]; rule != "" && strings.HasPrefix(a.Labels["alertname"], "Datasource") {
			s.Title = rule + ": " + s.Title // DatasourceNoData and DatasourceError say of which rule
		}
		s.Group = b.GroupKey
		s.values(a.Values)
		s.link(LinkGraph, "Panel", a.PanelURL)
		s.link(LinkDashboard, "Dashboard", a.DashboardURL)
		s.annotated(a.Annotations)
		s.link(LinkSource, "Rule", a.GeneratorURL)
		s.link(LinkSilence, "Silence in Grafana", a.SilenceURL)
		s.link(LinkGraph, "Picture", a.ImageURL)
		s.truncated(b.TruncatedAlerts)
	}
	return signals, nil
}

// values writes what was measured below the description.
func (s *Signal) values(values map[string]scalar) {
	if len(values) == 0 {
		return
	}
	parts := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, name+" = "+string(values[name]))
	}
	s.Description = strings.TrimSpace(s.Description + "\n" + strings.Join(parts, ", "))
}
