package manage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// forgot is a journal of the first epoch whose newest revision the database does not have.
func forgot(facts ...models.Fact) *models.Journaled {
	j := &models.Journaled{}
	j.Add(models.Fact{Kind: models.FactEpoch, ID: "lost", Epoch: 1, Revision: 1 << 40, Token: "lost"})
	for _, f := range facts {
		f.Epoch = 1
		j.Add(f)
	}
	return j
}

func (b *bench) merge(j *models.Journaled, how manage.Merge) manage.Merged {
	b.t.Helper()
	return must(b.MergeJournal(b.t.Context(), local, j, how))(b.t)
}

// byGap merges where the journal finds that something is missing.
var byGap = manage.Merge{Above: -1}

func (b *bench) standing() (s models.Standing) {
	b.t.Helper()
	err := b.Store.Read(b.t.Context(), func(tx *store.Tx) (err error) { s, err = tx.Standing(); return err })
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) keyNow(id string) models.Key {
	b.t.Helper()
	var k models.Key
	err := b.Store.Read(b.t.Context(), func(tx *store.Tx) (err error) { k, err = tx.Key(models.FolderScope{All: true}, id); return err })
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

func (b *bench) actions() map[string]int {
	counts := map[string]int{}
	for _, e := range b.events() {
		counts[e.Action]++
	}
	return counts
}

// What is final is done again with its events, once; then the database is accepted.
func TestAMergeDoesAgainWhatIsFinal(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		must(b.BeginEpochs(t.Context()))(t)
		a := b.account("orders-api")
		var facts []models.Fact
		for range 130 { // more than a transaction takes
			facts = append(facts, models.Fact{Kind: models.FactKeyRevoked, ID: b.key(a, "yc.postbox.send").Key.ID})
		}
		old := b.key(a, "yc.postbox.send").Key
		gone := b.account("gone-api")
		theirs := b.key(gone, "yc.postbox.send").Key
		g, _, _, err := b.CreateGateway(t.Context(), admin, manage.NewGateway{Name: "edge"})
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, models.Fact{Kind: models.FactSecretRetired, ID: old.Secrets[0].ID, KeyID: old.ID},
			models.Fact{Kind: models.FactAccountDeleted, ID: gone.ID}, models.Fact{Kind: models.FactGatewayRevoked, ID: g.ID},
			models.Fact{Kind: models.FactKeyRevoked, ID: "aje00000000000000000"})
		j := forgot(facts...)
		if h := must(b.History(t.Context(), j))(t); h.Problem == "" {
			t.Fatal("no gap is found")
		}
		m := b.merge(j, byGap)
		want := manage.Merged{Problem: m.Problem, Revoked: 130, Deleted: 1, Retired: 1, Gateways: 1, UnknownObjects: 1, Epoch: 2}
		if m != want {
			t.Errorf("merged %+v, want %+v", m, want)
		}
		k := b.keyNow(facts[77].ID)
		if k.Revoked.By != "system:keydesk" || !strings.Contains(k.Revoked.Note, "revocation journal") || b.keyNow(theirs.ID).Revoked.At.IsZero() {
			t.Errorf("the keys are %+v and %+v", k.Revoked, b.keyNow(theirs.ID).Revoked)
		}
		if b.keyNow(old.ID).Secrets[0].RetiredAt.IsZero() {
			t.Error("the old secret lives")
		}
		if n := b.actions(); n["key.revoke"] != 131 || n["key.retire"] != 1 || n["account.delete"] != 1 || n["gateway.revoke"] != 1 || n["database.accept"] != 1 {
			t.Errorf("events %v", n)
		}
		events := len(b.events())
		if again := b.merge(j, byGap); again != (manage.Merged{UnknownObjects: 1}) || len(b.events()) != events {
			t.Errorf("again it is %+v", again)
		}
		if s := b.standing(); s.Epoch.Number != 2 || s.Strayed() != "" || s.Last.Kind != models.ChangeEpoch {
			t.Errorf("it stands at %+v", s)
		}
	})
}

// What can be lifted and is not in force any more is on hold until a person decides: nobody who may only stop things.
func TestAMergePutsOnHoldWhatCanBeLifted(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a, still := b.account("orders-api"), b.account("other-api")
		wide, disabled, lapsed, fine := b.key(a, "yc.postbox.send", "yc.logging.write").Key, b.key(a, "yc.postbox.send").Key, b.key(a, "yc.postbox.send").Key, b.key(a, "yc.postbox.send").Key
		if _, _, err := b.DisableKey(t.Context(), operator, fine.ID, stop); err != nil {
			t.Fatal(err)
		}
		past, ahead := b.Now().Add(-time.Hour), b.Now().Add(time.Hour)
		j := forgot(
			models.Fact{Kind: models.FactKeyDisabled, ID: disabled.ID, Until: &ahead}, models.Fact{Kind: models.FactKeyDisabled, ID: lapsed.ID, Until: &past},
			models.Fact{Kind: models.FactKeyDisabled, ID: fine.ID}, models.Fact{Kind: models.FactKeyScopes, ID: wide.ID, Scopes: []string{"yc.postbox.send"}},
			models.Fact{Kind: models.FactAccountSuspended, ID: still.ID}, models.Fact{Kind: models.FactAccountSuspended, ID: "aje00000000000000000"})
		if m := b.merge(j, byGap); m.HeldKeys != 2 || m.HeldAccounts != 1 || m.UnknownObjects != 1 || m.Epoch != 2 {
			t.Errorf("merged %+v", m)
		}
		for id, note := range map[string]string{disabled.ID: "it was disabled until 2026-11-23 10:05 UTC", wide.ID: "narrowed to yc.postbox.send"} {
			if r := b.keyNow(id).Disabled; !r.Until.IsZero() || r.By != "system:keydesk" || !strings.Contains(r.Note, note) || !strings.Contains(r.Note, "On hold") {
				t.Errorf("on hold it is %+v, want %q", r, note)
			}
		}
		if !b.keyNow(lapsed.ID).Disabled.At.IsZero() || b.keyNow(fine.ID).Disabled.By != operator.Label() {
			t.Error("what ended by itself, or holds, was touched")
		}
		_, _, err := b.EnableKey(t.Context(), responder, disabled.ID)
		wantCode(t, err, models.Forbidden)
		if _, _, err = b.EnableKey(t.Context(), operator, disabled.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err = b.ReactivateAccount(t.Context(), operator, still.ID); err != nil {
			t.Fatal(err)
		}
		if m := b.merge(j, byGap); m.Changed() { // a person has decided, in the new epoch
			t.Errorf("merged again %+v", m)
		}
	})
}

// Without its journal nobody knows what a database has forgotten: a person's word is needed, and is an event.
func TestAMergeWithoutAJournal(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		must(b.BeginEpochs(t.Context()))(t)
		b.account("orders-api")
		empty := &models.Journaled{}
		if m := b.merge(empty, byGap); m != (manage.Merged{}) {
			t.Errorf("nothing is missing, and it did %+v", m)
		}
		m := b.merge(empty, manage.Merge{WithoutJournal: true, Above: -1})
		if e := b.lastEvent(); m.Epoch != 2 || e.Action != "database.accept" || e.ActorID != local.ID || !strings.Contains(e.After, `"without_journal":true`) {
			t.Errorf("merged %+v with %+v", m, e)
		}
	})
}

// Two processes merge at once: each thing is done once.
func TestTwoMergesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("orders-api")
		var facts []models.Fact
		for i := range 40 {
			f := models.Fact{Kind: models.FactKeyRevoked, ID: b.key(a, "yc.postbox.send").Key.ID}
			if i%2 == 0 {
				f.Kind = models.FactKeyDisabled
			}
			facts = append(facts, f)
		}
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				if _, err := b.MergeJournal(t.Context(), local, forgot(facts...), byGap); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := b.actions(); n["key.revoke"] != 20 || n["key.disable"] != 20 || n["database.accept"] != 1 {
			t.Errorf("events %v", n)
		}
		if s := b.standing(); s.Epoch.Number != 2 {
			t.Errorf("it stands at %+v", s)
		}
	})
}

// An epoch is above all that its gates know, and a gate that raised the alarm gets one even where the journal finds no gap.
func TestTheNumberOfAnEpoch(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		if !must(b.BeginEpochs(t.Context()))(t) || must(b.BeginEpochs(t.Context()))(t) {
			t.Error("the first epoch is written once")
		}
		for i, tc := range []struct {
			gate, above, want int64
		}{{0, 1, 2}, {0, 1, 0}, {7, 2, 8}, {0, 12, 13}} {
			if tc.gate > 0 {
				if _, err := b.Store.Beat(t.Context(), models.Gate{ID: fmt.Sprint(i), State: models.GateAlarmed, Epoch: tc.gate}); err != nil {
					t.Fatal(err)
				}
			}
			if m := b.merge(&models.Journaled{Lines: 1}, manage.Merge{Above: tc.above}); m.Epoch != tc.want {
				t.Errorf("%+v: epoch %d", tc, m.Epoch)
			}
		}
	})
}
