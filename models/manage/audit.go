package manage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// auditBatch is how many events are read at a time.
const auditBatch = 1000

// Signer signs heads of the audit chain. Its key lives outside the database.
type Signer struct{ Key ed25519.PrivateKey }

// KeyID names a public key: the first eight bytes of its SHA-256, in hex.
func KeyID(pub ed25519.PublicKey) string {
	sum := sha256.Sum256(pub)
	return hex.EncodeToString(sum[:8])
}

// Public is the half of the key that verifies.
func (s Signer) Public() ed25519.PublicKey { return s.Key.Public().(ed25519.PublicKey) }

// auditPatience bounds one reading of the log: a long one takes longer than a page may.
const auditPatience = time.Hour

// readLog reads the log in one snapshot, for as long as that takes.
func (d *Desk) readLog(ctx context.Context, read func(tx *store.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	return d.Store.Read(ctx, read)
}

// SignHead signs how far the chain goes now, and keeps that in the database. What was written since the head before is
// verified first: a chain that does not follow from it is not signed. kept is the head that was kept outside the database,
// zero where there is none. An empty chain has no head: Number 0.
func (d *Desk) SignHead(ctx context.Context, s Signer, kept models.Head) (models.Head, error) {
	var before models.Head
	var last models.Event
	err := d.readLog(ctx, func(tx *store.Tx) (err error) {
		if before, err = tx.LastHead(); err != nil {
			return err
		}
		if kept.Number > before.Number {
			before = kept
		}
		last, err = since(tx, s.Public(), before)
		return err
	})
	if err != nil || last.Number == 0 || before.Number == last.Number {
		return before, err
	}
	h := models.Head{Number: last.Number, Hash: last.Hash, SignedAt: d.now(), KeyID: KeyID(s.Public())}
	h.Signature = ed25519.Sign(s.Key, h.Message())
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error { return tx.InsertHead(h) })
	return h, err
}

// since verifies what follows a head, itself included, and gives the last event.
func since(tx *store.Tx, pub ed25519.PublicKey, head models.Head) (models.Event, error) {
	v := verifier{pub: pub}
	if head.Number > 0 {
		v.report.UpTo, v.after = head.Number-1, &head
	}
	last, err := v.run(tx)
	if err == nil && v.report.Problem != "" {
		err = models.NewError(models.Precondition, "audit_broken", "The audit log is not signed, for it does not verify: "+v.report.Problem+".")
	}
	return last, err
}

// AuditReport says how far the chain was verified, and what is wrong with it first.
type AuditReport struct {
	Events   int64  // events read
	UpTo     int64  // the last number that verifies
	Problem  string // "" where all verifies
	AtNumber int64  // the event that the problem is at
	Heads    int    // signed heads that agree; 0: what was rewritten as a whole cannot be told
}

// VerifyAudit reads the whole chain and compares it with the signed heads: those that the database keeps, and those that
// were kept elsewhere, which find an end that was cut off and a chain that was written anew. Heads are checked with pub.
func (d *Desk) VerifyAudit(ctx context.Context, by models.Actor, pub ed25519.PublicKey, kept ...models.Head) (AuditReport, error) {
	if !by.MayAnywhere(models.AuditView) {
		return AuditReport{}, forbidden(models.AuditView)
	}
	return d.verify(ctx, pub, kept, func(int64) {})
}

// verify reads the whole chain. tell hears from time to time up to which number it verified.
func (d *Desk) verify(ctx context.Context, pub ed25519.PublicKey, kept []models.Head, tell func(upTo int64)) (AuditReport, error) {
	v := verifier{pub: pub, kept: kept, tell: tell}
	err := d.readLog(ctx, func(tx *store.Tx) error {
		_, err := v.run(tx)
		return err
	})
	return v.report, err
}

// verifier walks the chain beside the signed heads. A problem ends it: what follows proves nothing.
type verifier struct {
	pub    ed25519.PublicKey
	kept   []models.Head
	after  *models.Head // where it begins in the middle: the head whose event comes first
	prev   []byte
	tell   func(upTo int64) // nil: nobody waits
	report AuditReport
}

func (v *verifier) problem(number int64, format string, args ...any) {
	if v.report.Problem == "" {
		v.report.Problem, v.report.AtNumber = fmt.Sprintf(format, args...), number
	}
}

func (v *verifier) run(tx *store.Tx) (last models.Event, err error) {
	for v.report.Problem == "" {
		events, err := tx.EventsFrom(v.report.UpTo+1, auditBatch)
		if err != nil || len(events) == 0 {
			return last, errors.Join(err, v.end(tx, last))
		}
		heads, err := v.heads(tx, v.report.UpTo+1, events[len(events)-1].Number)
		if err != nil {
			return last, err
		}
		for _, e := range events {
			if !v.event(e, heads[e.Number]) {
				return last, nil
			}
			last = e
		}
		if v.tell != nil {
			v.tell(v.report.UpTo)
		}
	}
	return last, nil
}

// heads gives the signed heads of a stretch of numbers. One that is kept in two places is one.
func (v *verifier) heads(tx *store.Tx, from, to int64) (map[int64][]models.Head, error) {
	stored, err := tx.HeadsFrom(from, to)
	at := map[int64][]models.Head{}
	for _, h := range append(stored, v.kept...) {
		same := func(other models.Head) bool { return bytes.Equal(h.Signature, other.Signature) }
		if h.Number >= from && h.Number <= to && !slices.ContainsFunc(at[h.Number], same) {
			at[h.Number] = append(at[h.Number], h)
		}
	}
	return at, err
}

func (v *verifier) signed(h models.Head) bool {
	if h.KeyID == KeyID(v.pub) && len(v.pub) == ed25519.PublicKeySize && ed25519.Verify(v.pub, h.Message(), h.Signature) {
		return true
	}
	v.problem(h.Number, "the signed head of event %d does not verify with key %s", h.Number, KeyID(v.pub))
	return false
}

// end looks for heads beyond the last event: then the end was cut off.
func (v *verifier) end(tx *store.Tx, last models.Event) error {
	furthest, err := tx.LastHead()
	if v.after != nil {
		v.kept = append(v.kept, *v.after)
	}
	for _, h := range append(v.kept, furthest) {
		if h.Number > last.Number && v.signed(h) {
			v.problem(last.Number+1, "the log ends at event %d, but a signed head says that it reached %d: its end was cut off",
				last.Number, h.Number)
		}
	}
	return err
}

func (v *verifier) event(e models.Event, heads []models.Head) bool {
	want, prev := v.report.UpTo+1, v.prev
	v.report.Events++
	if v.after != nil && want == v.after.Number {
		prev, heads = e.PrevHash, append(heads, *v.after) // its own hash is what the head vouches for
	}
	switch {
	case e.Number != want:
		v.problem(want, "event %d is missing: the next is %d", want, e.Number)
	case !bytes.Equal(e.PrevHash, prev):
		v.problem(e.Number, "event %d does not follow event %d", e.Number, e.Number-1)
	case !bytes.Equal(e.Digest(prev), e.Hash):
		v.problem(e.Number, "event %d is not what was written: its hash differs", e.Number)
	}
	for _, h := range heads {
		switch {
		case v.report.Problem != "" || !v.signed(h):
		case !bytes.Equal(h.Hash, e.Hash):
			v.problem(e.Number, "event %d is not the one that was signed", e.Number)
		default:
			v.report.Heads++
		}
	}
	if v.report.Problem != "" {
		return false
	}
	v.report.UpTo, v.prev = e.Number, e.Hash
	return true
}

// LastHead is the signed head in the database that reaches furthest; Number 0 where nothing was signed.
func (d *Desk) LastHead(ctx context.Context) (h models.Head, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		h, err = tx.LastHead()
		return err
	})
	return h, err
}

// DataSince is when the oldest event was written; zero where there is none.
func (d *Desk) DataSince(ctx context.Context, by models.Actor) (at time.Time, err error) {
	if !by.MayAnywhere(models.KeysView) {
		return at, forbidden(models.KeysView)
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		events, err := tx.EventsFrom(1, 1)
		for _, e := range events {
			at = e.At
		}
		return err
	})
	return at, err
}
