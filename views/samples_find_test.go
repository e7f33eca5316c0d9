package views_test

import (
	"keydesk/models"
	findview "keydesk/views/find"
	"keydesk/views/keys"
)

func findSamples() []sample {
	hostile := keyRow()
	hostile.Key.Description, hostile.Key.Account.Name, hostile.LastUsed.Agent = markup, longName, longAgent
	bare := keys.Row{Key: key()}
	bare.Key.Description, bare.Key.State = "", models.KeyRevoked
	return []sample{
		{"find", findview.FindPage(page(), findview.Page{Now: now})},
		{"find-found", findview.FindPage(page(), findview.Page{
			Now: now, Asked: true, Text: rtl, Keys: []findview.Key{{Row: keyRow(), Owner: "olga@example.com"}, {Row: hostile, Owner: longMail}, {Row: bare}},
			Accounts: []findview.Account{{ID: "ajek3vb0q1s2d4f5g6h7", Name: longName, Owner: longMail, State: models.AccountSuspended, LiveKeys: 3}},
			More:     true,
		})},
		{"find-problem", findview.FindPage(page(), findview.Page{Now: now, Text: rtl, Problem: "Remove control characters and text that is not valid UTF-8"})},
		{"find-sent", findview.FindPage(page(), findview.Page{
			Now: now, Asked: true, Sent: true, What: "This is the secret of the key below.", Keys: []findview.Key{{Row: keyRow(), Owner: "olga@example.com"}},
		})},
		{"find-nothing", findview.FindPage(page(), findview.Page{
			Now: now, Asked: true, Text: markup, What: "This looks like a secret, but its checksum fails: a character is missing or mistyped.",
		})},
	}
}
