// Package api holds the pages by which somebody gets at the management API: what it is, where it is, and tokens for it.
//
// A token is in no view model: MadePage takes it beside one.
package api

import (
	"time"

	"keydesk/models"
)

// Addresses of the pages.
const (
	Path       = "/api-access"
	RevokePath = Path + "/revoke"
	EndPath    = Path + "/end"
)

// Endpoint is where programs find the API.
type Endpoint struct {
	Address string // "keydesk.example.com:443", as the published clients want it
	URL     string // "https://keydesk.example.com", for REST
	TLS     bool
	Folder  string // the default folder, for the examples
}

// Life is how long a token is good, as the form offers it.
type Life struct {
	Value, Label string
	For          time.Duration
}

// Lives are offered in this order; the first is chosen beforehand.
var Lives = []Life{{"1h", "1 hour", time.Hour}, {"4h", "4 hours", 4 * time.Hour}, {"12h", "12 hours", 12 * time.Hour}}

// Page is what the API is, with the forms of tokens. Fields: life, form_id; iam_token.
type Page struct {
	Endpoint Endpoint
	FormID   string
	Life     string
	Problems models.Fields // of either form
	Typed    string        // iam_token, where it is nothing like one
}

// Made is what stands beside a token on the one page that shows it.
type Made struct {
	Endpoint  Endpoint
	ID        string // names it in the audit log
	Now       time.Time
	ExpiresAt time.Time
}
