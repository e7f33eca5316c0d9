package manage_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/verify"
)

// gate runs a real gate on the bench's database until the test ends. The desk has the true time then: leases are judged by
// the database's clock.
func (b *bench) gate() *verify.Gate { return b.gateNamed("gat00000000000000000") }

func (b *bench) gateNamed(id string) *verify.Gate {
	b.t.Helper()
	b.Now = time.Now
	g := must(verify.New(verify.Config{
		ID: id, Name: id, Version: "test", Source: b.Store, Peppers: b.Peppers,
		Poll: 20 * time.Millisecond, Flush: 50 * time.Millisecond, Now: time.Now, Log: b.Log,
	}))(b.t)
	ctx, stop := context.WithCancel(context.WithoutCancel(b.t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); g.Run(ctx) }()
	b.t.Cleanup(func() { stop(); <-done })
	b.Wake = g.Wake
	for end := time.Now().Add(20 * time.Second); !g.Ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal("the gate is never ready")
		}
	}
	return g
}

// TestRolesReachTheGateAtOnce: what a binding in an account's own folder permits, and no longer permits, holds for the check
// after its answer; and what it holds elsewhere never lets a key of it pass.
func TestRolesReachTheGateAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, g := t.Context(), b.gate()
		other := b.folder("other")
		a, boss := b.account("robot"), b.accountIn(other.ID, "boss", models.RoleAdmin)
		key := b.key(a, "yc.postbox.send")
		check := func() models.Outcome {
			return g.Check(verify.Request{
				Secret: key.Secret.Reveal(), Scopes: []string{"yc.postbox.send"}, Source: netip.MustParseAddr("192.0.2.7"), Agent: "curl/8",
			}).Outcome
		}
		bind := func(folder string, d manage.Deltas) manage.Confirmation {
			t.Helper()
			_, c, err := b.BindInFolder(ctx, admin, folder, d)
			if err != nil || c.Revision > 0 && (!c.Complete() || c.Gates != 1) {
				t.Fatalf("%+v (%v)", c, err)
			}
			return c
		}
		for _, step := range []struct {
			name string
			do   func()
			want models.Outcome
		}{
			{"no role", func() {}, models.PermissionDenied},
			{"one elsewhere", func() { bind(other.ID, give("admin", a)) }, models.PermissionDenied},
			{"one here", func() { bind(a.FolderID, give("postbox.sender", a)) }, models.Allowed},
			{"none elsewhere", func() { bind(other.ID, take("admin", a)) }, models.Allowed},
			{"none here", func() { bind(a.FolderID, take("postbox.sender", a)) }, models.PermissionDenied},
			{"the whole of here", func() { bind(a.FolderID, manage.TheseBindings([]models.Binding{held("editor", a)})) }, models.Allowed},
			{"nothing here", func() { bind(a.FolderID, manage.TheseBindings(nil)) }, models.PermissionDenied},
			{"on accounts", func() {
				b.grant(a, "admin", models.Actor{Type: models.ActorAccount, ID: a.ID})
				b.grant(boss, "admin", models.Actor{Type: models.ActorAccount, ID: a.ID})
			}, models.PermissionDenied},
		} {
			step.do()
			if got := check(); got != step.want {
				t.Errorf("%s: %q, want %q", step.name, got, step.want)
			}
		}
		bind(other.ID, give("admin", a))
		g = b.gateNamed("gat00000000000000001") // as it starts: by the load, not by the feed
		if got := check(); got != models.PermissionDenied {
			t.Errorf("a gate that starts: %q", got)
		}
	})
}

// TestWhatTheAPIChangesIsDoneWhenTheGateRefuses: an operation that says it is done is enforced.
func TestWhatTheAPIChangesIsDoneWhenTheGateRefuses(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, g := t.Context(), b.gate()
		a := b.account("robot", "editor")
		b.enforced(g, a, "narrowed", func(by models.Actor, k models.Key) error {
			return second(b.ChangeKey(ctx, by, k.ID, manage.KeyChange{Scopes: &[]string{"yc.monitoring.read"}}))
		}, models.InsufficientScope)
		b.enforced(g, a, "erased", func(by models.Actor, k models.Key) error {
			return second2(b.EraseKey(ctx, by, k.ID))
		}, models.RevokedKey)
		b.enforced(g, a, "suspended", func(by models.Actor, _ models.Key) error {
			return second(b.SuspendAccount(ctx, by, a.ID, stop))
		}, models.SuspendedAccount)
	})
}

func (b *bench) enforced(g *verify.Gate, a models.Account, name string, change func(models.Actor, models.Key) error, want models.Outcome) {
	b.t.Helper()
	made := b.key(a, "yc.postbox.send")
	check := func() models.Outcome {
		return g.Check(verify.Request{Secret: made.Secret.Reveal(), Scopes: []string{"yc.postbox.send"}, Source: netip.MustParseAddr("192.0.2.7")}).Outcome
	}
	if got := check(); got != models.Allowed {
		b.t.Fatalf("%s: %q before", name, got)
	}
	by := b.calling(operator, "", "")
	if err := change(by, made.Key); err != nil {
		b.t.Fatal(err)
	}
	o := must(b.APIOperation(b.t.Context(), operator, by.Call.OperationID))(b.t)
	if got := check(); !o.Done || o.Revision == 0 || got != want {
		b.t.Errorf("%s: %q, want %q; %+v", name, got, want, o)
	}
}
