package manage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

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

// SignHead signs how far the chain goes now and keeps that in the database too. Nothing is written where the newest
// signed head says it already. An empty chain has no head: Number 0.
func (d *Desk) SignHead(ctx context.Context, s Signer) (models.Head, error) {
	var h models.Head
	_, err := d.Store.Write(ctx, func(tx *store.Tx) error {
		last, err := tx.LastEvent()
		if err != nil || last.Number == 0 {
			return err
		}
		heads, err := tx.Heads()
		if err != nil {
			return err
		}
		if n := len(heads); n > 0 && heads[n-1].Number == last.Number && heads[n-1].KeyID == KeyID(s.Public()) {
			h = heads[n-1]
			return nil
		}
		h = models.Head{Number: last.Number, Hash: last.Hash, SignedAt: d.now(), KeyID: KeyID(s.Public())}
		h.Signature = ed25519.Sign(s.Key, h.Message())
		return tx.InsertHead(h)
	})
	return h, err
}

// AuditReport says how far the chain was verified, and what is wrong with it first.
type AuditReport struct {
	Events   int64  // events read
	UpTo     int64  // the last number that verifies
	Problem  string // "" where all verifies
	AtNumber int64  // the event that the problem is at
	Heads    int    // signed heads that agree
}

// VerifyAudit reads the whole chain and compares it with the signed heads: those that the database keeps and, where given,
// one that was kept elsewhere, which finds an end that was cut off. Heads are checked with pub.
func (d *Desk) VerifyAudit(ctx context.Context, by models.Actor, pub ed25519.PublicKey, kept *models.Head) (AuditReport, error) {
	if !by.MayAnywhere(models.AuditView) {
		return AuditReport{}, forbidden(models.AuditView)
	}
	v := verifier{pub: pub, at: map[int64][]byte{}}
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		heads, err := tx.Heads()
		if err != nil {
			return err
		}
		if kept != nil {
			heads = append(heads, *kept)
		}
		if v.expect(heads); v.report.Problem != "" {
			return nil
		}
		return v.run(tx, heads)
	})
	return v.report, err
}

type verifier struct {
	pub    ed25519.PublicKey
	at     map[int64][]byte // the hash that a signed head names, by number
	prev   []byte
	report AuditReport
}

func (v *verifier) problem(number int64, format string, args ...any) {
	if v.report.Problem == "" {
		v.report.Problem, v.report.AtNumber = fmt.Sprintf(format, args...), number
	}
}

// expect checks the heads' signatures and notes what they say.
func (v *verifier) expect(heads []models.Head) {
	for _, h := range heads {
		if h.KeyID != KeyID(v.pub) || !ed25519.Verify(v.pub, h.Message(), h.Signature) {
			v.problem(h.Number, "the signed head of event %d does not verify with key %s", h.Number, KeyID(v.pub))
			return
		}
		if other, ok := v.at[h.Number]; ok && !bytes.Equal(other, h.Hash) {
			v.problem(h.Number, "two signed heads disagree about event %d", h.Number)
			return
		}
		v.at[h.Number] = h.Hash
	}
}

func (v *verifier) run(tx *store.Tx, heads []models.Head) error {
	for {
		events, err := tx.EventsFrom(v.report.UpTo+1, auditBatch)
		if err != nil {
			return err
		}
		for _, e := range events {
			if !v.event(e) {
				return nil
			}
		}
		if len(events) < auditBatch {
			break
		}
	}
	for _, h := range heads {
		if h.Number > v.report.UpTo {
			v.problem(v.report.UpTo+1, "the log ends at event %d, but a signed head says that it reached %d: its end was cut off",
				v.report.UpTo, h.Number)
		}
	}
	return nil
}

func (v *verifier) event(e models.Event) bool {
	want := v.report.UpTo + 1
	v.report.Events++
	switch {
	case e.Number != want:
		v.problem(want, "event %d is missing: the next is %d", want, e.Number)
	case !bytes.Equal(e.PrevHash, v.prev):
		v.problem(e.Number, "event %d does not follow event %d", e.Number, e.Number-1)
	case !bytes.Equal(e.Digest(v.prev), e.Hash):
		v.problem(e.Number, "event %d is not what was written: its hash differs", e.Number)
	case v.at[e.Number] != nil && !bytes.Equal(v.at[e.Number], e.Hash):
		v.problem(e.Number, "event %d is not the one that was signed", e.Number)
	default:
		if v.at[e.Number] != nil {
			v.report.Heads++
		}
		v.report.UpTo, v.prev = e.Number, e.Hash
		return true
	}
	return false
}

// HasHeads reports whether a head was ever signed: then the key that signed it has to be there.
func (d *Desk) HasHeads(ctx context.Context) (bool, error) {
	var heads []models.Head
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		heads, err = tx.Heads()
		return err
	})
	return len(heads) > 0, err
}
