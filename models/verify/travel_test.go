package verify

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
)

// notebook is a journal in memory, which can fail and hang.
type notebook struct {
	mu    sync.Mutex
	facts []models.Fact
	err   error
	slow  time.Duration
}

func (n *notebook) Append(facts []models.Fact) error {
	n.mu.Lock()
	slow := n.slow
	n.mu.Unlock()
	time.Sleep(slow)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.facts = append(n.facts, facts...)
	}
	return n.err
}

func (n *notebook) set(err error, slow time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err, n.slow = err, slow
}

func (n *notebook) kinds() (kinds []models.FactKind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.facts {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

func (n *notebook) sum() (j models.Journaled) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.facts {
		j.Add(f)
	}
	return j
}

// journaled is a world of the first epoch, whose gates write a journal.
func journaled(t testing.TB) (*world, *notebook) {
	w, n := newWorld(t), &notebook{}
	w.origin = models.Origin{SystemID: "7001", Timeline: "00000001"}
	w.epoch = models.Epoch{Number: 1, Token: "one", Origin: w.origin}
	w.journal = n
	return w, n
}

// TestTimeTravel: whatever of the database's history changes under a gate, the gate answers nothing from the next poll on,
// and again only when a newer epoch of the server that answers is there.
func TestTimeTravel(t *testing.T) {
	for name, travel := range map[string]func(*world){
		"an older head":               func(w *world) { w.history, w.feed.Last = nil, models.Change{} },
		"another row, same number":    func(w *world) { w.feed.Last.Token = "another" },
		"another system":              func(w *world) { w.origin.SystemID = "7002" },
		"another timeline":            func(w *world) { w.origin.Timeline = "00000002" },
		"another epoch, same number":  func(w *world) { w.epoch.Token = "another" },
		"an older epoch":              func(w *world) { w.epoch = models.Epoch{} },
		"a newer epoch, row is gone":  func(w *world) { w.feed.Last.Token, w.epoch.Number = "another", 2; w.origin.Timeline = "00000002" },
		"a newer epoch, other server": func(w *world) { w.epoch.Number, w.origin.SystemID = 2, "7002" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, n := journaled(t)
				var told []models.Epoch
				w.travel = func(known models.Epoch) { told = append(told, known) }
				g, stop := running(t, w)
				defer stop()
				expect(t, g, w.ask("orders.read"), models.Allowed)
				w.set(func() { travel(w) })
				time.Sleep(defaultPoll)
				synctest.Wait()
				for range 10 {
					expect(t, g, w.ask("orders.read"), models.GateUnavailable)
					time.Sleep(defaultPoll)
					synctest.Wait()
				}
				if s := g.Stats(); !s.TimeTravel || s.Ready || s.Keys != 0 || len(told) != 1 || told[0].Number != 1 {
					t.Errorf("stats %+v, told %v", s, told)
				}
				w.set(func() {
					if b := w.beats[len(w.beats)-1]; b.State != models.GateAlarmed || b.StaleFor != 0 || b.Enforced != 0 || b.Epoch != 1 {
						t.Errorf("the row says %+v", b)
					}
					w.epoch = models.Epoch{Number: 3, Token: "three", Origin: w.origin}
				})
				time.Sleep(2 * defaultPoll)
				synctest.Wait()
				expect(t, g, w.ask("orders.read"), models.Allowed)
				if j := n.sum(); g.Stats().TimeTravel || j.Epoch.Number != 3 || j.Epoch.Token != "three" {
					t.Errorf("the journal knows epoch %+v", j.Epoch)
				}
			})
		})
	}
}

// A gate that starts beside one in alarm answers nothing until that is decided, and has no word in it: it may know nothing of
// what the database has forgotten.
func TestAnotherGateIsAlarmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := journaled(t)
		told := 0
		w.travel = func(models.Epoch) { told++ }
		w.set(func() { w.alarmed = true })
		g, stop := running(t, w)
		defer stop()
		for range 5 {
			expect(t, g, w.ask("orders.read"), models.GateUnavailable)
			time.Sleep(defaultPoll)
			synctest.Wait()
		}
		if s := g.Stats(); !s.TimeTravel || told != 0 {
			t.Errorf("stats %+v, asked to heal %d times", s, told)
		}
		w.set(func() { w.alarmed, w.epoch.Number, w.epoch.Token = false, 2, "two" })
		time.Sleep(2 * defaultPoll)
		synctest.Wait()
		expect(t, g, w.ask("orders.read"), models.Allowed)
	})
}

// A newer epoch of the same history, as the first is on an old database, is no news.
func TestANewerEpochOfTheSameHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, n := journaled(t)
		g, stop := running(t, w)
		defer stop()
		w.set(func() { w.epoch.Number, w.epoch.Token = 2, "two" })
		time.Sleep(defaultPoll)
		synctest.Wait()
		expect(t, g, w.ask("orders.read"), models.Allowed)
		if j := n.sum(); j.Epoch.Number != 2 || j.Last != (models.Change{Revision: 1, Token: "one"}) {
			t.Errorf("the journal knows %+v and %+v", j.Epoch, j.Last)
		}
	})
}

// A gate that starts holds the database against its journal before it answers.
func TestAStartOnADatabaseThatWentBack(t *testing.T) {
	for name, tc := range map[string]struct {
		last  models.Change
		epoch models.Epoch
		want  models.Outcome
	}{
		"it goes on":           {models.Change{Revision: 1, Token: "one"}, models.Epoch{Number: 1, Token: "one"}, models.Allowed},
		"a revision is gone":   {models.Change{Revision: 2, Token: "two"}, models.Epoch{Number: 1, Token: "one"}, models.GateUnavailable},
		"a revision differs":   {models.Change{Revision: 1, Token: "two"}, models.Epoch{Number: 1, Token: "one"}, models.GateUnavailable},
		"an epoch is gone":     {models.Change{Revision: 1, Token: "one"}, models.Epoch{Number: 2, Token: "two"}, models.GateUnavailable},
		"it was accepted then": {models.Change{Revision: 2, Token: "two"}, models.Epoch{Number: 0}, models.Allowed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := journaled(t)
				w.known = models.Journaled{Lines: 1, Last: tc.last, Epoch: tc.epoch}
				g, stop := running(t, w)
				defer stop()
				time.Sleep(10 * defaultPoll)
				synctest.Wait()
				expect(t, g, w.ask("orders.read"), tc.want)
				if loaded := slices.Contains(w.steps, "load"); loaded != (tc.want == models.Allowed) {
					t.Errorf("steps %v", w.steps)
				}
			})
		})
	}
}

// Facts are on the disk before the revision is published, and a restart journals none of them twice.
func TestFactsAreJournaledBeforeTheyArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, n := journaled(t)
		g, stop := running(t, w)
		n.set(nil, 200*time.Millisecond)
		w.key.Revoked = true
		revision := w.change(models.Feed{Keys: []models.GateKey{w.key}})
		w.set(func() {
			w.during["beat"] = func() {
				if g.position.Revision == revision && !n.sum().Keys[w.key.ID] {
					t.Error("it is published before it is journaled")
				}
			}
			w.feed.Keys[0].Revoked = true
		})
		g.Wake()
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if w.enforced() != revision {
			t.Errorf("enforced %d, want %d", w.enforced(), revision)
		}
		if f := n.facts[len(n.facts)-1]; f.Revision != revision || f.Epoch != 1 || f.Token != w.feed.Last.Token || f.At.IsZero() {
			t.Errorf("the fact is %+v", f)
		}
		stop()
		before := len(n.facts)
		w.known = n.sum()
		_, stop = running(t, w)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(n.facts) != before {
			t.Errorf("a restart journals %+v again", n.facts[before:])
		}
	})
}

// TestWhatIsJournaled: every restriction, and that it was lifted.
func TestWhatIsJournaled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, n := journaled(t)
		g, stop := running(t, w)
		defer stop()
		tell := func(want ...models.FactKind) {
			t.Helper()
			before := len(n.kinds())
			w.change(models.Feed{Keys: []models.GateKey{w.key}, Accounts: []models.GateAccount{w.account}})
			g.Wake()
			synctest.Wait()
			if got := n.kinds()[before:]; !slices.Equal(got, want) {
				t.Errorf("journaled %v, want %v", got, want)
			}
		}
		tell()
		w.key.Disabled, w.key.DisabledUntil = true, time.Now().Add(time.Hour)
		tell(models.FactKeyDisabled)
		w.key.DisabledUntil = time.Time{}
		tell(models.FactKeyDisabled)
		tell()
		w.key.Disabled = false
		tell(models.FactKeyEnabled)
		w.account.Suspended = true
		tell(models.FactAccountSuspended)
		w.account.Suspended = false
		tell(models.FactAccountReactivated)
		w.key.Scopes = []string{"orders.write", "orders.read"}
		tell() // wider
		w.key.Scopes = []string{"orders.read"}
		tell(models.FactKeyScopes)
		w.key.Scopes = []string{"orders.write", "orders.read"}
		tell(models.FactKeyScopes) // what was journaled is not true any more
		w.key.Secrets[0].RetiresAt = time.Now().Add(time.Hour)
		tell(models.FactSecretRetired)
		w.key.Secrets[0].Retired = true
		tell(models.FactSecretRetired)
		w.key.Revoked, w.account.Deleted = true, true
		tell(models.FactAccountDeleted, models.FactKeyRevoked)
		tell()
	})
}

// A journal that cannot be written, or does not answer, stops nothing; it is told once, and what it missed is written.
func TestAFailingJournalIsAWarning(t *testing.T) {
	for name, fail := range map[string]func(*notebook){
		"it cannot be written": func(n *notebook) { n.set(errors.New("disk full"), 0) },
		"it does not answer":   func(n *notebook) { n.set(nil, time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, n := journaled(t)
				g, stop := running(t, w)
				defer stop()
				fail(n)
				w.key.Revoked = true
				revision := w.change(models.Feed{Keys: []models.GateKey{w.key}})
				g.Wake()
				time.Sleep(keepWithin)
				synctest.Wait()
				expect(t, g, w.ask("orders.read"), models.RevokedKey)
				time.Sleep(time.Minute)
				synctest.Wait()
				expect(t, g, w.ask("orders.read"), models.RevokedKey)
				w.set(func() {
					if b := w.beats[len(w.beats)-1]; b.Enforced != revision || b.Warning != models.WarnJournal || !g.Stats().JournalFailing {
						t.Errorf("the row says %+v", b)
					}
				})
				n.set(nil, 0)
				time.Sleep(time.Hour)
				synctest.Wait()
				w.set(func() {
					if b := w.beats[len(w.beats)-1]; b.Warning != "" || g.Stats().JournalFailing || !n.sum().Keys[w.key.ID] {
						t.Errorf("it does not heal: the row says %+v, the journal %v", b, n.kinds())
					}
				})
			})
		})
	}
}
