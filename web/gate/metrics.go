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

func newMetrics(g *verify.Gate, now func() time.Time) *metrics {
	m := &metrics{now: now, latency: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "keydesk_gate_check_seconds", Help: "Time in the handler of /gate/check, of every 64th request.",
		Buckets: []float64{2e-6, 5e-6, 10e-6, 20e-6, 50e-6, 100e-6, 500e-6, 1e-3, 10e-3, 100e-3},
	})}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.latency, gateCollector{g}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
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

var (
	decisionsDesc = describe("decisions_total", "Decisions by outcome.", "outcome")
	readyDesc     = describe("ready", "1 while the gate has loaded and its lease runs.")
	appliedDesc   = describe("revision_applied", "The newest change that checks know.")
	enforcedDesc  = describe("revision_enforced", "The newest change that the gate's row says is enforced.")
	leaseDesc     = describe("lease_age_seconds", "Time since the beat that the lease began with.")
	lagDesc       = describe("flush_lag_seconds", "Age of the oldest use that is not written.")
	keysDesc      = describe("keys", "Keys in memory.")
	secretsDesc   = describe("secrets", "Secrets in memory.")
	travelDesc    = describe("time_travel", "1 while the database went back in time and is not accepted: nothing is answered.")
	journalDesc   = describe("journal_failing", "1 while the revocation journal cannot be written.")
	foldedDesc    = describe("uses_folded_total", "Uses counted as other because memory is bounded.")
)

func (c gateCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		decisionsDesc, readyDesc, appliedDesc, enforcedDesc, leaseDesc, lagDesc, keysDesc, secretsDesc, foldedDesc, travelDesc, journalDesc,
	} {
		to <- d
	}
}

func (c gateCollector) Collect(to chan<- prometheus.Metric) {
	s := c.gate.Stats()
	for outcome, n := range s.Decisions {
		to <- prometheus.MustNewConstMetric(decisionsDesc, prometheus.CounterValue, float64(n), string(outcome))
	}
	for d, v := range map[*prometheus.Desc]float64{
		readyDesc: oneIf(s.Ready), travelDesc: oneIf(s.TimeTravel), journalDesc: oneIf(s.JournalFailing),
		appliedDesc: float64(s.Applied), enforcedDesc: float64(s.Enforced),
		leaseDesc: s.LeaseAge.Seconds(), lagDesc: s.FlushLag.Seconds(),
		keysDesc: float64(s.Keys), secretsDesc: float64(s.Secrets),
	} {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	to <- prometheus.MustNewConstMetric(foldedDesc, prometheus.CounterValue, float64(s.Folded))
}

func oneIf(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
