package manage_test

import (
	"maps"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

// accessCase is an operation, and who may do it.
type accessCase struct {
	allowed []models.Actor
	do      func(by models.Actor, a models.Account, k models.Key) error
}

// everyChange is each operation of the desk that changes something.
func (b *bench) everyChange(t *testing.T) map[string]accessCase {
	ctx := t.Context()
	return map[string]accessCase{
		"create account": {[]models.Actor{admin, operator}, func(by models.Actor, a models.Account, _ models.Key) error {
			return second(b.CreateAccount(ctx, by, manage.NewAccount{Name: a.Name + "-x"}))
		}},
		"update account": {[]models.Actor{admin, operator}, func(by models.Actor, a models.Account, _ models.Key) error {
			return second(b.UpdateAccount(ctx, by, a.ID, manage.AccountEdit{Name: a.Name, Owner: a.Owner}))
		}},
		"suspend account": {[]models.Actor{admin, operator, responder}, func(by models.Actor, a models.Account, _ models.Key) error {
			return second(b.SuspendAccount(ctx, by, a.ID, stop))
		}},
		"delete account": {[]models.Actor{admin, operator}, func(by models.Actor, a models.Account, _ models.Key) error {
			_, err := b.DeleteAccount(ctx, by, a.ID, a.Name, stop)
			return err
		}},
		"create key": {[]models.Actor{admin, operator}, func(by models.Actor, a models.Account, k models.Key) error {
			_, err := b.CreateKey(ctx, by, manage.NewKey{AccountID: a.ID, Scopes: k.Scopes, Via: "console"})
			return err
		}},
		"update key": {[]models.Actor{admin, operator}, func(by models.Actor, _ models.Account, k models.Key) error {
			return second(b.UpdateKey(ctx, by, k.ID, manage.KeyEdit{Scopes: k.Scopes}))
		}},
		"reissue key": {[]models.Actor{admin, operator}, func(by models.Actor, _ models.Account, k models.Key) error {
			_, err := b.ReissueKey(ctx, by, k.ID, manage.Reissue{})
			return err
		}},
		"disable key": {[]models.Actor{admin, operator, responder}, func(by models.Actor, _ models.Account, k models.Key) error {
			return second(b.DisableKey(ctx, by, k.ID, stop))
		}},
		"revoke key": {[]models.Actor{admin, operator, responder}, func(by models.Actor, _ models.Account, k models.Key) error {
			return second(b.RevokeKey(ctx, by, k.ID, stop))
		}},
		"edit a key's note": {[]models.Actor{admin, operator, responder}, func(by models.Actor, _ models.Account, k models.Key) error {
			_, _, err := b.DisableKey(ctx, local, k.ID, stop)
			must(0, err)(t)
			_, err = b.EditNote(ctx, by, k.ID, manage.NoteEdit{Note: "seen"})
			return err
		}},
		"edit an account's note": {[]models.Actor{admin, operator, responder}, func(by models.Actor, a models.Account, _ models.Key) error {
			_, _, err := b.SuspendAccount(ctx, local, a.ID, stop)
			must(0, err)(t)
			_, err = b.EditAccountNote(ctx, by, a.ID, manage.NoteEdit{Note: "seen"})
			return err
		}},
		"create gateway": {[]models.Actor{admin}, func(by models.Actor, _ models.Account, _ models.Key) error {
			_, _, _, err := b.CreateGateway(ctx, by, manage.NewGateway{Name: "nginx"})
			return err
		}},
	}
}

// everySetting is each operation of the desk that changes a setting.
func (b *bench) everySetting(t *testing.T) map[string]accessCase {
	ctx := t.Context()
	return map[string]accessCase{
		"set the key policy": {[]models.Actor{admin}, func(by models.Actor, _ models.Account, _ models.Key) error {
			p := must(b.KeyPolicy(ctx))(t)
			_, err := b.SetKeyPolicy(ctx, by, p)
			return err
		}},
		"edit the catalogue": {[]models.Actor{admin}, func(by models.Actor, _ models.Account, _ models.Key) error {
			on, now := true, must(b.OwnCatalogue(ctx, local))(t)
			_, err := b.EditCatalogue(ctx, by, manage.CatalogueEdit{Version: now.Version, BuiltIn: &on})
			return err
		}},
	}
}

// TestAccessOfEveryChange tries each operation as each access: exactly the allowed cells pass, whatever routes say.
func TestAccessOfEveryChange(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ops := b.everyChange(t)
		maps.Copy(ops, b.everySetting(t))
		n := 0
		for name, op := range ops {
			for _, by := range []models.Actor{admin, operator, responder, reviewer, {}, {Type: models.ActorPerson, ID: "x", Name: "x@y.example"}} {
				n++
				a := b.account("worker-" + string(rune('a'+n%26)) + string(rune('a'+n/26)))
				err := op.do(by, a, b.key(a, "yc.postbox.send").Key)
				may := false
				for _, who := range op.allowed {
					may = may || who.ID == by.ID
				}
				code := models.CodeOf(err)
				if may != (err == nil) || !may && code != models.Forbidden && code != models.NotFound {
					t.Errorf("%s as %q: %v", name, by.ID, err)
				}
			}
		}
	})
}

// gateRow registers a gate that enforces a revision, as a gate process does.
func gateRow(t *testing.T, b *bench, id string, enforced int64) {
	t.Helper()
	_, err := b.Store.Beat(t.Context(), models.Gate{ID: id, Name: id, State: models.GateReady, Enforced: enforced, StaleFor: 10 * time.Second, StartedAt: b.at})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAChangeWaitsForEveryGate(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		k := b.key(b.account("worker"), "yc.postbox.send").Key
		b.Now = time.Now
		gateRow(t, b, "gat00000000000000001", 1<<40)
		gateRow(t, b, "gat00000000000000002", 0)
		confirmed := make(chan struct{})
		b.Wake = func() { // the second gate confirms when it hears of the change
			go func() { gateRow(t, b, "gat00000000000000002", 1<<40); close(confirmed) }()
		}
		_, c, err := b.RevokeKey(t.Context(), responder, k.ID, stop)
		<-confirmed
		if err != nil || !c.Complete() || c.Gates != 2 || c.Confirmed != 2 || c.Took <= 0 {
			t.Errorf("%+v %v", c, err)
		}
	})
}

func TestAGateThatDoesNotConfirmIsNamed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		k := b.key(b.account("worker"), "yc.postbox.send").Key
		b.Now = time.Now
		gateRow(t, b, "gat00000000000000002", 0)
		_, c, err := b.RevokeKey(t.Context(), responder, k.ID, stop)
		if err != nil || c.Complete() || len(c.Pending) != 1 || c.Pending[0].Name != "gat00000000000000002" {
			t.Fatalf("%+v %v", c, err)
		}
		if left := time.Until(c.Pending[0].RefusesBy); left > 10*time.Second || left < 5*time.Second {
			t.Errorf("refuses in %v", left)
		}
		gateRow(t, b, "gat00000000000000002", c.Revision)
		if c, err := b.Recheck(t.Context(), reviewer, models.ChangeKey, k.ID, 1); err != nil || !c.Complete() || c.Confirmed != 1 {
			t.Errorf("rechecked: %+v %v", c, err)
		}
	})
}

func TestOneRevisionAChange(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.key(b.account("worker"), "yc.postbox.send")
		feed, err := b.Store.Feed(t.Context(), 0)
		if err != nil || len(feed.Keys) != 1 || len(feed.Accounts) != 1 || feed.Last.Revision != 2 {
			t.Errorf("feed %+v %v", feed, err)
		}
	})
}

// TestAStopIsNotTakenOver: who may not lift a restriction may not set it anew either, as their own or to end sooner.
func TestAStopIsNotTakenOver(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, a := t.Context(), b.account("worker")
		k := b.key(a, "yc.postbox.send").Key
		_, _, err := b.DisableKey(ctx, operator, k.ID, stop)
		must(0, err)(t)
		_, _, err = b.SuspendAccount(ctx, operator, a.ID, stop)
		must(0, err)(t)
		sooner := manage.Stop{Reason: models.ReasonOther, Until: b.at.Add(time.Minute)}
		for name, err := range map[string]error{
			"disable": second(b.DisableKey(ctx, responder, k.ID, sooner)), "enable": second(b.EnableKey(ctx, responder, k.ID)),
			"suspend": second(b.SuspendAccount(ctx, responder, a.ID, sooner)), "reactivate": second(b.ReactivateAccount(ctx, responder, a.ID)),
		} {
			if code := models.CodeOf(err); code != models.Precondition && code != models.Forbidden {
				t.Errorf("%s by a responder: %v", name, err)
			}
		}
		now := must(b.Key(ctx, reviewer, k.ID))(t)
		if now.Key.Disabled.By != operator.Name || !now.Key.Disabled.Until.IsZero() || now.Account.Suspended.By != operator.Name {
			t.Errorf("disabled %+v, suspended %+v", now.Key.Disabled, now.Account.Suspended)
		}
		b.pass(time.Hour) // setting it anew is for those who may lift it
		if err := second(b.DisableKey(ctx, admin, k.ID, manage.Stop{Reason: models.ReasonOther, Until: b.at.Add(time.Minute)})); err != nil {
			t.Error(err)
		}
		b.pass(time.Hour) // what has ended holds nobody
		if err := second(b.DisableKey(ctx, responder, k.ID, stop)); err != nil {
			t.Error(err)
		}
	})
}

// TestAConfirmationThatCannotBeRead is none: the change is made, and nobody may take it for one that no gate has to know.
func TestAConfirmationThatCannotBeRead(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		k := b.key(b.account("worker"), "yc.postbox.send").Key
		b.Wake = func() { _ = b.Store.Close() }
		_, c, err := b.RevokeKey(t.Context(), responder, k.ID, stop)
		if err != nil || !c.Unknown || c.Complete() || c.Revision == 0 {
			t.Errorf("%+v %v", c, err)
		}
	})
}
