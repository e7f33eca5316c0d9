// Package signin holds the pages before anybody is signed in: sign-in, first set-up, a new password, a link that is dead.
package signin

import "keydesk/models"

// PasswordMin is the shortest password that the pages ask for, in characters.
const PasswordMin = 15

// SignIn is the sign-in page. It posts email, password and return to /signin.
type SignIn struct {
	Email    string // as typed
	Return   string // where to go afterwards; checked by the handler, before and after
	Problem  string // one sentence for every cause: it must not tell an unknown address from a wrong password
	LockedIn string // "4 min": how long sign-in stays locked; "" where it is not
}

// Setup is the page behind the one-time set-up link: it makes the first administrator. It posts token, email and
// password to /setup.
type Setup struct {
	Token    string
	Email    string
	Problems models.Fields // email, password, or "" for the whole form
}

// Reset is the page behind a one-time reset link. It posts token and password to /reset.
type Reset struct {
	Token    string
	Email    string // whose password it is
	Problems models.Fields
}

// LinkDead is the answer to a link that was used, has expired or never was: one answer for all three.
type LinkDead struct {
	Kind string // models.LinkSetup or models.LinkReset
}
