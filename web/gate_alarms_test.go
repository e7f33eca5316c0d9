package web_test

import (
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestEveryPageSaysWhatIsWrongWithGates: an error page too, and the pages of who may only read.
func TestEveryPageSaysWhatIsWrongWithGates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		acct := app.account("billing-worker")
		head := must(app.desk.Gates(t.Context(), local))(t).Head
		beat := func(g models.Gate) {
			g.ID, g.Name, g.Version, g.State, g.StartedAt = "gat00000000000000009", "edge", "v0", models.GateReady, time.Now()
			must(s.Beat(t.Context(), g))(t)
		}
		const silent, behind, none = "Gate edge is silent", "Gate edge is behind", "No gate is running"
		b := app.as(models.Reviewer)
		pages := []string{"/service-accounts", "/service-accounts/" + acct.ID, "/keys", "/audit", "/settings/scopes", "/account", "/nowhere"}
		everywhere := func(says string) {
			t.Helper()
			app.pass(2 * time.Second) // what was read before is read again
			for _, path := range pages {
				got := b.get(path)
				for _, text := range []string{none, behind, silent} {
					if got.says(text) != (text == says) {
						t.Errorf("%s says %q: %v, want only %q", path, text, got.says(text), says)
					}
				}
				if says != "" && !strings.Contains(got.text, `<a href="/settings/gates">Gates</a>`) {
					t.Errorf("%s does not lead to the gates", path)
				}
			}
		}
		everywhere(none)
		beat(models.Gate{StaleFor: time.Minute, Enforced: head})
		everywhere("")
		app.pass(-time.Minute)
		app.account("worker") // a change that waits for a minute
		app.pass(time.Minute)
		everywhere(behind)
		beat(models.Gate{StaleFor: time.Minute, Enforced: head + 1})
		everywhere("")
	})
}
