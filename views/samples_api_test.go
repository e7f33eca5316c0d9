package views_test

import (
	"time"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/api"
)

// sampleToken has the shape of an IAM token and opens nothing; samplePrivate that of a private key.
const (
	sampleToken = "t1.eyJqdGkiOiJhamUwMDAwMDAwMDAwMDAwMDAwMCIsInR5cCI6InBlcnNvbiIsInN1YiI6ImJmYjAwMDAwMDAwMDAwMDAwMDAwIn0." +
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw"
	samplePrivate = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <ajeh5vb0q1s2d4f5g6h7>\n-----BEGIN PRIVATE KEY-----\n" +
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n"
	sampleFile = "{\n  \"id\": \"ajeh5vb0q1s2d4f5g6h7\",\n  \"private_key\": \"PLEASE DO NOT REMOVE THIS LINE! -----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\"\n}"
)

func endpoint() api.Endpoint {
	return api.Endpoint{Address: "keydesk.example.com:443", URL: "https://keydesk.example.com", TLS: true, Folder: "b1gdefault0000000000"}
}

func plainEndpoint() api.Endpoint {
	return api.Endpoint{Address: longWord[:60] + ".example.com:8080", URL: "http://" + longWord[:60] + ".example.com:8080", Folder: "b1gdefault0000000000"}
}

func authorizedKeys() []models.AuthorizedKey {
	a := models.AuthorizedKey{
		ID: "ajeh5vb0q1s2d4f5g6h7", AccountID: account().ID, Description: "Terraform in CI of billing", Algorithm: models.RSA2048,
		CreatedAt: now.Add(-20 * day), CreatedBy: "olga@example.com", LastUsedAt: now.Add(-4 * time.Minute),
	}
	b, c := a, a
	b.ID, b.Description, b.Algorithm, b.CreatedBy = "ajei5vb0q1s2d4f5g6h7", markup+longWord+rtl, models.RSA4096, longMail
	c.ID, c.Description, c.LastUsedAt, c.CreatedBy = "ajej5vb0q1s2d4f5g6h7", "", time.Time{}, "account:ajet3vb0q1s2d4f5g6h7"
	return []models.AuthorizedKey{a, b, c}
}

func apiSamples() []sample {
	problems := api.Page{Endpoint: plainEndpoint(), FormID: "one-time-form", Life: "4h", Typed: markup, Problems: models.Fields{
		"life": "Choose how long the token is good for", "iam_token": "This is no IAM token: those begin with t1. and have three parts",
	}}
	can := canAll
	can.Authorize = true
	tab := accounts.DetailPage{Now: now, Account: account(), Can: can, Tab: accounts.TabAuthorized, Authorized: accounts.AuthorizedTab{Keys: authorizedKeys(), More: true}}
	none := tab
	none.Authorized = accounts.AuthorizedTab{}
	issued := accounts.AuthorizedIssued{Account: account(), Key: authorizedKeys()[0]}
	badForm := accounts.AuthorizedForm{Account: hostileAccount(), FormID: "one-time-form", Description: markup + longWord, Algorithm: models.RSA4096, Problems: models.Fields{
		"description": "256 characters at most; this has 300", "algorithm": "Choose one of the algorithms",
	}}
	return []sample{
		{"api-access", api.Access(page(), api.Page{Endpoint: endpoint(), FormID: "one-time-form"})},
		{"api-access-problems", api.Access(page(), problems)},
		{"api-token-made", api.MadePage(page(), api.Made{Endpoint: endpoint(), ID: "ajet5vb0q1s2d4f5g6h7", Now: now, ExpiresAt: now.Add(4 * time.Hour)}, sampleToken)},
		{"api-token-made-plain", api.MadePage(page(), api.Made{Endpoint: plainEndpoint(), ID: "ajet5vb0q1s2d4f5g6h7", Now: now, ExpiresAt: now.Add(time.Hour)}, sampleToken)},
		{"api-token-shown-once", api.ShownOnce(page())},
		{"api-tokens-end", api.End(page())},
		{"account-tokens-end", accounts.EndTokensPage(page(), accounts.EndTokens{Account: account(), Keys: "3 authorized keys"})},
		{"account-tokens-end-none", accounts.EndTokensPage(page(), accounts.EndTokens{Account: hostileAccount()})},
		{"account-authorized", accounts.Detail(page(), tab)},
		{"account-authorized-none", accounts.Detail(page(), none)},
		{"authorized-key-new", accounts.NewAuthorized(page(), accounts.AuthorizedForm{Account: account(), FormID: "one-time-form"})},
		{"authorized-key-problems", accounts.NewAuthorized(page(), badForm)},
		{"authorized-key-issued", accounts.AuthorizedIssuedPage(page(), issued, sampleFile, samplePrivate)},
		{"authorized-key-shown-once", accounts.AuthorizedShownOnce(page(), issued)},
		{"authorized-key-delete", accounts.DeleteAuthorizedPage(page(), accounts.DeleteAuthorized{Now: now, Account: account(), Key: authorizedKeys()[1]})},
	}
}
