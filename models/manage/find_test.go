package manage_test

import (
	"strings"
	"testing"

	"keydesk/models/manage"
)

func TestFind(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("billing-worker")
		made, err := b.CreateKey(t.Context(), admin, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Description: "Invoices_in production", Via: "console"})
		if err != nil {
			t.Fatal(err)
		}
		b.key(b.account("other"), "yc.postbox.send")
		whole := made.Secret.Reveal()
		for name, tc := range map[string]struct {
			text     string
			how      manage.FoundBy
			key      bool
			accounts int
		}{
			"the secret":                   {whole, manage.FoundBySecret, true, 0},
			"with blanks around it":        {" " + whole + "\n", manage.FoundBySecret, true, 0},
			"a mistyped one":               {whole[:len(whole)-1] + "!", manage.FoundTypo, false, 0},
			"one within a text":            {"Authorization: Api-Key " + whole + "\"", manage.FoundBySecret, true, 0},
			"a cut one":                    {whole[:40], manage.FoundTypo, false, 0},
			"the mask":                     {made.Key.Mask(), manage.FoundByTail, true, 0},
			"the end alone":                {made.Secret.Tail(), manage.FoundByText, true, 0},
			"the key's id":                 {made.Key.ID, manage.FoundByID, true, 0},
			"the account's id":             {a.ID, manage.FoundByID, false, 1},
			"how the description begins":   {"invoices_IN", manage.FoundByText, true, 0},
			"a wildcard means itself":      {"invoices%", manage.FoundByText, false, 0},
			"a part of the account's name": {"ling-wor", manage.FoundByText, false, 1},
			"what is in no description":    {"nothing of the kind", manage.FoundByText, false, 0},
			"nothing":                      {"", manage.FoundByText, false, 0},
		} {
			found, err := b.Find(t.Context(), reviewer, tc.text)
			if err != nil || found.How != tc.how || len(found.Accounts) != tc.accounts {
				t.Errorf("%s: %v, by %s, %d accounts", name, err, found.How, len(found.Accounts))
			}
			if got := len(found.Keys) == 1 && found.Keys[0].ID == made.Key.ID && found.Keys[0].Account.Name == a.Name; got != tc.key || len(found.Keys) > 1 {
				t.Errorf("%s: keys %+v", name, found.Keys)
			}
		}
		bySum, err := b.FindBySum(t.Context(), reviewer, made.Secret.Sum())
		if err != nil || len(bySum.Keys) != 1 {
			t.Errorf("by the hash: %+v %v", bySum, err)
		}
		if elsewhere, err := b.Find(t.Context(), stranger, whole); err != nil || len(elsewhere.Keys) != 0 {
			t.Errorf("who may see nothing of the folder finds %+v (%v)", elsewhere.Keys, err)
		}
		for _, e := range b.events() {
			if strings.Contains(e.After+e.Before+e.Note+e.ObjectName, made.Secret.Tail()) && e.Action != "key.create" {
				t.Errorf("an event of the search: %+v", e)
			}
		}
	})
}
