package manage_test

import (
	"fmt"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// more puts n keys under an account past the desk, which would draw a secret for each.
func (b *bench) more(a models.Account, n int) {
	b.t.Helper()
	_, err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error {
		for i := range n {
			k := models.Key{ID: fmt.Sprintf("ajk%017d", i), AccountID: a.ID, FolderID: a.FolderID, Scopes: []string{"yc.postbox.send"}, CreatedAt: b.at}
			if err := tx.InsertKey(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestAllKeysAreRevokedEachWithItsEvent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a, other := b.account("worker"), b.account("bystander")
		spared := b.key(other, "yc.postbox.send").Key
		first := b.key(a, "yc.postbox.send").Key
		if _, _, err := b.RevokeKey(t.Context(), admin, first.ID, manage.Stop{Reason: models.ReasonUnused}); err != nil {
			t.Fatal(err)
		}
		b.more(a, 205)
		b.pass(time.Minute)
		_, err := b.RevokeAllKeys(t.Context(), responder, a.ID, "wroker", stop)
		wantField(t, err, "name")
		_, err = b.RevokeAllKeys(t.Context(), responder, a.ID, a.Name, manage.Stop{Reason: "bored"})
		wantField(t, err, "reason")
		before := len(b.events())
		done := must(b.RevokeAllKeys(t.Context(), responder, a.ID, a.Name, stop))(t)
		if done.Keys != 205 || done.More || done.Confirmation.Revision == 0 {
			t.Errorf("%+v", done)
		}
		met, batches := map[string]int{}, 0
		for _, e := range b.events()[before:] {
			switch e.Action {
			case "key.revoke":
				met[e.ObjectID]++
				if e.AccountID != a.ID || e.Reason != string(models.ReasonLeaked) || e.Before == "" {
					t.Errorf("event %+v", e)
				}
			case "account.revoke_keys":
				batches++
			}
		}
		if len(met) != 205 || batches != 3 || met[first.ID] != 0 {
			t.Errorf("%d keys have an event, in %d batches", len(met), batches)
		}
		if k := must(b.Key(t.Context(), admin, first.ID))(t).Key; k.Revoked.Reason != models.ReasonUnused {
			t.Errorf("the first revoke of a key stays: %+v", k.Revoked)
		}
		if k := must(b.Key(t.Context(), admin, spared.ID))(t).Key; !k.Revoked.At.IsZero() {
			t.Error("a key of another account is revoked")
		}
		if live := must(b.AccountKeys(t.Context(), admin, a.ID, manage.KeyFilter{}))(t); len(live.Rows) != 0 {
			t.Errorf("%d keys are left", len(live.Rows))
		}
		_, err = b.RevokeAllKeys(t.Context(), responder, a.ID, a.Name, stop)
		wantCode(t, err, models.Precondition)
	})
}

// A request that has gone on for long enough says what is left, instead of running into its deadline.
func TestARevokeOfVeryManySaysWhatIsLeft(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		b.more(a, 101)
		b.Now = func() time.Time { b.pass(time.Second); b.mu.Lock(); defer b.mu.Unlock(); return b.at }
		done := must(b.RevokeAllKeys(t.Context(), admin, a.ID, a.Name, stop))(t)
		n, capped, err := b.StandingKeys(t.Context(), admin, a.ID)
		if err != nil || done.Keys != 100 || !done.More || n != 1 || capped {
			t.Errorf("%+v, %d left: %v", done, n, err)
		}
	})
}
