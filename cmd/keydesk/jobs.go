package main

import (
	"context"
	"log/slog"
	"time"

	"keydesk/models/manage"
)

// How often the regular jobs run.
const (
	everyMinute = time.Minute
	everyHour   = time.Hour
)

// lastWords bounds how long a stop waits for what was counted of strangers' refusals.
const lastWords = 5 * time.Second

// runJobs signs the audit log's head, clears expired sessions and sweeps the lists of keys every minute, and compacts
// usage, purges drafts and forgets gates that are gone every hour, until the context ends.
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
			h.job(ctx, "sign the audit log's head", err)
			h.job(ctx, "clear expired sessions", h.People.Sweep(ctx))
			h.job(ctx, "take expired keys out of the lists", h.Store.SweepKeys(ctx, now))
		case now := <-hour.C:
			h.job(ctx, "compact usage", h.Store.Compact(ctx, now))
			h.job(ctx, "purge drafts of operations", h.Desk.PurgeDrafts(ctx))
			h.job(ctx, "forget gates that went without leaving", h.Store.PurgeGates(ctx, gatesGone))
		}
	}
}

// lastSweep writes what was counted since the last minute.
func (h *host) lastSweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	h.job(ctx, "write the count of refusals", h.People.Sweep(ctx))
}

// job logs a job that failed; the next turn tries again.
func (h *host) job(ctx context.Context, name string, err error) {
	if err != nil && ctx.Err() == nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "a job failed and will be tried again", slog.String("job", name), slog.Any("err", err))
	}
}
