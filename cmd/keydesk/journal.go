package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"keydesk/models"
	"keydesk/models/journal"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/verify"
)

const journalFile = "revocations.jsonl"

// JournalFlag is for every command that runs a gate, or answers for one.
type JournalFlag struct {
	RevocationJournal string `help:"A file outside the database of what is revoked, so that a restored database brings nothing back; kept apart from the database's backups (default: <data-dir>/revocations.jsonl)." env:"KEYDESK_REVOCATION_JOURNAL" placeholder:"FILE" type:"path"`
}

func (f JournalFlag) journalPath(set *Settings) string {
	if f.RevocationJournal != "" {
		return f.RevocationJournal
	}
	return filepath.Join(set.DataDir, journalFile)
}

// kept is the journal that this process writes, and what it said when it was opened.
type kept struct {
	*journal.Journal
	said models.Journaled
}

// openJournal opens the journal, and holds the database against it before anything is answered. What the database has
// forgotten is merged; a database of which nobody knows what it has forgotten is refused.
func (h *host) openJournal(ctx context.Context, path string) (*kept, error) {
	k, err := h.readJournal(path)
	if h.Store.Dialect() == store.SQLite { // this process alone serves the file: a gate that is in it is gone
		if err := h.Store.PurgeGates(ctx, -gatesGone); err != nil {
			return nil, err
		}
	}
	if err := h.reconcile(ctx, k, err); err != nil {
		return nil, err
	}
	k.said, _ = journal.Read(path) // as another process may have written since; damage was told
	return k, nil
}

// readJournal opens the journal for a process that keeps it and decides nothing by it: a gate holds the database against it.
func (h *host) readJournal(path string) (*kept, error) {
	j, said, err := journal.Open(path)
	if err != nil {
		h.Log.Error("the revocation journal is damaged: what can be read of it counts", "err", err)
	}
	return &kept{Journal: j, said: said}, err
}

// reconcile merges at a start what the database has forgotten. damage is what is wrong with the journal.
func (h *host) reconcile(ctx context.Context, k *kept, damage error) error {
	history, err := h.Desk.History(ctx, &k.said)
	if err != nil {
		return err
	}
	if history.Problem != "" && damage != nil {
		return fmt.Errorf("the database went back in time (%s), and what it has forgotten cannot be told for sure: %w", history.Problem, damage)
	}
	merged, err := h.Desk.MergeJournal(ctx, journalActor(), &k.said, manage.Merge{Above: -1})
	if err != nil {
		return err
	}
	h.tellMerged(ctx, merged)
	if k.said.Empty() && history.Epoch.Number > 0 {
		h.Log.Warn("the revocation journal is new, and the database is not. Where the database was restored from a copy, what was revoked since that copy "+
			"is not known: stop, and bring the journal back", "journal", k.Path())
	}
	_, err = h.Desk.BeginEpochs(ctx)
	return err
}

// journalActor is Keydesk itself, by its journal.
func journalActor() models.Actor {
	return models.Actor{Type: models.ActorSystem, ID: "keydesk", Name: "keydesk", Method: "journal"}
}

// tellMerged logs what a merge came to, and does beside the database what follows from it.
func (h *host) tellMerged(ctx context.Context, m manage.Merged) {
	if !m.Changed() && m.Epoch == 0 {
		return
	}
	told := "the database went back in time: what the revocation journal knows is done again"
	if m.Problem == "" && !m.Changed() {
		told = "the database is accepted: the revocation journal knows nothing that it has forgotten"
	}
	h.Log.Warn(told, slog.String("problem", m.Problem),
		slog.Int("keys_revoked", m.Revoked), slog.Int("accounts_deleted", m.Deleted), slog.Int("accounts_suspended", m.Suspended),
		slog.Int("secrets_retired", m.Retired), slog.Int("gateways_revoked", m.Gateways), slog.Int("keys_on_hold", m.HeldKeys),
		slog.Int("accounts_on_hold", m.HeldAccounts), slog.Int("unknown_objects", m.UnknownObjects), slog.Int64("new_epoch", m.Epoch))
	if err := h.setHeadAside(ctx); err != nil {
		h.Log.Error("the audit log cannot be signed any more", "err", err)
	}
}

const (
	healEvery  = time.Second // the database may be in the middle of its restore: two looks have to agree
	healAnyway = 10          // looks: others go on changing it
	gatesGone  = 24 * time.Hour
)

// healer accepts a database that went back in time under a running server, where the journal is whole: then a failover
// heals without a restart.
type healer struct {
	host    *host
	journal *kept
	alarms  chan alarm
	gate    func() verify.Stats
}

// alarm is what a gate knew, and what the journal said, when the database went back in time.
type alarm struct {
	known models.Epoch
	said  models.Journaled
	err   error
}

func newHealer(h *host, k *kept) *healer {
	return &healer{host: h, journal: k, alarms: make(chan alarm, 1)}
}

// raise is told by the gate, before the gate loads anything of the database as it is now: what the journal says is read
// here, so that nothing of the new history is in it.
func (r *healer) raise(known models.Epoch) {
	a := alarm{known: known, err: r.journal.Intact()}
	if a.err == nil {
		a.said, a.err = journal.Read(r.journal.Path())
	}
	if a.err == nil && r.gate().JournalFailing {
		a.err = errors.New("the revocation journal cannot be written at the moment, and may lack the last facts")
	}
	if a.err == nil && a.said.Empty() {
		a.err = errors.New("the revocation journal is empty")
	}
	select {
	case r.alarms <- a:
	default: // one is being healed
	}
}

// run heals every alarm until the context ends.
func (r *healer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-r.alarms:
			if a.err != nil {
				r.host.Log.Error("the database is not accepted by itself, for the revocation journal is not whole. Run \"keydesk restore accept\" once you know "+
					"what the database has forgotten; see its --help", "err", a.err)
				continue
			}
			r.heal(ctx, a)
		}
	}
}

// heal merges and accepts until the gate answers again: a restore that is under way may undo what was accepted too early.
// Where another process accepted first, its journal may lack what this one knows: this one is merged all the same.
func (r *healer) heal(ctx context.Context, a alarm) {
	var last models.Standing
	tick := time.NewTicker(healEvery)
	defer tick.Stop()
	for looks, done := 0, false; !done || r.gate().TimeTravel; looks++ {
		now, err := r.host.Desk.History(ctx, &a.said)
		if settled := now.Standing == last || looks > healAnyway; err == nil && settled && now.Last.Revision > 0 {
			merged, err := r.host.Desk.MergeJournal(ctx, journalActor(), &a.said, manage.Merge{Above: a.known.Number})
			r.host.job(ctx, jobAccept, err)
			r.host.tellMerged(ctx, merged)
			done = done || err == nil
		}
		last = now.Standing
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
