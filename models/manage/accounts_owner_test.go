package manage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
)

func (b *bench) owned(owner string, names ...string) {
	b.t.Helper()
	for _, name := range names {
		if _, _, err := b.CreateAccount(b.t.Context(), admin, manage.NewAccount{Name: name, Owner: owner}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestGiveAccounts(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range 203 {
			b.owned("Ivan@example.com", fmt.Sprintf("worker-%03d", i))
		}
		b.owned("ivan@example.com", "another-spelling")
		b.owned("xivan@example.com", "somebody-else")
		gone := b.account("deleted-one")
		if err := second(b.UpdateAccount(t.Context(), admin, gone.ID, manage.AccountEdit{Name: gone.Name, Owner: "ivan@example.com"})); err != nil {
			t.Fatal(err)
		}
		must(b.DeleteAccount(t.Context(), admin, gone.ID, gone.Name, stop))(t)
		l := must(b.AccountsOwnedBy(t.Context(), admin, "IVAN@example.com", models.Cursor{}, 0))(t)
		if l.Total != 204 || len(l.Page.Rows) != 50 || l.Page.Rows[0].Name != "another-spelling" || !l.Page.More {
			t.Fatalf("%d accounts, a page of %d", l.Total, len(l.Page.Rows))
		}
		next := must(b.AccountsOwnedBy(t.Context(), admin, "ivan@example.com", l.Page.Next, 1))(t)
		if next.Page.Rows[0].Name != "worker-049" {
			t.Errorf("the second page begins with %s", next.Page.Rows[0].Name)
		}
		before := len(b.events())
		if n, err := b.GiveAccounts(t.Context(), admin, "ivan@example.com", "olga@example.com"); n != 204 || err != nil {
			t.Fatalf("%d given, %v", n, err)
		}
		events := b.events()[before:]
		e := events[0]
		if len(events) != 204 || e.Action != "account.update" || !strings.Contains(e.Before, `"owner":"ivan@example.com"`) || !strings.Contains(e.After, `"owner":"olga@example.com"`) {
			t.Errorf("%d events, the first %s from %s to %s", len(events), e.Action, e.Before, e.After)
		}
		if l := must(b.AccountsOwnedBy(t.Context(), admin, "ivan@example.com", models.Cursor{}, 0))(t); l.Total != 0 {
			t.Errorf("%d are left", l.Total)
		}
		if a := must(b.Account(t.Context(), admin, "worker-000"))(t); a.Owner != "olga@example.com" || a.Version != 2 {
			t.Errorf("%s, version %d", a.Owner, a.Version)
		}
	})
}

func TestGiveAccountsRefusals(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.owned("ivan@example.com", "worker")
		key := b.key(b.account("other"), "yc.postbox.send")
		for name, tc := range map[string]struct {
			by     models.Actor
			to     string
			reason string
		}{
			"no mail address":  {admin, "olga", "invalid_fields"},
			"nothing":          {admin, "", "invalid_fields"},
			"the same owner":   {admin, "IVAN@example.com", "invalid_fields"},
			"a secret":         {admin, key.Secret.Reveal() + "@example.com", "invalid_fields"},
			"a reviewer":       {reviewer, "olga@example.com", "forbidden"},
			"a responder":      {responder, "olga@example.com", "forbidden"},
			"nobody":           {models.Actor{}, "olga@example.com", "forbidden"},
			"of other folders": {stranger, "olga@example.com", ""},
		} {
			before := len(b.events())
			n, err := b.GiveAccounts(t.Context(), tc.by, "ivan@example.com", tc.to)
			if n != 0 || (err == nil) != (tc.reason == "") || err != nil && models.ReasonOf(err) != tc.reason {
				t.Errorf("%s: %d given, %v", name, n, err)
			}
			if events := b.events()[before:]; tc.by.Type != "" && err != nil && (len(events) != 1 || events[0].Result != models.EventRefused) {
				t.Errorf("%s: events %v", name, events)
			}
		}
		if a := must(b.Account(t.Context(), admin, "worker"))(t); a.Owner != "ivan@example.com" {
			t.Errorf("owner %s", a.Owner)
		}
	})
}

// Two who give the same accounts at the same moment give each of them once.
func TestAccountsAreGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range 40 {
			b.owned("ivan@example.com", fmt.Sprintf("worker-%03d", i))
		}
		before := len(b.events())
		given := make([]int, 3)
		var all sync.WaitGroup
		for i := range given {
			all.Go(func() {
				n, err := b.GiveAccounts(t.Context(), admin, "ivan@example.com", fmt.Sprintf("owner-%d@example.com", i))
				if err != nil {
					t.Error(err)
				}
				given[i] = n
			})
		}
		all.Wait()
		ids := map[string]int{}
		for _, e := range b.events()[before:] {
			ids[e.ObjectID]++
		}
		if given[0]+given[1]+given[2] != 40 || len(ids) != 40 || len(b.events())-before != 40 {
			t.Errorf("given %v, %d accounts, %d events", given, len(ids), len(b.events())-before)
		}
	})
}
