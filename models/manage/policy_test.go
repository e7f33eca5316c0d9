package manage_test

import (
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

const day = 24 * time.Hour

func (b *bench) policy(defaultDays, maxDays int, never bool) {
	b.t.Helper()
	now := must(b.KeyPolicy(b.t.Context()))(b.t)
	must(b.SetKeyPolicy(b.t.Context(), admin, models.KeyPolicy{DefaultDays: defaultDays, MaxDays: maxDays, Never: never, Version: now.Version}))(b.t)
}

// TestTheKeyPolicyHolds for whoever makes a key or moves an expiry, and to the microsecond.
func TestTheKeyPolicyHolds(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		old := b.key(a, "yc.postbox.send").Key
		if !old.ExpiresAt.Equal(b.at.Add(90 * day)) {
			t.Errorf("before any policy a key ends %v", old.ExpiresAt)
		}
		b.policy(30, 60, false)
		for name, tc := range map[string]struct {
			in   manage.Expiry
			days int // 0: refused
		}{
			"nothing said":   {manage.Expiry{}, 30},
			"the maximum":    {manage.Expiry{In: 60 * day}, 60},
			"one too many":   {manage.Expiry{In: 60*day + time.Microsecond}, 0},
			"never":          {manage.Expiry{Never: true}, 0},
			"on a day":       {manage.Expiry{At: b.at.Add(60 * day)}, 60},
			"on a later day": {manage.Expiry{At: b.at.Add(61 * day)}, 0},
		} {
			for _, via := range []string{"console", "cli"} {
				made, err := b.CreateKey(t.Context(), operator, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: via, Expiry: tc.in})
				if tc.days == 0 {
					wantField(t, err, "expires")
				} else if err != nil || !made.Key.ExpiresAt.Equal(b.at.Add(time.Duration(tc.days)*day)) {
					t.Errorf("%s via %s: ends %v, %v", name, via, made.Key.ExpiresAt, err)
				}
			}
			edit := manage.KeyEdit{Scopes: old.Scopes, Expiry: tc.in}
			if _, _, err := b.UpdateKey(t.Context(), operator, old.ID, edit); (err == nil) != (tc.days > 0) {
				t.Errorf("%s in an edit: %v", name, err)
			}
		}
	})
}

// TestKeysThatBreakThePolicyStay as they are, and are told.
func TestKeysThatBreakThePolicyStay(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		late, endless := b.key(a, "yc.postbox.send").Key, b.key(a, "yc.postbox.send").Key
		must(0, second(b.UpdateKey(t.Context(), admin, endless.ID, manage.KeyEdit{Scopes: endless.Scopes, Expiry: manage.Expiry{Never: true}})))(t)
		if got := must(b.KeysBeyondPolicy(t.Context(), admin))(t); len(got.First) != 0 || got.Late.N+got.Endless.N != 0 {
			t.Errorf("without a policy: %+v", got)
		}
		b.policy(30, 60, false)
		got := must(b.KeysBeyondPolicy(t.Context(), admin))(t)
		if got.Late.N != 1 || got.Endless.N != 1 || len(got.First) != 2 || got.First[0].ID != late.ID || got.First[1].ID != endless.ID {
			t.Errorf("got %+v", got)
		}
		if k := must(b.Key(t.Context(), admin, endless.ID))(t).Key; !k.ExpiresAt.IsZero() {
			t.Errorf("the policy changed a key: it ends %v", k.ExpiresAt)
		}
		if got := must(b.KeysBeyondPolicy(t.Context(), stranger))(t); len(got.First) != 0 {
			t.Errorf("a stranger sees %+v", got.First)
		}
		// An edit that leaves the expiry alone, and a reissue, are not held to it.
		_, _, err := b.UpdateKey(t.Context(), operator, endless.ID, manage.KeyEdit{Scopes: endless.Scopes, Description: "renamed"})
		must(0, err)(t)
		_, err = b.ReissueKey(t.Context(), operator, endless.ID, manage.Reissue{Overlap: 100 * day})
		must(0, err)(t)
		b.policy(30, 0, true)
		if got := must(b.KeysBeyondPolicy(t.Context(), admin))(t); len(got.First) != 0 {
			t.Errorf("without limits: %+v", got)
		}
	})
}

func TestAPolicyThatContradictsItself(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for field, in := range map[string][]models.KeyPolicy{
			"default": {{DefaultDays: 0}, {DefaultDays: -1}, {DefaultDays: 3651}, {DefaultDays: 61, MaxDays: 60}},
			"max":     {{DefaultDays: 1, MaxDays: -1}, {DefaultDays: 1, MaxDays: 3651}},
			"never":   {{DefaultDays: 1, MaxDays: 1, Never: true}},
		} {
			for _, p := range in {
				_, err := b.SetKeyPolicy(t.Context(), admin, p)
				wantField(t, err, field)
			}
		}
		if p := must(b.KeyPolicy(t.Context()))(t); p != models.DefaultKeyPolicy {
			t.Errorf("a refused policy left %+v", p)
		}
		b.policy(30, 60, false)
		e := b.lastEvent()
		if e.Action != "policy.update" || !strings.Contains(e.Before, `"default_days":90`) || !strings.Contains(e.After, `"max_days":60`) {
			t.Errorf("event %s: %s, then %s", e.Action, e.Before, e.After)
		}
		_, err := b.SetKeyPolicy(t.Context(), admin, models.KeyPolicy{DefaultDays: 10}) // of a version that is gone
		wantCode(t, err, models.Conflict)
	})
}
