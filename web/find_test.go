package web_test

import (
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestAKeyIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		k := app.key(a, "prod")
		secret, sum := k.Secret.Reveal(), k.Secret.Sum()
		for access, revoke := range map[string]bool{models.Administrator: true, models.Responder: true, models.Reviewer: false} {
			b := app.as(access)
			for name, form := range map[string]url.Values{
				"by its secret": {"q": {secret}}, "by its hash": {"q": {""}, "digest": {hex.EncodeToString(sum[:])}},
				"by its mask": {"q": {k.Key.Mask()}}, "by its id": {"q": {k.Key.ID}}, "by its description": {"q": {"PRO"}},
			} {
				got := b.post("/find", form)
				got.want(t, 200, "billing-worker", k.Key.Mask(), "/keys/"+k.Key.ID)
				if strings.Contains(got.text, secret) || got.says("The secret itself was sent") != (name == "by its secret") {
					t.Errorf("%s %s: it is said back, or not said that it was sent", access, name)
				}
				if got.says("/keys/"+k.Key.ID+"/revoke") != revoke {
					t.Errorf("%s is offered a revoke: %v", access, !revoke)
				}
			}
		}
		b := app.as(models.Reviewer)
		b.post("/find", url.Values{"q": {secret[:len(secret)-2] + "zz"}}).want(t, 200, "its checksum fails", "Nothing was found")
		b.post("/find", url.Values{"q": {"nobody"}}).want(t, 200, "Nothing was found")
		b.post("/find", url.Values{"digest": {"00"}}).want(t, 400)
		b.post("/find", url.Values{"q": {"a"}, "x": {"y"}}).want(t, 422)
		b.post("/find", url.Values{"q": {"Authorization: Api-Key " + secret}}).want(t, 200, "This is the secret of the key below", "The secret itself was sent")
		b.post("/find", url.Values{"q": {strings.Repeat("x", 60_000)}}).want(t, 422, "shorten it")
		b.post("/find", url.Values{"q": {" "}, "digest": {""}}).want(t, 422, "Paste a secret, or type what you have of the key")
		b.get("/find").want(t, 200, "Find a key")
		if strings.Contains(app.log.String(), secret) {
			t.Error("the log has the secret")
		}
	})
}
