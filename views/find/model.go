// Package find holds the page that finds a key, from whatever somebody has of it.
package find

import (
	"time"

	"keydesk/models"
	"keydesk/views/keys"
)

// Path is the address of the page, and of what it posts to: what is looked for is never in an address.
const Path = "/find"

// Page is what was found. Fields: q, digest.
type Page struct {
	Now      time.Time
	Asked    bool   // false: nothing was looked for yet
	Text     string // as typed, to look again; "" where it was a secret, which no page says back
	Problem  string // with the text as typed, which was then not looked for
	What     string // what the text was taken for, as a sentence; may be empty
	Sent     bool   // the secret itself came here, as no script hashed it
	Keys     []Key
	Accounts []Account
	More     bool // there may be more than are listed

	Gateway     string // name of the gateway whose credential it is, for those who may manage gateways
	GatewayHref string
}

// Key is a key that was found.
type Key struct {
	keys.Row
	Owner string
}

// Account is a service account that was found.
type Account struct {
	ID, Name, Owner string
	State           models.AccountState
	LiveKeys        int64
	LastUsed        time.Time
}
