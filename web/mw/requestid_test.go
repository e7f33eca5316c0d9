package mw_test

import (
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/web/mw"
)

func TestTheClientsRequestIDIsIgnored(t *testing.T) {
	r := get()
	r.Header.Set("X-Request-Id", "forged\nline")
	id := serve(t, r, ok, mw.RequestID(seeded())).Header().Get("X-Request-Id")
	if !strings.HasPrefix(id, models.PrefixRequest) || !models.IsID(id) {
		t.Errorf("request id %q is not ours", id)
	}
}
