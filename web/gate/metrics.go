package gate

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keydesk/models/verify"
)

// sampleEvery says how few checks are timed: a histogram on each would cost as much as a decision.
const sampleEvery = 64

// metrics are the gate's own, in a registry of their own.
type metrics struct {
	now     func() time.Time
	checks  atomic.Uint64
	latency prometheus.Histogram
	serve   http.Handler
}

func newMetrics(g *verify.Gate, now func() time.Time, also []prometheus.Collector) *metrics {
	m := &metrics{now: now, latency: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "keydesk_gate_check_seconds", Help: "Time in the handler of /gate/check, of every 64th request.",
		Buckets: []float64{2e-6, 5e-6, 10e-6, 20e-6, 50e-6, 100e-6, 500e-6, 1e-3, 10e-3, 100e-3},
	})}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.latency, gateCollector{g}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(also...)
	m.serve = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2})
	return m
}

// begin starts the clock for one check of many.
func (m *metrics) begin() (start time.Time, sampled bool) {
	if m.checks.Add(1)%sampleEvery != 0 {
		return start, false
	}
	return m.now(), true
}

func (m *metrics) end(start time.Time) { m.latency.Observe(m.now().Sub(start).Seconds()) }

// gateCollector reads the gate's figures when it is asked, so that a check pays for none of this.
type gateCollector struct{ gate *verify.Gate }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("keydesk_gate_"+name, help, labels, nil)
}

// figure is one number that a gate says about itself.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(verify.Stats) float64
}

func gauge(name, help string, of func(verify.Stats) float64) figure {
	return figure{describe(name, help), prometheus.GaugeValue, of}
}

func counter(name, help string, of func(verify.Stats) float64) figure {
	return figure{describe(name, help), prometheus.CounterValue, of}
}

var decisionsDesc = describe("decisions_total", "Decisions by outcome.", "outcome")

var figures = []figure{
	gauge("ready", "1 while the gate has loaded and its lease runs.", func(s verify.Stats) float64 { return oneIf(s.Ready) }),
	gauge("revision_applied", "The newest change that checks know.", func(s verify.Stats) float64 { return float64(s.Applied) }),
	gauge("revision_enforced", "The newest change that the gate's row says is enforced.", func(s verify.Stats) float64 { return float64(s.Enforced) }),
	gauge("changes_waiting", "Changes that the gate has read and does not enforce yet. What it cannot read it does not know: see lease_age_seconds.",
		func(s verify.Stats) float64 { return float64(s.Waiting) }),
	gauge("changes_waiting_seconds", "How long the oldest of these changes waits.", func(s verify.Stats) float64 { return s.WaitsFor.Seconds() }),
	gauge("lease_age_seconds", "Time since the beat that the lease began with.", func(s verify.Stats) float64 { return s.LeaseAge.Seconds() }),
	gauge("stale_for_seconds", "How long the gate answers after it has lost the database.", func(s verify.Stats) float64 { return s.StaleFor.Seconds() }),
	gauge("flush_lag_seconds", "Age of the oldest use that is not written.", func(s verify.Stats) float64 { return s.FlushLag.Seconds() }),
	counter("flush_failures_total", "Flushes of uses that failed; what they held is kept and sent again.", func(s verify.Stats) float64 { return float64(s.Unflushed) }),
	gauge("keys", "Keys in memory.", func(s verify.Stats) float64 { return float64(s.Keys) }),
	gauge("secrets", "Secrets in memory.", func(s verify.Stats) float64 { return float64(s.Secrets) }),
	gauge("time_travel", "1 while the database went back in time and is not accepted: nothing is answered.", func(s verify.Stats) float64 { return oneIf(s.TimeTravel) }),
	gauge("journal_failing", "1 while the revocation journal cannot be written.", func(s verify.Stats) float64 { return oneIf(s.JournalFailing) }),
	counter("uses_folded_total", "Uses counted as other because memory is bounded.", func(s verify.Stats) float64 { return float64(s.Folded) }),
}

func (c gateCollector) Describe(to chan<- *prometheus.Desc) {
	to <- decisionsDesc
	for _, f := range figures {
		to <- f.desc
	}
}

func (c gateCollector) Collect(to chan<- prometheus.Metric) {
	s := c.gate.Stats()
	for outcome, n := range s.Decisions {
		to <- prometheus.MustNewConstMetric(decisionsDesc, prometheus.CounterValue, float64(n), string(outcome))
	}
	for _, f := range figures {
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(s))
	}
}

func oneIf(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
