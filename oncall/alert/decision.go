package alert

import "time"

// Decision is where a signal goes.
type Decision struct {
	Route         string        `json:"route,omitempty"`         // the route that matched; empty: none
	Service       string        `json:"service,omitempty"`       // as configured; empty: none, or one that is not known
	Unknown       string        `json:"unknown,omitempty"`       // what the signal names as its service, if that is not configured and no route sets one
	Escalation    string        `json:"escalation,omitempty"`    // the policy that is paged; empty: there is none
	Channel       string        `json:"channel,omitempty"`       // where the card goes; empty: nowhere
	Severity      Severity      `json:"severity,omitempty"`      // empty counts as error
	Page          bool          `json:"page"`                    // whether this signal pages; an alert pages once one of its members does
	Declare       int           `json:"declare,omitempty"`       // 1 to 4: open an incident of this severity; it pages by itself. 0: none
	Group         string        `json:"group"`                   // signals of one group are one alert; unique among all integrations
	Window        time.Duration `json:"window,omitempty"`        // within it after the first signal, the group stays one alert even if all are resolved; 0: none
	Silenced      string        `json:"silenced,omitempty"`      // the maintenance window that silences it now; empty: none
	SilencedUntil time.Time     `json:"silenced_until,omitzero"` // when that ends
	Why           []string      `json:"why,omitempty"`           // each step of the decision as a sentence
}
