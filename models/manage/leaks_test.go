package manage_test

import (
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
)

// People paste a secret where something else belongs: an id, a name, a note. Nothing keeps it.
func TestAPastedSecretIsKeptNowhere(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made := b.key(b.account("worker"), "yc.postbox.send")
		pasted := made.Secret.Reveal()
		_, _, revoke := b.RevokeKey(t.Context(), reviewer, pasted, stop)
		_, _, account := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: pasted})
		_, _, owner := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "abc", Owner: pasted})
		_, description := b.CreateKey(t.Context(), admin, manage.NewKey{
			AccountID: made.Account.ID, Scopes: []string{"yc.postbox.send"}, Description: "was " + pasted, Via: "console",
		})
		_, _, glued := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "abc", Description: "key_" + pasted + "_old"})
		_, _, address := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "abc", Owner: pasted + "@example.com"})
		_, scope := b.CreateKey(t.Context(), admin, manage.NewKey{AccountID: made.Account.ID, Scopes: []string{pasted}, Via: "console"})
		_, where := b.CreateKey(t.Context(), admin, manage.NewKey{AccountID: pasted, Scopes: []string{"yc.postbox.send"}, Via: "console"})
		_, _, note := b.DisableKey(t.Context(), admin, made.Key.ID, manage.Stop{Reason: models.ReasonLeaked, Note: pasted})
		_, gateway := b.RevokeGateway(t.Context(), admin, pasted)
		for name, err := range map[string]error{
			"glued": glued, "in an address": address, "revoke": revoke, "account": account, "owner": owner, "description": description, "scope": scope, "where": where, "note": note, "gateway": gateway,
		} {
			if err == nil || strings.Contains(err.Error(), pasted[8:50]) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, e := range b.events() {
			all := strings.Join([]string{e.ObjectID, e.ObjectName, e.AccountID, e.Note, e.Reason, e.Before, e.After}, " ")
			if strings.Contains(all, pasted[8:50]) {
				t.Errorf("event %d, %s, has the secret: %s", e.Number, e.Action, all)
			}
		}
	})
}
