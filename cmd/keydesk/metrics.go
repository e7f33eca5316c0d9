package main

import (
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keydesk/models"
)

// deskMetrics are what a process tells beside the figures of its gate: of itself, and of what only the database knows, which
// every process of one database tells alike.
type deskMetrics struct {
	h       *host
	started time.Time
	figures figures
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("keydesk_"+name, help, labels, nil)
}

const (
	ofAll   = " The same from every process of one database; read every 15 seconds, and left as it was while the database does not answer."
	counted = " The same from every process of one database; counted once a minute at most, and less often where that takes long: see keydesk_keys_counted_timestamp_seconds."
)

var (
	buildDesc     = desc("build_info", "Always 1; the labels say what runs.", "version", "go_version", "database")
	upDesc        = desc("database_up", "1 while the database answers: asked every 15 seconds.")
	readDesc      = desc("database_read_timestamp_seconds", "When the database was read last for these metrics.")
	connsDesc     = desc("database_connections", "Connections of this process to the database, by pool and state (in_use, idle).", "pool", "state")
	mostConnsDesc = desc("database_connections_max", "The most connections that a pool may have.", "pool")
	waitsDesc     = desc("database_connection_waits_total", "How often somebody waited for a connection of the pool.", "pool")
	waitedDesc    = desc("database_connection_wait_seconds_total", "How long they waited, all together.", "pool")

	headDesc      = desc("revision_newest", "The newest change that gates are to know."+ofAll)
	gatesDesc     = desc("gates", "Gates by standing: answers, behind, silent, loads, travels, gone."+ofAll, "standing")
	behindDesc    = desc("gates_behind_changes", "Changes that the slowest gate which may answer does not enforce."+ofAll)
	behindForDesc = desc("gates_behind_seconds", "How long the oldest of these changes waits."+ofAll)

	keysDesc      = desc("keys", "Keys by state: active, disabled, expired, revoked."+counted, "state")
	expiringDesc  = desc("keys_expiring", "Living keys that expire within so many days."+counted, "days")
	accountsDesc  = desc("service_accounts", "Service accounts by state: active, suspended, expired."+counted, "state")
	countedAtDesc = desc("keys_counted_timestamp_seconds", "When keys and accounts were counted last.")

	jobFailuresDesc = desc("job_failures_total", "Runs of a regular job that failed.", "name")
	jobFailingDesc  = desc("job_failing", "1 where the last run of a regular job failed.", "name")
	jobSuccessDesc  = desc("job_last_success_timestamp_seconds", "When a regular job succeeded last in this process; before it did, when the process started.", "name")

	signInsDesc = desc("sign_ins_refused_total", "Sign-ins that this process refused, by reason: failed, locked, rate, link.", "reason")
)

var deskDescs = []*prometheus.Desc{
	buildDesc, upDesc, readDesc, connsDesc, mostConnsDesc, waitsDesc, waitedDesc, headDesc, gatesDesc, behindDesc, behindForDesc,
	keysDesc, expiringDesc, accountsDesc, countedAtDesc, jobFailuresDesc, jobFailingDesc, jobSuccessDesc, signInsDesc,
}

// Describe is of prometheus.Collector.
func (m *deskMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range deskDescs {
		to <- d
	}
}

// Collect is of prometheus.Collector. Nothing in it asks the database.
func (m *deskMetrics) Collect(to chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	send(buildDesc, prometheus.GaugeValue, 1, version, runtime.Version(), m.h.databaseKind())
	for reason, n := range m.h.People.Refused() {
		send(signInsDesc, prometheus.CounterValue, float64(n), reason)
	}
	m.collectPools(send)
	m.collectJobs(send)
	m.collectFigures(send)
}

type sendMetric func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string)

func (m *deskMetrics) collectPools(send sendMetric) {
	for pool, s := range m.h.Store.Stats() {
		send(connsDesc, prometheus.GaugeValue, float64(s.InUse), pool, "in_use")
		send(connsDesc, prometheus.GaugeValue, float64(s.Idle), pool, "idle")
		send(mostConnsDesc, prometheus.GaugeValue, float64(s.MaxOpenConnections), pool)
		send(waitsDesc, prometheus.CounterValue, float64(s.WaitCount), pool)
		send(waitedDesc, prometheus.CounterValue, s.WaitDuration.Seconds(), pool)
	}
}

func (m *deskMetrics) collectJobs(send sendMetric) {
	for name := range jobWords {
		r := m.h.jobs.of(name)
		send(jobFailuresDesc, prometheus.CounterValue, float64(r.failures), string(name))
		send(jobFailingDesc, prometheus.GaugeValue, oneIf(r.failing), string(name))
		if r.succeeded.IsZero() { // so that what never succeeds grows old, too
			r.succeeded = m.started
		}
		send(jobSuccessDesc, prometheus.GaugeValue, unix(r.succeeded), string(name))
	}
}

func (m *deskMetrics) collectFigures(send sendMetric) {
	f := m.figures.seen()
	send(upDesc, prometheus.GaugeValue, oneIf(f.up))
	if f.readAt.IsZero() {
		return
	}
	send(readDesc, prometheus.GaugeValue, unix(f.readAt))
	send(headDesc, prometheus.GaugeValue, float64(f.head))
	send(behindDesc, prometheus.GaugeValue, float64(f.behind))
	send(behindForDesc, prometheus.GaugeValue, f.behindFor.Seconds())
	for _, s := range models.GateStandings {
		send(gatesDesc, prometheus.GaugeValue, float64(f.gates[s]), string(s))
	}
	if f.countedAt.IsZero() {
		return
	}
	send(countedAtDesc, prometheus.GaugeValue, unix(f.countedAt))
	for state, n := range f.keys.Keys {
		send(keysDesc, prometheus.GaugeValue, float64(n), string(state))
	}
	for days, n := range f.keys.Expiring {
		send(expiringDesc, prometheus.GaugeValue, float64(n), strconv.Itoa(days))
	}
	for state, n := range f.keys.Accounts {
		send(accountsDesc, prometheus.GaugeValue, float64(n), string(state))
	}
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
