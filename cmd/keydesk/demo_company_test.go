package main

import (
	"context"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// founded is a company as a demo makes it, before anybody serves it.
type founded struct {
	*host
	*demo
	t   *testing.T
	now time.Time
	by  models.Actor
}

// openCompany opens an empty database.
func openCompany(t *testing.T) *host {
	t.Helper()
	h, err := openHost(t.Context(), &Settings{DataDir: t.TempDir(), LogLevel: "error"}, stdio{Out: io.Discard, Err: io.Discard}, toServe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Store.Close() })
	return h
}

func found(t *testing.T, now time.Time) *founded {
	t.Helper()
	h := openCompany(t)
	d, err := h.foundDemo(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return &founded{h, d, t, models.Instant(now), localActor()}
}

// keys are all keys of the company by handle, as their pages know them.
func (f *founded) keys() map[string]manage.KeyDetail {
	f.t.Helper()
	page, err := f.Desk.AllKeys(f.t.Context(), f.by, "", models.Cursor{}, 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	all := map[string]manage.KeyDetail{}
	for _, row := range page.Rows {
		k, err := f.Desk.Key(f.t.Context(), f.by, row.ID)
		if err != nil {
			f.t.Fatal(err)
		}
		all[k.Account.Name+"/"+k.Key.Description] = k
	}
	return all
}

// outcomes counts the key's requests of 30 days by what became of them.
func outcomes(k manage.KeyDetail) map[models.Outcome]int64 {
	n := map[models.Outcome]int64{}
	for _, u := range k.Usage {
		n[u.Outcome] += u.Count
	}
	return n
}

// TestDemo looks at the company as it is when the demo begins.
func TestDemo(t *testing.T) {
	t.Parallel()
	f := found(t, time.Now())
	t.Run("company", func(t *testing.T) { f.in(t).hasOfEverything(t) })
	t.Run("findings", func(t *testing.T) { f.in(t).hasItsFindings(t) })
	t.Run("log", func(t *testing.T) { f.in(t).hasItsLog(t) })
}

// in is the same company in a part of the test.
func (f *founded) in(t *testing.T) *founded { return &founded{f.host, f.demo, t, f.now, f.by} }

// hasOfEverything: the company has something of everything that the console is there to show.
func (f *founded) hasOfEverything(t *testing.T) {
	keys := f.keys()
	if n := len(keys); n < 55 || n > 70 || n != len(slices.Concat(demoKeys...)) {
		t.Errorf("%d keys, want about sixty: all that are written down", n)
	}
	accounts, err := f.Desk.Accounts(t.Context(), f.by, manage.AccountFilter{})
	if err != nil || accounts.Total < 12 || accounts.Total > 16 {
		t.Errorf("%d service accounts (%v), want about a dozen", accounts.Total, err)
	}
	states, reasons, of := map[models.KeyState]int{}, map[models.Attention]int{}, map[models.AccountState]int{}
	refused, networks, agents := map[models.Outcome]bool{}, map[string]bool{}, map[string]bool{}
	for _, k := range keys {
		states[k.Key.State(f.now)]++
		for _, why := range k.Key.Attention(k.LastUsed, f.now) {
			reasons[why]++
		}
		for outcome := range outcomes(k) {
			refused[outcome] = true
		}
		for _, u := range k.Usage {
			networks[u.Network] = true
		}
		agents[k.LastUsed.Allowed.Agent] = true
		if k.LastUsed.Allowed.At.After(f.now) || k.LastUsed.Refused.At.After(f.now) {
			t.Errorf("%s is used in the future: %+v", k.Key.Name(), k.LastUsed)
		}
	}
	for _, a := range accounts.Page.Rows {
		of[a.State(f.now)]++
	}
	for state, least := range map[models.KeyState]int{models.KeyActive: 40, models.KeyDisabled: 3, models.KeyExpired: 4, models.KeyRevoked: 5} {
		if states[state] < least {
			t.Errorf("%d keys are %s, want at least %d", states[state], state, least)
		}
	}
	for _, why := range []models.Attention{
		models.StillTried, models.Expiring, models.Unused, models.NeverUsed, models.Broad, models.DefaultScopes, models.NoExpiry,
	} {
		if reasons[why] < 2 {
			t.Errorf("%d keys are %q, want some", reasons[why], why)
		}
	}
	for _, outcome := range []models.Outcome{
		models.Allowed, models.InsufficientScope, models.PermissionDenied, models.RevokedKey, models.ExpiredKey, models.DisabledKey,
		models.SuspendedAccount, models.RetiredSecret,
	} {
		if !refused[outcome] {
			t.Errorf("no request of the last 30 days was %s", outcome)
		}
	}
	if of[models.AccountActive] < 10 || of[models.AccountSuspended] != 1 || of[models.AccountExpired] != 1 {
		t.Errorf("the states of accounts are %v", of)
	}
	if len(networks) < 15 || len(agents) < 20 {
		t.Errorf("%d networks and %d agents, want many", len(networks), len(agents))
	}
}

// hasItsFindings: the keys that the stories of the console are told with are what they are told to be.
func (f *founded) hasItsFindings(t *testing.T) {
	keys := f.keys()
	for handle, want := range map[string][]models.Attention{
		"billing-worker/Invoices, old cluster":     {models.Unused, models.Broad}, // granted five scopes, used one
		"reports/Data warehouse, nightly":          {models.Broad},
		"reports/Notebook of Jonas":                {models.Unused, models.NoExpiry},
		"legacy-import/Import, first try":          {models.NeverUsed, models.Broad, models.DefaultScopes, models.NoExpiry},
		"storefront/Gift cards, preview":           nil,
		"storefront/Shop, production":              nil,
		"ci-deploy/Pipeline (leaked)":              {models.StillTried},
		"partner-parcelpoint/ParcelPoint, sandbox": {models.StillTried},
		"mobile-app/iOS 5.2":                       {models.StillTried},
	} {
		if got := keys[handle].Key.Attention(keys[handle].LastUsed, f.now); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", handle, got, want)
		}
	}
	for _, handle := range []string{"billing-worker/Invoices, old cluster", "reports/Data warehouse, nightly"} {
		k := keys[handle].Key
		if used := f.usedScopes(k.ID); len(k.Scopes) != 5 || len(used) != 1 {
			t.Errorf("%s has the scopes %q and used %v, want five and one", handle, k.Scopes, used)
		}
	}
	if k := keys["ci-deploy/Pipeline (leaked)"].Key; k.Revoked.Reason != models.ReasonLeaked || k.ReplacedBy != keys["ci-deploy/Pipeline"].Key.ID {
		t.Errorf("the leaked key is %+v, replaced by %q", k.Revoked, k.ReplacedBy)
	}
	if k := keys["warehouse/Returns desk, old terminal"].Key; !k.Disabled.Until.After(f.now) {
		t.Errorf("the terminal's key is disabled until %v", k.Disabled.Until)
	}
	k := keys[demoTryKey]
	if n := outcomes(k); n[models.Allowed] < 100_000 || len(n) != 1 || k.Key.State(f.now) != models.KeyActive {
		t.Errorf("the key to try is %s, its requests are %v", k.Key.State(f.now), n)
	}
	invoices, live, inUse := keys["billing-worker/Invoices, production"], 0, map[string]bool{}
	for _, s := range invoices.Key.Secrets {
		if s.Live(f.now) {
			live++
		}
	}
	for _, u := range invoices.BySecret {
		if u.LastAt.After(f.now.Add(-24 * time.Hour)) {
			inUse[u.SecretID] = true
		}
	}
	if live != 2 || len(inUse) != 2 {
		t.Errorf("%d secrets of the invoices are live and %d in use, want both", live, len(inUse))
	}
}

// usedScopes are the scopes of a key that ever answered.
func (f *founded) usedScopes(id string) map[string]bool {
	f.t.Helper()
	used := map[string]bool{}
	err := f.Store.Read(f.t.Context(), func(tx *store.Tx) error {
		all, err := tx.Usage(id, f.now.AddDate(0, 0, -120))
		for _, u := range all {
			used[u.Granted] = true
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return used
}

// hasItsLog: the story stands in the audit log in the order of its times, by people who were signed in, and verifies.
func (f *founded) hasItsLog(t *testing.T) {
	signer, err := openSigner(t.Context(), f.host)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Desk.VerifyAudit(t.Context(), f.by, signer.Public())
	if err != nil || r.Problem != "" || r.Events < 150 || r.UpTo != r.Events || r.Heads != 1 {
		t.Errorf("the log is %+v (%v)", r, err)
	}
	before, months, refusals, actors := time.Time{}, map[time.Month]bool{}, 0, map[string]bool{}
	err = f.Store.Read(t.Context(), func(tx *store.Tx) error {
		events, err := tx.EventsFrom(1, store.EventsMax)
		for _, e := range events {
			if e.At.Before(before) || e.At.After(f.now) {
				t.Errorf("event %d, %s, is of %v, after one of %v", e.Number, e.Action, e.At, before)
			}
			before, months[e.At.Month()], actors[e.ActorName] = e.At, true, true
			if e.Result == models.EventRefused {
				refusals++
			}
		}
		return err
	})
	if err != nil || len(months) < 4 || refusals < 4 {
		t.Errorf("%d months and %d refusals are in the log (%v)", len(months), refusals, err)
	}
	for _, person := range demoPeople {
		if !actors[person.email] {
			t.Errorf("%s did nothing", person.email)
		}
	}
}

// TestDemoStoryOnEveryDay: whichever day of the week it is started on, early or late, the same things happen.
func TestDemoStoryOnEveryDay(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 3, 30, 0, 0, 30, 0, time.UTC)
	for i := range 7 {
		now := monday.AddDate(0, 0, i).Add(time.Duration(i) * 239 * time.Minute)
		t.Run(now.Format("Monday 15:04"), func(t *testing.T) {
			p, err := newPast(openCompany(t), "plover anvil tundra mosaic")
			if err != nil {
				t.Fatal(err)
			}
			if err := p.tell(t.Context(), demoStory(), models.Instant(now)); err != nil || len(p.keys) != len(slices.Concat(demoKeys...)) {
				t.Errorf("%d keys: %v", len(p.keys), err)
			}
		})
	}
}

// TestDemoIsTheSameEveryTime: what is left to chance comes out alike, but for what has to be secret.
func TestDemoIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 20, 15, 4, 5, 0, time.UTC)
	one, two := found(t, now), found(t, now)
	a, b := one.keys(), two.keys()
	for handle, k := range a {
		same := b[handle]
		if len(k.Usage) != len(same.Usage) || !k.Key.CreatedAt.Equal(same.Key.CreatedAt) || !k.LastUsed.Allowed.At.Equal(same.LastUsed.Allowed.At) {
			t.Errorf("%s differs: %d and %d counts, last used %v and %v", handle, len(k.Usage), len(same.Usage), k.LastUsed.Allowed.At, same.LastUsed.Allowed.At)
		}
		if k.Key.ID == same.Key.ID || k.Key.Mask() == same.Key.Mask() {
			t.Errorf("%s has the same id or secret", handle)
		}
	}
	if one.token == two.token || one.password == two.password || one.try.Reveal() == two.try.Reveal() {
		t.Error("two demos share a secret")
	}
}

// TestDemoCallersAreBounded: all programs together ask the gate a handful of times a second.
func TestDemoCallersAreBounded(t *testing.T) {
	perSecond, asked := 0.0, map[models.Outcome]int{}
	for _, k := range slices.Concat(demoKeys...) {
		for _, u := range k.uses {
			if u.every > 0 {
				perSecond += 1 / u.every.Seconds()
				asked[u.outcome]++
			}
		}
	}
	if perSecond < 3 || perSecond > 8 {
		t.Errorf("they ask %.1f times a second", perSecond)
	}
	for _, outcome := range []models.Outcome{models.RevokedKey, models.RetiredSecret, models.InsufficientScope, models.PermissionDenied, models.DisabledKey} {
		if asked[outcome] == 0 {
			t.Errorf("nobody keeps asking who is refused for %s", outcome)
		}
	}
}

func TestNextPort(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8082", "[::1]:8081": "[::1]:8083", "localhost:0": "localhost:0", "localhost:http": "localhost:http",
	} {
		if got := nextPort(addr); got != want {
			t.Errorf("after %s comes %s, want %s", addr, got, want)
		}
	}
	if _, err := (serving{cmd: &serveCmd{Listen: "127.0.0.1:" + strconv.Itoa(1<<17)}}).listenNext(context.Background()); err == nil {
		t.Error("a port that does not exist is listened on")
	}
}
