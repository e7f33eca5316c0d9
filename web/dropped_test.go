package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestADroppedConnectionLosesNothingButTheSecret: who asked is gone before the answer, at any moment. Then the key is
// there or it is not, and the same form sent again makes no second one.
func TestADroppedConnectionLosesNothingButTheSecret(t *testing.T) { // security.md 46
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b, a := app.as(models.Operator), app.account("billing-worker", "orders.user")
		for i := range 8 {
			form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
			b.dropped(newKeyPath(a), form, time.Duration(i*i)*time.Millisecond)
			before := app.keys(a) - i
			if again := b.post(newKeyPath(a), form); again.StatusCode != 201 && again.StatusCode != 409 {
				t.Errorf("sent again: %d", again.StatusCode)
			}
			if n := app.keys(a) - i; n != 1 || before > 1 {
				t.Fatalf("%d keys of one form, %d before it came again", n, before)
			}
		}
	})
}

// dropped sends a form and goes away after a while, whatever was answered by then.
func (b *browser) dropped(path string, in url.Values, after time.Duration) {
	b.t.Helper()
	form := url.Values{"form_token": {b.token}}
	for name, values := range in {
		form[name] = values
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), after)
	defer cancel()
	r := b.request("POST", path, strings.NewReader(form.Encode())).WithContext(ctx)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if res, err := b.client.Do(r); err == nil {
		_ = res.Body.Close()
	}
}
