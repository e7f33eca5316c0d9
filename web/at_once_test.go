package web_test

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// rounds is how often two people meet.
func rounds() int {
	if testing.Short() {
		return 20
	}
	return 200
}

// did are the actions that the log has of an account and its keys, as "key.revoke done".
func (a *app) did(id string) (list []string) {
	a.t.Helper()
	l := must(a.desk.AccountActivity(a.t.Context(), local, id, manage.ActivityFilter{}))(a.t)
	for _, e := range l.Rows {
		list = append(list, e.Action+" "+e.Result)
	}
	return list
}

// meet has two people send a form each at the same moment, and gives the statuses of the answers.
func meet(first, second func() page) (statuses [2]int) {
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i, do := range []func() page{first, second} {
		all.Go(func() {
			<-gate
			statuses[i] = do().StatusCode
		})
	}
	close(gate)
	all.Wait()
	return statuses
}

// pair is what two people may get to see, and what the log says of it then.
type pair struct {
	statuses [2]int
	did      []string
}

// oneOf checks that what happened is one of the two orders in which the two could have come.
func (a *app) oneOf(account string, got [2]int, orders ...pair) {
	a.t.Helper()
	did := a.did(account)
	for _, o := range orders {
		if o.statuses == got && !slices.ContainsFunc(o.did, func(action string) bool { return !slices.Contains(did, action) }) {
			return
		}
	}
	a.t.Errorf("the answers are %v and the log says %s: that is none of the orders in which they can come", got, strings.Join(did, ", "))
}

// TestTwoPeopleAtOnce: whatever two people do to one thing at the same moment, it ends as if one had come after the other,
// both are in the log, and nothing leads out of revoked.
func TestTwoPeopleAtOnce(t *testing.T) {
	for name, round := range map[string]func(app *app, a models.Account, one, other *browser){
		"revoke and extend":         revokeAndExtend,
		"reissue and revoke":        reissueAndRevoke,
		"delete account and create": deleteAndCreate,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				app := start(t, s)
				one, other := app.as(models.Administrator), app.as(models.Administrator)
				for i := range rounds() {
					round(app, app.account("shared-"+strings.Repeat("x", i%9)+time.Duration(i).String(), "orders.user"), one, other)
					if t.Failed() {
						return
					}
				}
			})
		})
	}
}

func revokeAndExtend(app *app, a models.Account, one, other *browser) {
	k := app.key(a, "prod").Key
	edit := editForm(other, k.ID)
	edit.Set("expires", "1y")
	got := meet(
		func() page { return one.post("/keys/"+k.ID+"/revoke", url.Values{"reason": {"leaked"}}) },
		func() page { return other.post("/keys/"+k.ID+"/edit", edit) })
	app.oneOf(a.ID, got,
		pair{[2]int{303, 303}, []string{"key.revoke done", "key.update done"}},
		pair{[2]int{303, 409}, []string{"key.revoke done", "key.update refused"}})
	if now := app.read(k.ID); now.State(app.now()) != models.KeyRevoked {
		app.t.Errorf("the key is %s", now.State(app.now()))
	}
}

func reissueAndRevoke(app *app, a models.Account, one, other *browser) {
	k := app.key(a, "prod").Key
	form := reissue(one, "/keys/"+k.ID, "24h")
	got := meet(
		func() page { return one.post("/keys/"+k.ID+"/reissue", form) },
		func() page { return other.post("/keys/"+k.ID+"/revoke", url.Values{"reason": {"leaked"}}) })
	app.oneOf(a.ID, got,
		pair{[2]int{201, 303}, []string{"key.reissue done", "key.revoke done"}},
		pair{[2]int{409, 303}, []string{"key.reissue refused", "key.revoke done"}})
	if now := app.read(k.ID); now.State(app.now()) != models.KeyRevoked {
		app.t.Errorf("the key is %s", now.State(app.now()))
	}
}

func deleteAndCreate(app *app, a models.Account, one, other *browser) {
	app.pass(time.Minute) // passwords are asked for, and nobody may try them as fast as a test does
	form := newKeyForm(other.get(newKeyPath(a)).field("form_id"))
	got := meet(
		func() page {
			return one.post("/service-accounts/"+a.ID+"/delete", url.Values{"confirm_name": {a.Name}, "password": {password}})
		},
		func() page { return other.post(newKeyPath(a), form) })
	app.oneOf(a.ID, got,
		pair{[2]int{303, 201}, []string{"account.delete done", "key.create done"}},
		pair{[2]int{303, 409}, []string{"account.delete done", "key.create refused"}})
	live := must(app.desk.AccountKeys(app.t.Context(), local, a.ID, manage.KeyFilter{}))(app.t)
	if len(live.Rows) != 0 {
		app.t.Errorf("%d keys of a deleted account live", len(live.Rows))
	}
}
