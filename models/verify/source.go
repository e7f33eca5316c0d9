// Package verify is the hot path: is this secret good for this scope, now?
//
// A gate holds every secret whose record is kept in memory, dead ones too, so that it can name the refusal. A check touches
// memory only. What keeps the memory true is the protocol in protocol.go; what a check saw is counted in uses.go and written in
// batches by flush.go, which never blocks an answer.
package verify

import (
	"context"
	"time"

	"keydesk/models"
)

// Source is what a gate needs of the database. Every error means: not done, or nobody knows.
type Source interface {
	// Beat writes the gate's own row and commits it; the answer's SeenAt is the database's clock.
	Beat(ctx context.Context, own models.Gate) (models.Gate, error)
	// Load streams everything out of one snapshot and answers the newest change in it and the database's clock.
	Load(ctx context.Context, into models.Loaded) (models.Change, time.Time, error)
	// Feed reads, in a transaction of its own, what changed after a revision. From is the row of that revision, as Last is
	// where nothing followed; More says that the head is further on.
	Feed(ctx context.Context, after int64) (models.Feed, error)
	// Flush adds up what a gate counted, once for each sequence of a gate.
	Flush(ctx context.Context, f models.Flush) error
	// Leave deletes the gate's row.
	Leave(ctx context.Context, gateID string) error
}
