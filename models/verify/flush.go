package verify

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"keydesk/models"
)

const (
	flushRows   = 1000 // uses of one flush, before the next one begins
	maxRedigest = 1000 // waiting digests; more are queued at their next use
	sendFor     = 5 * time.Second
	confirmFor  = 500 * time.Millisecond // how long recording may hold back what is published as enforced
)

// flusher writes what was counted, in order and each batch once: a batch that may not have arrived is sent again under the
// same sequence before anything newer.
type flusher struct {
	gate *Gate
	soon chan struct{}
	turn chan struct{} // holds the one right to send, and to what follows

	queue   []models.Flush
	next    int64
	failing bool // so that a failure is logged once

	oldest   atomic.Int64  // when the oldest use in the queue was counted
	failures atomic.Uint64 // sends that failed

	mu      sync.Mutex
	digests []models.Redigest
}

func newFlusher(g *Gate) *flusher {
	return &flusher{gate: g, soon: make(chan struct{}, 1), turn: make(chan struct{}, 1), next: 1}
}

// now asks for a flush at once, without waiting for it.
func (f *flusher) now() {
	select {
	case f.soon <- struct{}{}:
	default:
	}
}

func (f *flusher) redigest(r models.Redigest) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.digests) >= maxRedigest {
		return false
	}
	if slices.Contains(f.digests, r) {
		return true
	}
	f.digests = append(f.digests, r)
	return true
}

func (f *flusher) run(ctx context.Context) {
	tick := time.NewTicker(f.gate.cfg.Flush)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.soon:
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, sendFor)
		_ = f.send(limited) // reported, and tried again
		cancel()
	}
}

// beforePublishing writes what was counted before a change, so that a confirmed answer can say when the key was accepted
// last. A database that does not take it in time holds no confirmation back.
func (f *flusher) beforePublishing(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, confirmFor)
	defer cancel()
	_ = f.send(ctx) // reported, and tried again
}

func (f *flusher) report(err error) {
	if err != nil {
		f.failures.Add(1)
	}
	switch {
	case err != nil && !f.failing:
		f.gate.cfg.Log.Warn("gate: uses are not written; they are kept and sent again", slog.Any("err", err))
	case err == nil && f.failing:
		f.gate.cfg.Log.Info("gate: uses are written again")
	}
	f.failing = err != nil
}

// send writes the queue, then what was counted meanwhile. One caller at a time; the others wait for their turn.
func (f *flusher) send(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	err := f.sendQueue(ctx)
	if err == nil {
		f.collect()
		err = f.sendQueue(ctx)
	}
	f.report(err)
	return err
}

func (f *flusher) sendQueue(ctx context.Context) error {
	for len(f.queue) > 0 {
		if err := f.gate.cfg.Source.Flush(ctx, f.queue[0]); err != nil {
			return err
		}
		f.queue = f.queue[1:]
	}
	f.queue = nil
	f.oldest.Store(0)
	return nil
}

// drain sends until nothing is left or the context ends.
func (f *flusher) drain(ctx context.Context) error {
	for {
		err := f.send(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(f.gate.cfg.Poll):
		}
	}
}

// collect takes what was counted and cuts it into numbered batches. The uses of a key and its last request stay together.
func (f *flusher) collect() {
	t := f.gate.uses.take(f.gate.clock.now(f.gate.cfg.Now()))
	f.oldest.Store(t.oldest)
	f.mu.Lock()
	batch := models.Flush{Redigest: f.digests}
	f.digests = nil
	f.mu.Unlock()
	for i := range t.keys {
		k := &t.keys[i]
		batch.Last = append(batch.Last, f.lastUsed(k))
		for _, c := range k.counters {
			batch.Uses = append(batch.Uses, f.use(c, batch.Last[len(batch.Last)-1]))
		}
		f.cut(&batch, flushRows)
	}
	for u, n := range t.unknown {
		batch.Unknown = append(batch.Unknown, models.UnknownUse{Network: u.network.String(), Bucket: bucket(u.hour), Count: n})
		f.cut(&batch, flushRows)
	}
	f.cut(&batch, 1)
}

// cut queues the batch where it has that many rows, sorted, so that gates lock rows in one order.
func (f *flusher) cut(b *models.Flush, rows int) {
	if len(b.Uses)+len(b.Last)+len(b.Unknown)+len(b.Redigest) < rows {
		return
	}
	slices.SortFunc(b.Uses, func(x, y models.Use) int { return strings.Compare(x.KeyID, y.KeyID) })
	slices.SortFunc(b.Last, func(x, y models.LastUsed) int { return strings.Compare(x.KeyID, y.KeyID) })
	slices.SortFunc(b.Unknown, func(x, y models.UnknownUse) int { return strings.Compare(x.Network, y.Network) })
	b.GateID, b.Sequence = f.gate.cfg.ID, f.next
	f.next++
	f.queue = append(f.queue, *b)
	*b = models.Flush{}
}

func (f *flusher) use(c counter, of models.LastUsed) models.Use {
	return models.Use{
		KeyID: of.KeyID, AccountID: of.AccountID, SecretID: c.secret.String(), Bucket: bucket(c.hour),
		Requested: f.gate.table.name(c.requested), Granted: f.gate.table.name(c.granted), Outcome: outcomeNames[c.outcome],
		Network: c.network.String(), Count: c.n, Further: c.further, LastAt: time.UnixMicro(c.last).UTC(),
	}
}

func (f *flusher) lastUsed(k *takenKey) models.LastUsed {
	return models.LastUsed{
		KeyID: k.key.String(), AccountID: k.account, FolderID: k.folder, Allowed: f.sighting(k.allowed), Refused: f.sighting(k.refused),
	}
}

func (f *flusher) sighting(s sighting) models.Sighting {
	if s.at == 0 {
		return models.Sighting{}
	}
	address := ""
	if s.source.IsValid() {
		address = s.source.String()
	}
	return models.Sighting{
		At: time.UnixMicro(s.at).UTC(), Scope: f.gate.table.name(s.scope), Address: address, Agent: s.agent,
		Reason: outcomeNames[s.outcome],
	}
}

func bucket(hour int32) time.Time { return time.Unix(int64(hour)*3600, 0).UTC() }
