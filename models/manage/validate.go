package manage

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/scopes"
	"keydesk/models/secret"
)

const (
	maxScopes  = 100
	maxLabels  = 64
	maxMail    = 254
	viaConsole = "console"
	// ViaAPI is a key's origin in the management API.
	ViaAPI       = "api"
	neverIsAfter = 2105
)

var (
	labelName  = regexp.MustCompile(`^[a-z][-_0-9a-z]{0,62}$`)
	labelValue = regexp.MustCompile(`^[-_0-9a-z]{0,63}$`)
)

// problems collects what is wrong with an input, beside the field that it is about.
type problems models.Fields

func (p problems) add(field, format string, args ...any) {
	if p[field] == "" { // the first problem of a field is the one to mend first
		p[field] = fmt.Sprintf(format, args...)
	}
}

func (p problems) err() error { return models.FieldProblems(models.Fields(p)) }

// text checks one line that people read: length in characters, and nothing that hides or turns the text around it.
func (p problems) text(field, s string) {
	switch {
	case !utf8.ValidString(s):
		p.add(field, "This is not valid UTF-8 text")
	case utf8.RuneCountInString(s) > models.MaxText:
		p.add(field, "%d characters at most; this has %d", models.MaxText, utf8.RuneCountInString(s))
	case strings.ContainsFunc(s, hidden):
		p.add(field, "Remove line breaks and invisible control characters")
	case holds(s):
		p.add(field, "This holds a secret, and would be kept in clear text: take it out")
	}
}

// HoldsSecret reports whether a text has a secret in it, as it stands or escaped as in an address, and so must be neither
// kept nor shown.
func HoldsSecret(text string) bool {
	plain, err := url.QueryUnescape(text)
	return holds(text) || err == nil && holds(plain)
}

// HoldsToken reports whether a text has an IAM token in it.
func HoldsToken(text string) bool { return iamtoken.Within(text) }

// privateKey begins the private half of an authorized key, and of any other pair.
const privateKey = "PRIVATE KEY-----"

func holds(text string) bool {
	return secret.Within(text) || iamtoken.Within(text) || strings.Contains(text, privateKey)
}

// hidden reports control characters and those that override the direction of the text around them.
func hidden(r rune) bool {
	return unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' || r == '\u2028' || r == '\u2029'
}

func (p problems) name(s string) {
	if !models.AccountName.MatchString(s) {
		p.add("name", "3 to 63 characters: a-z, 0-9 and -, beginning with a letter and not ending with -")
	}
}

func (p problems) owner(s string) {
	a, err := mail.ParseAddress(s)
	if holds(s) {
		p.add("owner", "This holds a secret, and would be kept in clear text: take it out")
	}
	if err != nil || a.Address != s || len(s) > maxMail || strings.ContainsFunc(s, hidden) {
		p.add("owner", "One mail address, such as team@example.com")
	}
}

func (p problems) labels(l map[string]string) {
	if len(l) > maxLabels {
		p.add("labels", "%d labels at most; these are %d", maxLabels, len(l))
	}
	for k, v := range l {
		if !labelName.MatchString(k) || !labelValue.MatchString(v) {
			p.add("labels", "Label %q: a name begins with a-z and has up to 63 of a-z, 0-9, - and _; a value likewise, or is empty", k)
		}
	}
}

// roles checks that each role is in the catalogue, or was held before: a role that left the catalogue may be kept or dropped.
func (p problems) roles(cat *scopes.Catalogue, roles, held []string) {
	for i, r := range roles {
		if !knownRole(cat, r) && !slices.Contains(held, r) {
			p.add("roles", "There is no role %q", clip(r))
		}
		if slices.Contains(roles[:i], r) {
			p.add("roles", "Role %q is there twice", clip(r))
		}
	}
}

// knownRole reports whether there is such a role. Those that manage are there without the built-in catalogue too: they permit
// no scopes then.
func knownRole(cat *scopes.Catalogue, name string) bool {
	_, ok := cat.Role(name)
	return ok || len(models.Manages(name)) > 0
}

// scopes checks that each scope is in the catalogue, or was held before, and is there once.
func (p problems) scopes(cat *scopes.Catalogue, asked, held []string) {
	if len(asked) > maxScopes {
		p.add("scopes", "%d scopes at most; these are %d", maxScopes, len(asked))
	}
	for i, s := range asked {
		if _, ok := cat.Scope(s); !ok && !slices.Contains(held, s) {
			p.add("scopes", "There is no scope %q", clip(s))
		}
		if slices.Contains(asked[:i], s) {
			p.add("scopes", "Scope %q is there twice", clip(s))
		}
	}
}

// clip shortens what a stranger typed before it is said back.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if holds(s) {
		return "(a secret)"
	}
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return s
}

// Expiry says when a key ends: at a time, after a while, or never. The zero value is the default of where it comes from.
type Expiry struct {
	At    time.Time
	In    time.Duration
	Never bool
}

// expiry resolves an expiry; the zero time is never.
func (p problems) expiry(field string, e Expiry, fallback time.Duration, now time.Time) time.Time {
	at := e.At
	switch {
	case e.Never:
		return time.Time{}
	case e.In > 0:
		at = now.Add(e.In)
	case e.In < 0:
		p.add(field, "This is in the past: choose a later time")
	case at.IsZero() && fallback == 0:
		return time.Time{}
	case at.IsZero():
		at = now.Add(fallback)
	}
	at = models.Instant(at)
	p.future(field, at, now)
	return at
}

// future checks a time that has to lie ahead; the zero time is none and passes.
func (p problems) future(field string, at, now time.Time) {
	switch {
	case at.IsZero():
	case !at.After(now):
		p.add(field, "This is in the past: choose a later time")
	case at.Year() > neverIsAfter:
		p.add(field, "The latest is the end of %d: choose \"never\" instead", neverIsAfter)
	}
}

// Stop says why something is disabled, suspended, revoked or deleted, and for the first two until when.
type Stop struct {
	Reason models.Reason
	Note   string
	Until  time.Time
}

func (p problems) stop(s Stop, now time.Time) {
	if !s.Reason.Valid() {
		p.add("reason", "Choose one of the reasons")
	}
	p.text("note", s.Note)
	p.future("until", s.Until, now)
}

// place is where an object is: in a folder, and of an account.
type place struct{ folder, account string }

func ofAccount(a models.Account) place { return place{a.FolderID, a.ID} }

func ofKey(k models.Key) place { return place{k.FolderID, k.AccountID} }

func (p place) may(by models.Actor, permission models.Permission) bool {
	return by.MayOn(permission, p.folder, p.account)
}

// restriction is a stop that the actor sets now.
func restriction(by models.Actor, s Stop, lift models.Permission, at place, now time.Time) models.Restriction {
	r := models.Restriction{At: now, Until: models.Instant(s.Until), Reason: s.Reason, Note: s.Note, By: by.Label()}
	if !at.may(by, lift) && at.may(by, models.RestrictionsLiftOwn) {
		r.As = models.Responder
	}
	return r
}

// held refuses to set a restriction anew where one is in force that the actor may not lift: setting it anew would be a way
// to make it one's own, or to let it end earlier.
func held(by models.Actor, old models.Restriction, lift models.Permission, at place, now time.Time) error {
	if !old.Holds(now) || mayLift(by, old, lift, at) {
		return nil
	}
	return precondition("held_by_another", "This is stopped already, by "+old.By+", and only somebody who may lift that can change it.")
}

// mayLift reports whether the actor may end a restriction: by their own permission, or because a responder set it.
func mayLift(by models.Actor, r models.Restriction, lift models.Permission, at place) bool {
	return at.may(by, lift) || r.As == models.Responder && at.may(by, models.RestrictionsLiftOwn)
}

// MayLift reports whether the actor would be allowed to end the restriction, so that a page shows the control or not.
func (d *Desk) MayLift(by models.Actor, r models.Restriction, lift models.Permission, folder string) bool {
	return mayLift(by, r, lift, place{folder: folder})
}

// May reports whether the actor holds the permission in the folder.
func (d *Desk) May(by models.Actor, p models.Permission, folder string) bool {
	return by.May(p, folder)
}
