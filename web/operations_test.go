package web_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// works runs a worker on the app's database until the test ends, as the server does.
func (a *app) works() {
	a.t.Helper()
	w := must(a.desk.NewWorker())(a.t)
	a.desk.Work = w.Wake
	ctx, stop := context.WithCancel(context.WithoutCancel(a.t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	a.t.Cleanup(func() { stop(); <-done })
}

// selected posts the checkboxes of a list, and opens the page that asks.
func (b *browser) selected(action string, ids ...string) (at string, asked page) {
	b.t.Helper()
	got := b.post("/operations/confirm", url.Values{"action": {action}, "key": ids})
	at = got.Header.Get("Location")
	return at, b.follow(got)
}

// ended waits for the end of an operation, as its page shows it.
func (b *browser) ended(at string) (shown page) {
	b.t.Helper()
	eventually(b.t, "the operation ends", func() bool {
		shown = b.get(at)
		return !shown.says("Running")
	})
	return shown
}

func TestManyKeysAreRevokedFromTheConsole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		one, other := app.account("billing-worker", "orders.user"), app.account("legacy-import", "orders.user")
		k, l := app.key(one, "prod"), app.key(other, "nightly")
		untouched := app.key(one, "made meanwhile")
		g := app.withGate(s)
		app.works()
		b := app.as(models.Responder)
		at, asked := b.selected("revoke", k.Key.ID, l.Key.ID, k.Key.ID, "aje00000000000000000", "nonsense")
		asked.want(t, 200, "Revoke 2 keys?", "Type 2 to confirm", "billing-worker", "legacy-import", "Never used", "Not found", "Not a key ID", "Named more than once")
		wrong := b.post(at+"/start", url.Values{"reason": {"unused"}, "note": {"clean-up"}, "confirm": {"3"}})
		wrong.want(t, 422, "Type 2, exactly, to confirm", "clean-up")
		if got := ask(g, k, "orders.read"); got != models.Allowed {
			t.Errorf("before it was confirmed: %s", got)
		}
		form := url.Values{"reason": {"leaked"}, "confirm": {"2"}}
		b.post(at+"/start", form).want(t, 303)
		b.post(at+"/start", form).want(t, 303) // sent twice
		shown := b.ended(at)
		shown.want(t, 200, "2 of 2 keys revoked", "Confirmed", "1 of 1 gate", "Not changed", "This is not the ID of a key.", "There is no such key")
		for _, key := range []string{k.Key.ID, l.Key.ID} {
			if got := app.read(key); got.State(app.now()) != models.KeyRevoked || got.Revoked.Reason != models.ReasonLeaked {
				t.Errorf("%s is %+v", key, got.Revoked)
			}
		}
		if got := ask(g, k, "orders.read"); got != models.RevokedKey {
			t.Errorf("the check after the end: %s", got)
		}
		if got := app.read(untouched.Key.ID).State(app.now()); got != models.KeyActive {
			t.Errorf("a key that was not selected is %s", got)
		}
		b.get("/operations").want(t, 200, "Revoke 2 keys", "Done")
		app.as(models.Reviewer).get(at+"?state=refused").want(t, 200, "nonsense")
		b.get(at+"?state=failed").want(t, 200, "No such lines")
		for _, query := range []string{"?state=broken", "?page=x", "?sort=given"} {
			b.get(at+query).want(t, 400)
		}
	})
}

func TestKeysOfOneAccountAreConfirmedByItsName(t *testing.T) {
	app := start(t, storetest.New(t))
	a := app.account("billing-worker", "orders.user")
	app.works()
	b := app.as(models.Operator)
	at, asked := b.selected("disable", app.key(a, "one").Key.ID, app.key(a, "two").Key.ID)
	asked.want(t, 200, "Disable 2 keys?", "Type the account's name to confirm", "billing-worker", "Until")
	until := url.Values{"reason": {"unused"}, "until": {"2020-01-01"}, "confirm": {"billing-worker"}}
	b.post(at+"/start", until).want(t, 422, "This is in the past")
	until.Set("until", "2099-01-01")
	b.post(at+"/start", until).want(t, 303)
	b.ended(at).want(t, 200, "2 of 2 keys disabled", "Disabled until")
}

// TestAListIsPasted: ten thousand ids fit, also with columns beside them; what is no form of ours is refused as ever.
func TestAListIsPasted(t *testing.T) {
	app := start(t, storetest.New(t))
	a := app.account("billing-worker", "orders.user")
	k, l := app.key(a, "prod"), app.key(a, "nightly")
	b := app.as(models.Operator)
	b.get("/operations/new").want(t, 200, "Key IDs", "Disable", "Revoke")
	b.get("/operations/new?action=revoke").want(t, 200)
	b.get("/operations/new?action=steal").want(t, 400)
	var list strings.Builder
	list.WriteString("\ufeffid,name,note\r\n" + k.Key.ID + ",prod,\"a, b\"\r\n\r\n\"" + l.Key.ID + "\";x\r\n  " + l.Key.ID + "\r\n")
	for i := range 10_000 {
		fmt.Fprintf(&list, "aje%017d,a name of some length,and another column of the table that was exported\r\n", i)
	}
	got := b.post("/operations/confirm", url.Values{"action": {"revoke"}, "ids": {list.String()}})
	b.follow(got).want(t, 200, "Revoke 2 keys?", "The first 50 of 10,002 lines", "10,000", k.Key.ID, l.Key.ID)

	b.post("/operations/confirm", url.Values{"action": {"revoke"}, "ids": {" \n"}}).want(t, 422, "Select at least one key")
	b.post("/operations/confirm", url.Values{"key": {k.Key.ID}}).want(t, 422, "Choose what to do")
	b.post("/operations/confirm", url.Values{"action": {"revoke"}, "ids": {"aje\x00"}}).want(t, 422, "control characters")
	b.post("/operations/confirm", url.Values{"action": {"revoke"}, "key": {k.Key.ID}, "all": {"1"}}).want(t, 422, "a field that it does not have")
	b.post("/operations/confirm", url.Values{"action": {"revoke"}, "ids": {strings.Repeat("x", 5<<20)}}).want(t, 413)
	b.post("/operations/"+strings.Repeat("a", 20)+"/start", url.Values{"ids": {strings.Repeat("x", 70<<10)}}).want(t, 413)
	b.post("/operations/confirm", url.Values{"action": {"revoke"}, "ids": {manyLines(20_001)}}).want(t, 422, "20000 keys at most")
	app.as(models.Reviewer).post("/operations/confirm", url.Values{"action": {"revoke"}, "key": {k.Key.ID}}).want(t, 403)
}

func manyLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// TestASecretInAListIsNotKept: whoever pastes one hears of it, and it is nowhere.
func TestASecretInAListIsNotKept(t *testing.T) { // L14
	storetest.EachURL(t, func(t *testing.T, url_ string) {
		s := storetest.Open(t, url_, store.Options{})
		app := start(t, s)
		k := app.key(app.account("billing-worker", "orders.user"), "prod")
		secret := k.Secret.Reveal()
		b := app.as(models.Administrator)
		app.works()
		at, asked := b.selected("revoke", k.Key.ID, secret, "key="+secret+" found in a log", secret[:len(secret)-3], strings.ToUpper(secret))
		asked.want(t, 200, "(a secret)")
		b.post(at+"/start", url.Values{"reason": {"leaked"}, "note": {secret}}).want(t, 422, "holds a secret")
		b.post(at+"/start", url.Values{"reason": {"leaked"}}).want(t, 303)
		b.ended(at).want(t, 200, "1 of 1 key revoked")
		b.get(at + "/rows.csv")
		b.post("/operations/confirm", url.Values{"action": {""}, "ids": {secret}}).want(t, 422)
		for _, seen := range b.seen {
			if strings.Contains(seen, secret[:40]) && !strings.Contains(seen, "holds a secret") {
				t.Errorf("an answer has the secret: %s", excerpt(seen))
			}
		}
		if strings.Contains(app.log.String(), secret[8:40]) {
			t.Error("the log has the secret")
		}
		must(0, s.Read(t.Context(), func(tx *store.Tx) error {
			events, err := tx.EventsFrom(1, 1000)
			for _, e := range events {
				if strings.Contains(fmt.Sprint(e), secret[8:40]) {
					t.Errorf("event %d has the secret", e.Number)
				}
			}
			return err
		}))(t)
	})
}

func TestRowsOfAnOperationAsAFile(t *testing.T) {
	app := start(t, storetest.New(t))
	k := app.key(app.account("billing-worker", "orders.user"), "=cmd|' /C calc'!A1")
	app.works()
	b := app.as(models.Operator)
	at, _ := b.selected("revoke", k.Key.ID, "=1+1")
	b.post(at+"/start", url.Values{"reason": {"unused"}}).want(t, 303)
	b.ended(at)
	got := b.get(at + "/rows.csv")
	rows := must(csv.NewReader(strings.NewReader(got.text)).ReadAll())(t)
	if got.StatusCode != 200 || len(rows) != 3 || rows[1][1] != k.Key.ID || rows[1][2] != "done" || rows[1][8] != "revoked" || rows[2][2] != "refused" || rows[2][3] != "malformed" {
		t.Errorf("status %d, %q", got.StatusCode, rows)
	}
	if rows[1][7][0] != '\'' || rows[2][1] != "'=1+1" {
		t.Errorf("a formula is one: %q", rows)
	}
	app.as(models.Responder).get(at+"/rows.csv").want(t, 403)
	if n := app.events("operation.export"); n != 1 {
		t.Errorf("%d events of the export", n)
	}
}

// events counts the events of an action.
func (a *app) events(action string) (n int) {
	a.t.Helper()
	must(0, a.desk.Store.Read(a.t.Context(), func(tx *store.Tx) error {
		events, err := tx.EventsFrom(1, 1000)
		for _, e := range events {
			if e.Action == action {
				n++
			}
		}
		return err
	}))(a.t)
	return n
}

func TestAnOperationIsCancelledAndDiscarded(t *testing.T) {
	app := start(t, storetest.New(t)) // no worker: it stays where it is
	a := app.account("billing-worker", "orders.user")
	k := app.key(a, "prod")
	b, other := app.as(models.Operator), app.as(models.Administrator)
	at, _ := b.selected("revoke", k.Key.ID)
	other.get(at).want(t, 404)
	other.post(at+"/start", url.Values{"reason": {"leaked"}}).want(t, 404)
	other.post(at+"/discard", nil).want(t, 404)
	b.post(at+"/cancel", nil).want(t, 409)
	b.follow(b.post(at+"/discard", nil)).want(t, 200, "No operations yet")
	b.get(at).want(t, 404)

	at, _ = b.selected("revoke", k.Key.ID)
	b.post(at+"/start", url.Values{"reason": {"leaked"}}).want(t, 303)
	running := b.get(at)
	running.want(t, 200, "Running", "Cancel the rest", "0 of 1 key revoked")
	if !strings.Contains(running.text, `<noscript><meta http-equiv="refresh"`) {
		t.Error("without JavaScript the page does not load itself anew")
	}
	part := b.part(running.polls(t))
	part.want(t, 200, "Running")
	if strings.Contains(part.text, "<html") {
		t.Error("the part is a whole page")
	}
	reader := app.as(models.Reviewer)
	if got := reader.get(at); got.says("Cancel the rest") || !got.says("Export CSV") {
		t.Error("a reviewer is shown what would be refused, or not what would not")
	}
	reader.post(at+"/cancel", nil).want(t, 403)
	b.post(at+"/discard", nil).want(t, 409)
	other.post(at+"/cancel", nil).want(t, 303)
	b.follow(b.post(at+"/cancel", nil)).want(t, 200, "Cancelling")
	app.works()
	stopped := b.ended(at)
	eventually(t, "it is cancelled", func() bool { stopped = b.get(at); return stopped.says("It ended before its end") })
	stopped.want(t, 200, "0 of 1 key revoked", "Try the remaining 1 line again", "Not reached")
	if strings.Contains(stopped.text, "http-equiv") || strings.Contains(stopped.text, "data-hx-trigger") {
		t.Error("a page that will not change keeps itself current")
	}
	if got := app.read(k.Key.ID).State(app.now()); got != models.KeyActive {
		t.Errorf("the key is %s", got)
	}
	rest := b.post(at+"/retry", nil)
	b.follow(rest).want(t, 200, "Revoke 1 key?")
	again := rest.Header.Get("Location")
	b.post(again+"/start", url.Values{"reason": {"leaked"}}).want(t, 303)
	b.ended(again).want(t, 200, "1 of 1 key revoked", "The rest of an earlier operation")
	b.post(again+"/retry", nil).want(t, 409)
}

func TestPagesOfAnOperationsLines(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		app.works()
		b := app.as(models.Operator)
		ids := []string{app.key(app.account("billing-worker"), "prod").Key.ID}
		for i := range 120 {
			ids = append(ids, fmt.Sprintf("aje%017d", i))
		}
		at, _ := b.selected("revoke", ids...)
		b.post(at+"/start", url.Values{"reason": {"unused"}}).want(t, 303)
		first := b.ended(at)
		second := b.get(first.link(t, "next"))
		third := b.get(second.link(t, "next"))
		var seen []string
		for _, p := range []page{first, second, third} {
			for _, id := range ids {
				if p.says(id) {
					seen = append(seen, id)
				}
			}
		}
		slices.Sort(seen)
		if n := len(slices.Compact(slices.Clone(seen))); n != 121 || len(seen) != 121 {
			t.Errorf("%d lines, %d different, on three pages", len(seen), n)
		}
		if back := b.get(third.link(t, "prev")); !back.says("aje") || back.text == "" {
			t.Error("no way back")
		}
		refused := b.get(at + "?state=refused")
		if to := refused.link(t, "next"); !strings.Contains(to, "state=refused") {
			t.Errorf("the next page leads to %s", to)
		}
	})
}
