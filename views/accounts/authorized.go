package accounts

import (
	"time"

	"keydesk/models"
)

// TabAuthorized is the tab of the keys by which the account itself gets IAM tokens.
const TabAuthorized = "authorized-keys"

// AuthorizedPath is the address of the form of a new authorized key.
func AuthorizedPath(accountID string) string { return Path(accountID, TabAuthorized, "new") }

// DeleteAuthorizedPath is where an authorized key is deleted.
func DeleteAuthorizedPath(id string) string { return "/authorized-keys/" + id + "/delete" }

// EndTokensPath is where all IAM tokens of an account end.
func EndTokensPath(accountID string) string { return Path(accountID, "end-tokens") }

// authorizedTab is the address of the tab.
func authorizedTab(accountID string) string { return Path(accountID) + "?tab=" + TabAuthorized }

// AuthorizedTab lists the account's authorized keys.
type AuthorizedTab struct {
	Keys []models.AuthorizedKey
	More bool // there are older ones
}

// AuthorizedForm makes an authorized key. Fields: form_id, description, algorithm.
type AuthorizedForm struct {
	Account     Account
	FormID      string
	Description string
	Algorithm   string
	Problems    models.Fields
}

// AuthorizedIssued is what stands beside a private key on the one page that shows it.
type AuthorizedIssued struct {
	Account Account
	Key     models.AuthorizedKey
}

// DeleteAuthorized asks whether an authorized key may go.
type DeleteAuthorized struct {
	Now     time.Time
	Account Account
	Key     models.AuthorizedKey
}

// EndTokens asks whether all IAM tokens of an account may end.
type EndTokens struct {
	Account Account
	Keys    string // "3 authorized keys", which outlive the tokens; "" of none
}

// algorithms are offered in this order; the first is chosen beforehand.
var algorithms = []option{{models.RSA2048, "RSA, 2048 bits"}, {models.RSA4096, "RSA, 4096 bits"}}

func algorithmWord(name string) string {
	for _, o := range algorithms {
		if o.value == name {
			return o.label
		}
	}
	return name
}

// authorizedName is how pages call a key: by its description, else by its id.
func authorizedName(k models.AuthorizedKey) string {
	if k.Description != "" {
		return k.Description
	}
	return k.ID
}
