package alert

import "encoding/json"

// RoutingKey is the routing key of an event in PagerDuty's shape, by which its sender
// is known; empty: it has none.
func RoutingKey(body []byte) string {
	var b struct {
		Key string `json:"routing_key"`
	}
	if len(body) > MaxBody || json.Unmarshal(trimBody(body), &b) != nil {
		return ""
	}
	return b.Key
}
