package main

import (
	"context"
	"log/slog"
	"time"

	"keydesk/models/manage"
)

// How often the regular jobs run.
const (
	signEvery  = time.Minute
	sweepEvery = time.Hour
)

// runJobs signs the audit log's head every minute and clears away what has expired every hour, until the context ends.
func (h *host) runJobs(ctx context.Context, signer manage.Signer) {
	sign, sweep := time.NewTicker(signEvery), time.NewTicker(sweepEvery)
	defer sign.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sign.C:
			_, err := h.Desk.SignHead(ctx, signer)
			h.job(ctx, "sign the audit log's head", err)
		case now := <-sweep.C:
			h.job(ctx, "clear expired sessions", h.People.Sweep(ctx))
			h.job(ctx, "compact usage", h.Store.Compact(ctx, now))
		}
	}
}

// job logs a job that failed; the next turn tries again.
func (h *host) job(ctx context.Context, name string, err error) {
	if err != nil && ctx.Err() == nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "a job failed and will be tried again", slog.String("job", name), slog.Any("err", err))
	}
}
