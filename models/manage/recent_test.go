package manage_test

import (
	"slices"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// use counts accepted requests of a key, some time ago.
func (b *bench) use(sequence int64, k models.Key, scope string, n int64, ago time.Duration) {
	b.t.Helper()
	at := b.at.Add(-ago)
	err := b.Store.Flush(b.t.Context(), models.Flush{
		GateID: "gat1", Sequence: sequence, Uses: []models.Use{{
			KeyID: k.ID, AccountID: k.AccountID, Bucket: at.Truncate(time.Hour), Requested: scope, Granted: scope, Outcome: models.Allowed,
			Network: "10.2.3.0/24", Count: n, LastAt: at,
		}},
		Last: []models.LastUsed{{KeyID: k.ID, Allowed: models.Sighting{At: at, Scope: scope, Address: "10.2.3.4"}}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestRecentUseOfAnAccountAndItsKeys(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		one, two, idle := b.key(a, "yc.postbox.send").Key, b.key(a, "yc.monitoring.read").Key, b.key(a, "yc.postbox.send").Key
		b.use(1, one, "yc.postbox.send", 3, time.Minute)
		b.use(2, two, "yc.monitoring.read", 4, 3*24*time.Hour)
		k := must(b.KeyRecent(t.Context(), responder, one.ID))(t)
		if k.Use.Total.Day != 3 || k.LastUsed.Allowed.Address != "10.2.3.4" || k.Account.ID != a.ID || len(k.Use.Scopes) != 1 {
			t.Errorf("%+v", k)
		}
		r := must(b.AccountRecent(t.Context(), responder, a.ID))(t)
		if r.Use.Total.Day != 3 || r.Use.Total.Week != 7 || len(r.Use.Networks) != 1 || r.Use.Networks[0].Week != 7 || len(r.Use.Scopes) != 2 {
			t.Errorf("%+v", r.Use)
		}
		if len(r.Keys) != 2 || r.Keys[0].ID != one.ID || r.Each[1].Week != 4 || r.Each[1].Name != two.ID || slices.ContainsFunc(r.Keys, func(k store.KeyRow) bool { return k.ID == idle.ID }) {
			t.Errorf("%+v", r.Keys)
		}
		_, err := b.AccountRecent(t.Context(), stranger, a.ID)
		wantCode(t, err, models.NotFound)
		_, err = b.KeyRecent(t.Context(), stranger, one.ID)
		wantCode(t, err, models.NotFound)
	})
}

func TestUsedScopesAreThoseOfTheKey(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		k := b.key(b.account("worker"), "yc.postbox.send", "yc.monitoring.read", "yc.search-api.execute").Key
		b.use(1, k, "yc.monitoring.read", 3, 80*24*time.Hour)
		b.use(2, k, "yc.postbox.send", 3, 91*24*time.Hour)
		b.use(3, k, "yc.gone.away", 3, time.Hour)
		_, used, err := b.UsedScopes(t.Context(), operator, k.ID)
		if err != nil || !slices.Equal(used, []string{"yc.monitoring.read"}) {
			t.Errorf("%v %v", used, err)
		}
	})
}

func TestTheListOfAccountsShowsTheirUse(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a, idle := b.account("worker"), b.account("idle")
		k := b.key(a, "yc.postbox.send").Key
		b.use(1, k, "yc.postbox.send", 3, 0)
		b.use(2, k, "yc.postbox.send", 5, 13*24*time.Hour)
		b.use(3, k, "yc.postbox.send", 7, 14*24*time.Hour)
		l := must(b.Accounts(t.Context(), reviewer, manage.AccountFilter{By: models.AccountsByUse, Down: true}))(t)
		days := l.Days[a.ID]
		if l.Page.Rows[0].ID != a.ID || len(days) != manage.SparkDays || days[0].Allowed != 5 || days[13].Allowed != 3 || !days[13].Bucket.Equal(b.at.Truncate(24*time.Hour)) {
			t.Errorf("%+v", days)
		}
		if len(l.Days[idle.ID]) != manage.SparkDays {
			t.Errorf("idle: %+v", l.Days[idle.ID])
		}
		if month := must(b.AccountUsage(t.Context(), reviewer, a.ID))(t); len(month) != manage.UsageDays || month[15].Allowed != 7 {
			t.Errorf("month %+v", month)
		}
	})
}

func TestExportOfAccounts(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range 3 {
			b.account([]string{"one", "two", "three"}[i])
		}
		var names []string
		err := b.EachAccount(t.Context(), reviewer, manage.AccountFilter{Search: "t", Limit: 1}, func(r store.AccountRow, _ models.AccountUse) error {
			names = append(names, r.Name)
			return nil
		})
		if err != nil || !slices.Equal(names, []string{"three", "two"}) {
			t.Errorf("%v %v", names, err)
		}
		wantCode(t, b.EachAccount(t.Context(), responder, manage.AccountFilter{}, nil), models.Forbidden)
		if e := b.lastEvent(); e.Action != "accounts.export" || e.Result != models.EventRefused {
			t.Errorf("event %+v", e)
		}
	})
}
