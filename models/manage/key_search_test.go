package manage_test

import (
	"slices"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

func TestKeysOfAllAccountsAreSearched(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, orders, billing := t.Context(), b.account("orders-api"), b.account("billing-worker")
		first, second := b.key(orders, "yc.postbox.send").Key, b.key(billing, "yc.postbox.send").Key
		b.pass(time.Second)
		third := b.key(billing, "yc.monitoring.read").Key
		for name, tc := range map[string]struct {
			by   models.Actor
			s    manage.KeySearch
			want []string
		}{
			"all, newest first":       {reviewer, manage.KeySearch{}, []string{third.ID}},
			"of an account's name":    {reviewer, manage.KeySearch{Account: "orders-api"}, []string{first.ID}},
			"of an account's id":      {reviewer, manage.KeySearch{Account: billing.ID}, []string{third.ID, second.ID}},
			"of no account":           {reviewer, manage.KeySearch{Account: "no-such"}, nil},
			"with a scope":            {reviewer, manage.KeySearch{Scope: "yc.monitoring.read"}, []string{third.ID}},
			"of an account elsewhere": {stranger, manage.KeySearch{Account: billing.ID}, nil},
			"of another folder":       {stranger, manage.KeySearch{}, nil},
			"of nobody":               {models.Actor{}, manage.KeySearch{}, nil},
		} {
			list, err := b.SearchKeys(ctx, tc.by, tc.s)
			var got []string
			for _, r := range list.Page.Rows {
				got = append(got, r.ID)
			}
			if name == "all, newest first" {
				got = got[:1]
				if list.Match.Total != 3 || list.Tabs[models.AllKeys].Total != 3 || list.Tabs[models.UnusedKeys].Total != 0 {
					t.Errorf("counts: %+v", list)
				}
			} else if list.Match.Total != len(tc.want) {
				t.Errorf("%s: counted %+v", name, list.Match)
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("%s: %v, %v, want %v", name, got, err, tc.want)
			}
		}
		_, err := b.SearchKeys(ctx, reviewer, manage.KeySearch{Network: "10.0.0.0/8"})
		wantField(t, err, "network")
	})
}

// All that match are those of the list, wherever its page was, and no more than were asked for.
func TestMatchingKeyIDs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		for range 4 {
			b.key(a, "yc.postbox.send")
		}
		page := must(b.SearchKeys(t.Context(), operator, manage.KeySearch{Limit: 2}))(t).Page
		for most, want := range map[int]struct {
			n    int
			more bool
		}{3: {3, true}, 4: {4, false}, 9: {4, false}} {
			ids, more, err := b.MatchingKeyIDs(t.Context(), operator, manage.KeySearch{After: page.Next, Back: true}, most)
			if err != nil || len(ids) != want.n || more != want.more || ids[0] != page.Rows[0].ID {
				t.Errorf("%d at most: %v, %v, %v", most, ids, more, err)
			}
		}
		if ids, more, err := b.MatchingKeyIDs(t.Context(), stranger, manage.KeySearch{}, 9); len(ids) > 0 || more || err != nil {
			t.Errorf("of another folder: %v, %v, %v", ids, more, err)
		}
	})
}

func TestExportKeysIsForThoseWhoMayExport(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.key(b.account("worker"), "yc.postbox.send")
		for _, tc := range []struct {
			by   models.Actor
			want int
		}{{admin, 1}, {operator, 1}, {reviewer, 1}, {responder, 0}, {stranger, 0}, {models.Actor{}, 0}} {
			n := 0
			err := b.ExportKeys(t.Context(), tc.by, manage.KeySearch{}, func(k *store.ListedKey) error {
				n++
				if k.Account.Name != "worker" || len(k.Scopes) != 1 || len(k.Mask()) != 10 {
					t.Errorf("exported %+v", k)
				}
				return nil
			})
			if err != nil || n != tc.want {
				t.Errorf("%s: %d keys, %v", tc.by.Name, n, err)
			}
		}
	})
}
