package models

import "time"

// Claim says that an actor's one-time key (an idempotency key, or the id of a form) is taken, by which request, and what
// that request made. A secret is never part of it.
type Claim struct {
	Actor       string // Actor.Label: two actors never meet in one key
	Key         string
	RequestHash string // SHA-256 of the request in hex, so that another request under the same key is noticed; "" of a form
	ResultID    string
	CreatedAt   time.Time
}

// Pepper is what the database knows of a pepper: enough to tell a wrong one, never the pepper.
type Pepper struct {
	Version    int
	CheckValue []byte // HMAC under the pepper of a fixed text
	Current    bool   // new secrets are digested under it
}
