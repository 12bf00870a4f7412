package bot

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/watch"
	"github.com/watchbill/watchbill/oncall/paging"
)

// metrics is what the bot exposes about itself.
type metrics struct {
	envelopes  *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	age        *prometheus.HistogramVec
	lateness   prometheus.Histogram
	findings   *prometheus.GaugeVec
	notices    *prometheus.CounterVec
	pings      *prometheus.CounterVec
	audited    prometheus.Gauge
	requests   *prometheus.HistogramVec
	hooks      *prometheus.HistogramVec
	signals    *prometheus.CounterVec
	now        func() time.Time
}

func newMetrics(r *prometheus.Registry, now func() time.Time) *metrics {
	fast := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300, 1800}
	m := &metrics{now: now,
		envelopes: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "watchbill_envelope_seconds",
			Help: "Time from an envelope to its acknowledgement.", Buckets: fast}, []string{"type"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "watchbill_slack_calls_total",
			Help: "Calls of Slack's Web API by method and error code."}, []string{"method", "code"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "watchbill_delivery_attempts_total",
			Help: "Attempts to deliver an effect, by kind and the state it was left in."}, []string{"kind", "state"}),
		age: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "watchbill_delivery_age_seconds",
			Help: "Time from the decision to the settled delivery.", Buckets: fast}, []string{"kind"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "watchbill_escalation_late_seconds",
			Help: "How late due commands were put.", Buckets: fast}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "watchbill_notices_total",
			Help: "Attempts to page somebody outside Slack, by method, provider, what became of it and the provider's code."}, []string{"method", "provider", "class", "code"}),
		pings: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "watchbill_dead_man_pings_total",
			Help: "Pings of the dead man's switch outside, by whether it took them."}, []string{"taken"}),
		findings: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "watchbill_audit_findings",
			Help: "What the last audit found wrong, by rule."}, []string{"rule"}),
		audited: prometheus.NewGauge(prometheus.GaugeOpts{Name: "watchbill_audit_timestamp_seconds",
			Help: "When the last audit ended."}),
		hooks: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "watchbill_hook_seconds",
			Help: "Time from a webhook's request to its answer, by integration and status.", Buckets: fast}, []string{"integration", "status"}),
		signals: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "watchbill_signals_total",
			Help: "What webhooks brought, by integration and by what it said: news, a repeat, or the end of what is unknown."}, []string{"integration", "what"}),
	}
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "watchbill_api_seconds",
		Help: "Time to answer a request to the API on the network, by operation and status.", Buckets: fast}, []string{"operation", "status"})
	r.MustRegister(m.requests, m.hooks, m.signals, m.envelopes, m.calls, m.deliveries, m.age, m.lateness, m.notices, m.pings, m.findings, m.audited)
	return m
}

// gauges say how things stand whenever somebody asks.
func (b *Bot) gauges() []prometheus.Collector {
	return []prometheus.Collector{alertGauges{b.desk},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "watchbill_audit_unjudged", Help: "What pages did that the last audit could not judge."},
			func() float64 { return float64(b.auditor.Unjudged()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "watchbill_sockets", Help: "Socket-mode connections that are open."},
			func() float64 { return float64(b.sockets.State().Connected) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "watchbill_disk_full", Help: "1 while new work is refused because the disk is full."},
			flag(b.disk.Full)),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "watchbill_slack_other_sockets", Help: "Socket-mode connections of the same app that another process holds."},
			func() float64 { return float64(b.company.present()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "watchbill_slack_deaf", Help: "1 while Slack takes messages and brings nothing."},
			flag(func() bool { return !b.ears.deaf().IsZero() })),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "watchbill_media_held", Help: "Media that cannot be reached at the moment."},
			func() float64 { return float64(len(b.courier.Held())) }),
	}
}

// flag is 1 while something holds.
func flag(holds func() bool) func() float64 {
	return func() float64 {
		if holds() {
			return 1
		}
		return 0
	}
}

func (m *metrics) envelope(kind string, took time.Duration) {
	m.envelopes.WithLabelValues(kind).Observe(took.Seconds())
}

func (m *metrics) api(operation string, status int, took time.Duration) {
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) call(method string, took time.Duration, err error) {
	code := "ok"
	if f := slackio.Classify(method, err); f.Class != "" {
		code = f.Code
	}
	m.calls.WithLabelValues(method, code).Inc()
}

func (m *metrics) delivery(kind string, r courier.Result, took, age time.Duration) {
	m.deliveries.WithLabelValues(kind, string(r.State)).Inc()
	m.age.WithLabelValues(kind).Observe(age.Seconds())
}

func (m *metrics) notified(method paging.Method, r notify.Result) {
	m.notices.WithLabelValues(string(method), r.Provider, string(r.Class), r.Code).Inc()
}

func (m *metrics) pinged(err error) { m.pings.WithLabelValues(strconv.FormatBool(err == nil)).Inc() }

func (m *metrics) late(by time.Duration) { m.lateness.Observe(by.Seconds()) }

func (m *metrics) audit(found []watch.Finding) {
	m.findings.Reset()
	for _, f := range found {
		m.findings.WithLabelValues(f.Rule).Inc()
	}
	m.audited.Set(float64(m.now().Unix()))
}

// alertGauges say how the open alerts stand.
type alertGauges struct{ desk *desk.Desk }

var alertsOpen = prometheus.NewDesc("watchbill_alerts", "Open alerts, by how they stand: open are all, silenced, unanswered, folded and stormed some of them.", []string{"as"}, nil)

func (g alertGauges) Describe(ch chan<- *prometheus.Desc) { ch <- alertsOpen }

func (g alertGauges) Collect(ch chan<- prometheus.Metric) {
	c := g.desk.AlertCounts()
	for as, n := range map[string]int{"open": c.Open, "silenced": c.Silenced, "unanswered": c.Unanswered, "folded": c.Folded, "stormed": c.Stormed} {
		ch <- prometheus.MustNewConstMetric(alertsOpen, prometheus.GaugeValue, float64(n), as)
	}
}

// hook is told of each request to a webhook.
func (m *metrics) hook(integration string, status int, heard desk.Heard, took time.Duration) {
	m.hooks.WithLabelValues(integration, strconv.Itoa(status)).Observe(took.Seconds())
	m.count(integration, "repeat", heard.Repeats)
	m.count(integration, "unknown", heard.Unknown)
	m.count(integration, "news", heard.Accepted-heard.Repeats-heard.Unknown)
}

func (m *metrics) count(integration, what string, n int) {
	if n > 0 {
		m.signals.WithLabelValues(integration, what).Add(float64(n))
	}
}
