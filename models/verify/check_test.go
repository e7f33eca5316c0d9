package verify

import (
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
)

// leased is a gate that has loaded and answers.
func leased(t testing.TB, w *world) *Gate {
	t.Helper()
	g := w.gate(t)
	if _, err := g.iterate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestEveryRefusalNamesTheCheckThatFailed(t *testing.T) {
	now := time.Now()
	for name, tc := range map[string]struct {
		change func(k *models.GateKey, a *models.GateAccount)
		scopes []string
		want   models.Outcome
		scope  string
	}{
		"good":                  {nil, []string{"orders.write"}, models.Allowed, ""},
		"covered":               {nil, []string{"orders.read"}, models.Allowed, ""},
		"two good":              {nil, []string{"orders.read", "orders.write"}, models.Allowed, ""},
		"retired":               {func(k *models.GateKey, _ *models.GateAccount) { k.Secrets[0].Retired = true }, nil, models.RetiredSecret, ""},
		"retires later":         {func(k *models.GateKey, _ *models.GateAccount) { k.Secrets[0].RetiresAt = now.Add(time.Hour) }, nil, models.Allowed, ""},
		"retires now":           {func(k *models.GateKey, _ *models.GateAccount) { k.Secrets[0].RetiresAt = now }, nil, models.RetiredSecret, ""},
		"revoked":               {func(k *models.GateKey, _ *models.GateAccount) { k.Revoked = true }, nil, models.RevokedKey, ""},
		"expires now":           {func(k *models.GateKey, _ *models.GateAccount) { k.ExpiresAt = now }, nil, models.ExpiredKey, ""},
		"expired at the epoch":  {func(k *models.GateKey, _ *models.GateAccount) { k.ExpiresAt = time.Unix(0, 0) }, nil, models.ExpiredKey, ""},
		"expires later":         {func(k *models.GateKey, _ *models.GateAccount) { k.ExpiresAt = now.Add(time.Hour) }, nil, models.Allowed, ""},
		"disabled":              {func(k *models.GateKey, _ *models.GateAccount) { k.Disabled = true }, nil, models.DisabledKey, ""},
		"disabled until later":  {disabledUntil(now.Add(time.Hour)), nil, models.DisabledKey, ""},
		"disabled until now":    {disabledUntil(now), nil, models.Allowed, ""},
		"suspended":             {func(_ *models.GateKey, a *models.GateAccount) { a.Suspended = true }, nil, models.SuspendedAccount, ""},
		"account expired":       {func(_ *models.GateKey, a *models.GateAccount) { a.ExpiresAt = now }, nil, models.SuspendedAccount, ""},
		"account deleted":       {func(_ *models.GateKey, a *models.GateAccount) { a.Deleted = true }, nil, models.SuspendedAccount, ""},
		"account never came":    {func(k *models.GateKey, _ *models.GateAccount) { k.AccountID = "ajeelsewhere" }, nil, models.SuspendedAccount, ""},
		"scope not held":        {nil, []string{"orders.purge"}, models.InsufficientScope, "orders.purge"},
		"second scope not held": {nil, []string{"orders.read", "orders.purge"}, models.InsufficientScope, "orders.purge"},
		"scope unknown":         {nil, []string{"orders.nope"}, models.InsufficientScope, "orders.nope"},
		"scope held, not in catalogue": {func(k *models.GateKey, _ *models.GateAccount) { k.Scopes = []string{"gone.read"} },
			[]string{"gone.read"}, models.InsufficientScope, "gone.read"},
		"no scope asked":      {nil, []string{}, models.InsufficientScope, ""},
		"no role permits":     {func(_ *models.GateKey, a *models.GateAccount) { a.Roles = nil }, nil, models.PermissionDenied, "orders.read"},
		"another role":        {func(_ *models.GateKey, a *models.GateAccount) { a.Roles = []string{"postbox.sender"} }, nil, models.PermissionDenied, "orders.read"},
		"both checks fail":    {func(_ *models.GateKey, a *models.GateAccount) { a.Roles = nil }, []string{"orders.read", "orders.purge"}, models.InsufficientScope, "orders.purge"},
		"retired and revoked": {func(k *models.GateKey, _ *models.GateAccount) { k.Revoked, k.Secrets[0].Retired = true, true }, nil, models.RetiredSecret, ""},
		"all at once":         {func(k *models.GateKey, a *models.GateAccount) { k.Revoked, k.Disabled, a.Suspended = true, true, true }, nil, models.RevokedKey, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tc.change != nil {
				tc.change(&w.feed.Keys[0], &w.feed.Accounts[0])
			}
			if tc.scopes == nil {
				tc.scopes = []string{"orders.read"}
			}
			d := leased(t, w).Check(w.ask(tc.scopes...))
			if d.Outcome != tc.want || d.Scope != tc.scope || d.Key.String() != w.key.ID {
				t.Errorf("%q of key %q for scope %q, want %q of %q for %q", d.Outcome, d.Key, d.Scope, tc.want, w.key.ID, tc.scope)
			}
		})
	}
}

func disabledUntil(end time.Time) func(*models.GateKey, *models.GateAccount) {
	return func(k *models.GateKey, _ *models.GateAccount) { k.Disabled, k.DisabledUntil = true, end }
}

func TestExpiryIsJudgedByTheDatabasesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.skew = -time.Hour // this machine is an hour ahead
		w.feed.Keys[0].ExpiresAt = time.Now()
		g, stop := running(t, w)
		defer stop()
		expect(t, g, w.ask("orders.read"), models.Allowed)
		time.Sleep(time.Hour - time.Microsecond)
		expect(t, g, w.ask("orders.read"), models.Allowed)
		time.Sleep(time.Microsecond)
		expect(t, g, w.ask("orders.read"), models.ExpiredKey)
	})
}

func TestUnknownAndMalformedKeys(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	stranger, _ := w.newKey(t)
	for text, want := range map[string]models.Outcome{
		stranger.Reveal():        models.UnknownKey,
		w.secret.Reveal() + "\n": models.MalformedKey,
		" " + w.secret.Reveal():  models.MalformedKey,
		"":                       models.MalformedKey,
	} {
		expect(t, g, Request{Secret: text, Scopes: []string{"orders.read"}}, want)
	}
}

func TestAReissueIsApplied(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	next, _ := w.newKey(t)
	w.key.Secrets = append([]models.GateSecret{w.stored(t, next)}, w.key.Secrets...)
	w.key.Secrets[1].Retired = true
	step(t, g, w, models.Feed{Keys: []models.GateKey{w.key}})
	expect(t, g, w.ask("orders.read"), models.RetiredSecret)
	expect(t, g, Request{Secret: next.Reveal(), Scopes: []string{"orders.read"}}, models.Allowed)
	w.key.Secrets = w.key.Secrets[:1]
	step(t, g, w, models.Feed{Keys: []models.GateKey{w.key}})
	expect(t, g, w.ask("orders.read"), models.UnknownKey)
	if s := g.Stats(); s.Keys != 1 || s.Secrets != 1 {
		t.Errorf("%d keys with %d secrets are held, want 1 and 1", s.Keys, s.Secrets)
	}
}

// step commits a change and has the gate apply it.
func step(t *testing.T, g *Gate, w *world, f models.Feed) {
	t.Helper()
	w.change(f)
	if again, err := g.iterate(t.Context()); err != nil || !again {
		t.Fatalf("applied %v: %v", again, err)
	}
}

func TestACatalogueChangeRebuildsWhatKeysMayDo(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	expect(t, g, w.ask("orders.read"), models.Allowed)
	step(t, g, w, models.Feed{Catalogue: &models.OwnCatalogue{BuiltIn: true}})
	expect(t, g, w.ask("orders.read"), models.InsufficientScope)
	step(t, g, w, models.Feed{Catalogue: &ownCatalogue})
	expect(t, g, w.ask("orders.read"), models.Allowed)
}

func TestARoleThatIsTakenAwayIsGone(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	w.account.Roles = nil
	step(t, g, w, models.Feed{Accounts: []models.GateAccount{w.account}})
	expect(t, g, w.ask("orders.read"), models.PermissionDenied)
}
