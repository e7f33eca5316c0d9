package verify

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
)

// forgetful is a database that says anything: what was final comes back, in feeds and in loads.
type forgetful struct {
	*world
	chance  *rand.Rand
	secrets []secret.Secret
	keys    []models.GateKey
	denied  map[int]bool // by key: what a gate applied once
}

func newForgetful(t *testing.T, seed uint64) *forgetful {
	f := &forgetful{chance: rand.New(rand.NewPCG(seed, 7)), denied: map[int]bool{}}
	f.world, _ = journaled(t)
	for range 6 {
		s, k := f.newKey(t, "orders.write")
		f.secrets, f.keys = append(f.secrets, s), append(f.keys, k)
	}
	f.feed.Keys = append(f.feed.Keys, f.keys...)
	return f
}

// state is what the database says of a key at the moment, as chance wills.
func (f *forgetful) state(i int) models.GateKey {
	k := f.keys[i]
	k.Secrets = []models.GateSecret{k.Secrets[0]}
	switch f.chance.IntN(6) {
	case 0:
		k.Revoked = true
	case 1:
		k.Secrets[0].Retired = true
	case 2:
		k.Secrets[0].RetiresAt = time.Now().Add(-time.Second)
	}
	f.denied[i] = f.denied[i] || k.Revoked || k.Secrets[0].Retired || !k.Secrets[0].RetiresAt.IsZero()
	return k
}

func (f *forgetful) ask(i int) Request {
	return Request{Secret: f.secrets[i].Reveal(), Scopes: []string{"orders.read"}}
}

// TestWhatIsDeniedOnceStaysDenied: whatever the database says later, by feed, by a load after it went back in time or by one
// after a restart, nothing that was denied for good passes again; and what never was, passes.
func TestWhatIsDeniedOnceStaysDenied(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newForgetful(t, seed)
				n := f.journal.(*notebook)
				g, stop := running(t, f.world)
				for range 30 {
					switch f.chance.IntN(6) {
					case 0: // it goes back in time
						f.set(func() {
							f.history, f.feed.Last.Token = nil, fmt.Sprint("token ", f.chance.Uint64())
							for i := range f.keys {
								f.feed.Keys[i+1] = f.state(i)
							}
							f.epoch.Number, f.epoch.Token = f.epoch.Number+1, fmt.Sprint("epoch ", f.chance.Uint64())
						})
					case 1: // the gate starts again
						stop()
						f.known = n.sum()
						g, stop = running(t, f.world)
					default:
						i := f.chance.IntN(len(f.keys))
						k := f.state(i)
						f.change(models.Feed{Keys: []models.GateKey{k}})
						f.set(func() { f.feed.Keys[i+1] = k })
					}
					time.Sleep(4 * defaultPoll)
					synctest.Wait()
					for i := range f.keys {
						if d := g.Check(f.ask(i)); (d.Outcome == models.Allowed) == f.denied[i] {
							t.Fatalf("key %d, denied %v: %q", i, f.denied[i], d.Outcome)
						}
					}
				}
				stop()
			})
		})
	}
}

// Accounts and gateways that were denied for good stay so too.
func TestAccountsAndGatewaysStayDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, n := journaled(t)
		plain, err := secret.NewGateway(w.rand)
		if err != nil {
			t.Fatal(err)
		}
		digest, _ := w.peppers.Digest(1, plain.Sum())
		edge := models.Gateway{ID: w.id(t), Digest: digest[:], PepperVersion: 1}
		w.feed.Gateways = []models.Gateway{edge}
		g, stop := running(t, w)
		if !g.Gateway(plain.Reveal()) {
			t.Error("a good credential is refused")
		}
		deleted, revoked := w.account, edge
		deleted.Deleted, revoked.RevokedAt = true, time.Now()
		for range 2 { // the second time the database takes it back
			w.change(models.Feed{Accounts: []models.GateAccount{deleted}, Gateways: []models.Gateway{revoked}})
			g.Wake()
			synctest.Wait()
			if g.Gateway(plain.Reveal()) {
				t.Error("a revoked credential is good")
			}
			expect(t, g, w.ask("orders.read"), models.SuspendedAccount)
			deleted, revoked = w.account, edge
		}
		stop()
		w.known = n.sum()
		g, stop = running(t, w) // which loads the account and the gateway as they were
		defer stop()
		if g.Gateway(plain.Reveal()) {
			t.Error("a revoked credential is good after a restart")
		}
		expect(t, g, w.ask("orders.read"), models.SuspendedAccount)
	})
}
