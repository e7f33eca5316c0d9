package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"keydesk/models/manage"
)

// How often the regular jobs run.
const (
	veryOften   = 2 * time.Second
	everyMinute = time.Minute
	everyHour   = time.Hour
)

// lastWords bounds how long a stop waits for what was counted of strangers' refusals.
const lastWords = 5 * time.Second

// jobName is a regular job, as metrics name it.
type jobName string

const (
	jobSignHead jobName = "sign_audit_head"
	jobSessions jobName = "clear_sessions"
	jobKeys     jobName = "sweep_keys"
	jobCompact  jobName = "compact_usage"
	jobDrafts   jobName = "purge_drafts"
	jobGates    jobName = "purge_gates"
	jobCalls    jobName = "purge_calls"
	jobTokens   jobName = "reload_token_keys"
	jobAccept   jobName = "accept_restored"
)

// jobWords are what the log calls them.
var jobWords = map[jobName]string{
	jobSignHead: "sign the audit log's head",
	jobSessions: "clear expired sessions and write the count of refusals",
	jobKeys:     "take expired keys out of the lists",
	jobCompact:  "compact usage",
	jobDrafts:   "purge drafts of operations",
	jobGates:    "forget gates that went without leaving",
	jobCalls:    "forget old Idempotency-Keys, old operations of the API, and tokens that have ended",
	jobTokens:   "read the keys of IAM tokens again",
	jobAccept:   "accept the database that went back in time",
}

// jobRecord is what became of a job in this process.
type jobRecord struct {
	failures  int
	failing   bool      // the last run failed
	succeeded time.Time // zero: not yet
}

// jobTally keeps what became of each job. Its zero value is ready.
type jobTally struct {
	mu sync.Mutex
	by map[jobName]jobRecord
}

func (t *jobTally) add(name jobName, err error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = map[jobName]jobRecord{}
	}
	r := t.by[name]
	if r.failing = err != nil; r.failing {
		r.failures++
	} else {
		r.succeeded = now
	}
	t.by[name] = r
}

func (t *jobTally) of(name jobName) jobRecord {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.by[name]
}

// runJobs signs the audit log's head, clears expired sessions and sweeps the lists of keys every minute, and compacts
// usage, purges drafts and what is kept of calls, and forgets gates that are gone every hour, until the context ends.
func (h *host) runJobs(ctx context.Context, signer manage.Signer) {
	minute, hour := time.NewTicker(everyMinute), time.NewTicker(everyHour)
	defer minute.Stop()
	defer hour.Stop()
	for {
		select {
		case <-ctx.Done():
			h.lastSweep(context.WithoutCancel(ctx))
			return
		case now := <-minute.C:
			_, err := h.signHead(ctx, signer)
			h.job(ctx, jobSignHead, err)
			h.job(ctx, jobSessions, h.People.Sweep(ctx))
			h.job(ctx, jobKeys, h.Store.SweepKeys(ctx, now))
		case now := <-hour.C:
			h.job(ctx, jobCompact, h.Store.Compact(ctx, now))
			h.job(ctx, jobDrafts, h.Desk.PurgeDrafts(ctx))
			h.job(ctx, jobGates, h.Store.PurgeGates(ctx, gatesGone))
			h.job(ctx, jobCalls, h.Desk.PurgeCalls(ctx))
		}
	}
}

// watchTokenKeys reads the keys of IAM tokens again and again: another process may have replaced one because it leaked. Of
// failures in a row the log has the first.
func (h *host) watchTokenKeys(ctx context.Context) {
	often := time.NewTicker(veryOften)
	defer often.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-often.C:
			err := h.Desk.Tokens.Reload()
			if err != nil && h.jobs.of(jobTokens).failing {
				h.jobs.add(jobTokens, err, now)
				continue
			}
			h.job(ctx, jobTokens, err)
		}
	}
}

// lastSweep writes what was counted since the last minute.
func (h *host) lastSweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	h.job(ctx, jobSessions, h.People.Sweep(ctx))
}

// job counts a job, and logs one that failed; the next turn tries again.
func (h *host) job(ctx context.Context, name jobName, err error) {
	if err != nil && ctx.Err() != nil { // it was told to stop
		return
	}
	h.jobs.add(name, err, time.Now())
	if err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "a job failed and will be tried again", slog.String("job", jobWords[name]), slog.Any("err", err))
	}
}
