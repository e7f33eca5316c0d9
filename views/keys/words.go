package keys

import (
	"net/url"

	"keydesk/models"
	"keydesk/views/ui"
)

// stateBadge maps a key's state to its icon, word and colour.
func stateBadge(s models.KeyState) ui.BadgeProps {
	switch s {
	case models.KeyActive:
		return ui.BadgeProps{Kind: ui.KindOK, Icon: "circle-check", Word: "Active"}
	case models.KeyDisabled:
		return ui.BadgeProps{Kind: ui.KindWarn, Icon: "circle-pause", Word: "Disabled"}
	case models.KeyExpired:
		return ui.BadgeProps{Kind: ui.KindQuiet, Icon: "clock", Word: "Expired"}
	}
	return ui.BadgeProps{Kind: ui.KindDanger, Icon: "circle-x", Word: "Revoked"}
}

// refusal is a refusal in words: what was wrong, and what to do about it.
type refusal struct{ word, todo string }

var refusals = map[models.Outcome]refusal{
	models.RetiredSecret:     {"retired secret", "A caller still has the old secret of a reissue: give it the new one."},
	models.RevokedKey:        {"revoked key", "Someone still tries a key that was revoked. Find the caller by its address."},
	models.ExpiredKey:        {"expired key", "The key is past its expiry. Move the expiry, or create another key."},
	models.DisabledKey:       {"disabled key", "The key is disabled, and a caller still tries it."},
	models.SuspendedAccount:  {"suspended account", "The account is suspended or past its expiry, and with it all its keys."},
	models.InsufficientScope: {"insufficient scope", "The key was not granted this scope. Add it if the caller should have it."},
	models.PermissionDenied:  {"permission denied", "The key has the scope, but no role of its account permits it."},
}

// ReasonText is why a request was refused, in words.
func ReasonText(o models.Outcome) string {
	if r, ok := refusals[o]; ok {
		return r.word
	}
	return string(o)
}

func reasonTodo(o models.Outcome) string { return refusals[o].todo }

// Chips of what deserves a look. It is never a state.
const (
	chipDefaultScopes = "Default scopes"
	chipStillTried    = "Still tried"
)

// attention lists what deserves a look: of a dead key only who still tries it.
func attention(m Use) []string {
	var words []string
	if dead := m.Key.State == models.KeyRevoked || m.Key.State == models.KeyExpired; !dead {
		if m.Key.DefaultScopes {
			words = append(words, chipDefaultScopes)
		}
		if m.Key.ExpiresAt.IsZero() {
			words = append(words, "No expiry")
		}
		if m.LastUsed.At.IsZero() {
			words = append(words, "Never used")
		}
	}
	if m.StillTried > 0 {
		words = append(words, chipStillTried)
	}
	return words
}

// stillTried says who tries a key that is stopped, in 30 days.
func stillTried(m Use) string {
	if m.StillTried == 0 {
		return "None since " + m.Stopped
	}
	return ui.Count(m.StillTried) + " refused since " + m.Stopped
}

// Lag says how far what is shown of uses may be behind; "" where that is unknown.
func Lag(millis int64) string {
	if millis <= 0 {
		return ""
	}
	return "Uses are recorded within " + ui.Count((millis+999)/1000) + " s."
}

// NarrowPath is the address of the page that removes a scope.
func NarrowPath(keyID, scope string) string {
	return Path(keyID, "narrow") + "?" + url.Values{"scope": {scope}}.Encode()
}

// via is where a key was made, in words.
func via(k Key) string {
	switch k.CreatedVia {
	case "cli":
		return "on the command line"
	case "api":
		return "through the API"
	case "console":
		return "in the console"
	}
	return ""
}

// crumbs lead to the account, and with self to the key.
func crumbs(a AccountRef, self ...Key) []ui.Link {
	links := []ui.Link{{Label: "Service accounts", Href: "/service-accounts"}, {Label: a.Name, Href: "/service-accounts/" + a.ID}}
	for _, k := range self {
		links = append(links, ui.Link{Label: k.Name(), Href: Path(k.ID)})
	}
	return links
}

// Crumbs lead to a key, for pages beside its own.
func Crumbs(k Key) []ui.Link { return crumbs(k.Account, k) }

// suspended reports whether the account keeps the key from working, whatever the key's own state is.
func (k Key) suspended() bool {
	return k.Account.State != "" && k.Account.State != models.AccountActive
}

func (r Row) hasMenu() bool {
	return r.Can.Edit || r.Can.Reissue || r.Can.Disable || r.Can.Enable
}

// Bars are the days as a chart draws them.
func Bars(days []Day) []ui.Bar {
	out := make([]ui.Bar, len(days))
	for i, d := range days {
		out[i] = ui.Bar{Label: ui.Date(d.Date), Good: d.Allowed, Bad: d.Refused}
	}
	return out
}

// stop is what was done to the key to stop it: the zero value where nothing was.
func (k Key) stop() models.Restriction {
	if !k.Revoked.At.IsZero() {
		return k.Revoked
	}
	return k.Disabled
}

func (k Key) stopped() string {
	if !k.Revoked.At.IsZero() {
		return "Revoked"
	}
	return "Disabled"
}
