package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// heartbeatKey is the key of the one alert that a heartbeat has.
const heartbeatKey = "heartbeat"

// heartbeat reads one beat. Any request is one, whatever its body, so that a script, a
// cron job or an always-firing alert of Prometheus can send it; only a body that says
// that something failed raises the alert at once.
func heartbeat(o Options, body []byte) ([]Signal, error) {
	s := Signal{Key: heartbeatKey, Status: Resolved, Title: "Heartbeat " + o.Integration}
	var status, title, text string
	var labels map[string]string
	alerts := false
	notOurs := parse(body, func(r *reader) {
		r.object(func(key []byte) {
			switch string(key) {
			case "status":
				status = strings.ToLower(r.scalar())
			case "title":
				title = r.scalar()
			case "description":
				text = r.scalar()
			case "labels":
				labels = r.texts(r.scalar)
			case "alerts":
				alerts = true
				r.skip()
			default:
				r.skip()
			}
		})
	}) != nil
	if notOurs {
		s.Description = cut(strings.ToValidUTF8(string(body), "\ufffd"), MaxLabelValue)
		return []Signal{s}, nil
	}
	s.Labels, s.Description = labels, text
	switch {
	case status == "resolved" && alerts:
		// The watchdog of Prometheus fires always; resolved means that it is gone.
		s.Status = Firing
		s.Title += ": the alert that should always fire is resolved"
	case failures[status]:
		s.Status = Firing
		if s.Title += ": reported " + status; title != "" {
			s.Title = "Heartbeat " + o.Integration + ": " + title
		}
	}
	return []Signal{s}, nil
}

// failures are the statuses by which a job says that it did not succeed.
var failures = map[string]bool{"fail": true, "failed": true, "failure": true, "error": true, "down": true, "critical": true}

// Silent is the signal of a heartbeat whose beat has not come: every is how often it
// should, last when it last did; a zero last is never. A beat resolves it.
func Silent(integration string, every time.Duration, last time.Time) Signal {
	s := Signal{Key: heartbeatKey, Status: Firing, Count: 1, Title: fmt.Sprintf("Heartbeat %s is silent", integration)}
	if last.IsZero() {
		s.Description = fmt.Sprintf("It should come every %s, and has never come.", oncall.FormatDuration(every))
	} else {
		s.Starts = last.UTC().Add(every).Truncate(time.Microsecond)
		s.Description = fmt.Sprintf("It should come every %s, and came last on %s.", oncall.FormatDuration(every), clock(last.UTC()))
	}
	s.bound()
	return s
}
