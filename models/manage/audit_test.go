package manage_test

import (
	"bytes"
	"crypto/ed25519"
	"strconv"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func signer(seed byte) manage.Signer {
	return manage.Signer{Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))}
}

// sign signs the log's head, after the head that is kept elsewhere.
func (b *bench) sign(kept models.Head) models.Head {
	b.t.Helper()
	return must(b.SignHead(b.t.Context(), signer(1), kept))(b.t)
}

func TestAHeadIsSignedOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		if h := b.sign(models.Head{}); h.Number != 0 {
			t.Errorf("an empty log has the head %+v", h)
		}
		b.account("worker")
		first := b.sign(models.Head{})
		b.pass(1)
		if again := b.sign(models.Head{}); first.Number != 1 || again.Number != 1 || !bytes.Equal(again.Signature, first.Signature) {
			t.Errorf("signed %+v, then %+v", first, again)
		}
		b.account("another")
		second := b.sign(first)
		report := must(b.VerifyAudit(t.Context(), local, signer(1).Public(), first, second))(t)
		if report.Problem != "" || report.UpTo != 2 || report.Heads != 2 { // each is kept twice, and is one
			t.Errorf("report %+v", report)
		}
	})
}

// TestAForgedLogIsNotSigned: whoever writes the database alone, heads and all, is found by the head that is kept elsewhere,
// and gets no signature under what they wrote.
func TestAForgedLogIsNotSigned(t *testing.T) {
	for name, change := range map[string]func(*models.Event){
		"cut off":      nil,
		"written anew": func(e *models.Event) { e.ActorName = "somebody@example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachURL(t, func(t *testing.T, url string) {
				b := newBench(t, storetest.Open(t, url, store.Options{}))
				b.account("worker")
				b.account("another")
				kept := b.sign(models.Head{})
				b.forge(url, 2, change)
				if h, err := b.SignHead(t.Context(), signer(1), kept); models.ReasonOf(err) != "audit_broken" {
					t.Errorf("signed %+v, %v", h, err)
				}
				report := must(b.VerifyAudit(t.Context(), local, signer(1).Public(), kept))(t)
				if report.AtNumber != 2 || report.Problem == "" {
					t.Errorf("report %+v, want a problem at event 2", report)
				}
			})
		})
	}
}

// forge takes the last event and all heads out of the database, and puts a changed event in its place, in a chain that
// verifies by itself.
func (b *bench) forge(url string, last int64, change func(*models.Event)) {
	b.t.Helper()
	e := b.events()[last-1]
	storetest.Exec(b.t, url, `DELETE FROM audit_heads`)
	storetest.Exec(b.t, url, `DELETE FROM audit_events WHERE number = `+strconv.FormatInt(last, 10))
	if change == nil {
		return
	}
	change(&e)
	if _, err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error { tx.Record(e); return nil }); err != nil {
		b.t.Fatal(err)
	}
}

func TestAnotherSignersHead(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.account("worker")
		b.sign(models.Head{})
		b.account("another")
		if _, err := b.SignHead(t.Context(), signer(2), models.Head{}); models.ReasonOf(err) != "audit_broken" {
			t.Errorf("a head after one of another key: %v", err)
		}
		report := must(b.VerifyAudit(t.Context(), local, signer(2).Public()))(t)
		if report.AtNumber != 1 {
			t.Errorf("report %+v, want a problem at event 1", report)
		}
	})
}
