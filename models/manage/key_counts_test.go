package manage_test

import (
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

// TestCountsOfTabsAreSaidAgain: not counted anew at every request, but whenever a key was changed, and after a while.
func TestCountsOfTabsAreSaidAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.CountsFor = 5 * time.Second
		a := b.account("worker")
		k := b.key(a, "yc.postbox.send")
		b.at = b.at.AddDate(0, 0, 10)
		never := func() int {
			return must(b.SearchKeys(t.Context(), reviewer, manage.KeySearch{}))(t).Tabs[models.NeverUsedKeys].Total
		}
		if n := never(); n != 1 {
			t.Fatalf("%d keys were never used, want 1", n)
		}
		used := models.LastUsed{KeyID: k.Key.ID, Allowed: models.Sighting{At: b.at, Scope: "yc.postbox.send"}}
		must(0, b.Store.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Last: []models.LastUsed{used}}))(t)
		if n := never(); n != 1 {
			t.Errorf("%d at once, want what was counted", n)
		}
		b.at = b.at.Add(5 * time.Second)
		if n := never(); n != 0 {
			t.Errorf("%d after a while, want 0", n)
		}
		b.key(a, "yc.postbox.send")
		if n := must(b.SearchKeys(t.Context(), reviewer, manage.KeySearch{}))(t).Tabs[models.AllKeys].Total; n != 2 {
			t.Errorf("%d keys after one was made, want 2", n)
		}
		if n := must(b.SearchKeys(t.Context(), models.Actor{}, manage.KeySearch{}))(t).Tabs[models.AllKeys].Total; n != 0 {
			t.Errorf("somebody who may see none is told of %d", n)
		}
	})
}
