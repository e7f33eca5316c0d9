package keys

import (
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

// attention lists what deserves a look. It is never a state.
func attention(k Key) []string {
	var words []string
	if k.State == models.KeyRevoked || k.State == models.KeyExpired {
		return nil
	}
	if k.DefaultScopes {
		words = append(words, "Default scopes")
	}
	if k.ExpiresAt.IsZero() {
		words = append(words, "No expiry")
	}
	return words
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

// suspended reports whether the account keeps the key from working, whatever the key's own state is.
func (k Key) suspended() bool {
	return k.Account.State != "" && k.Account.State != models.AccountActive
}

func (r Row) hasMenu() bool {
	return r.Can.Edit || r.Can.Reissue || r.Can.Disable || r.Can.Enable
}

func bars(days []Day) []ui.Bar {
	out := make([]ui.Bar, len(days))
	for i, d := range days {
		out[i] = ui.Bar{Label: ui.Date(d.Date), Good: d.Allowed, Bad: d.Refused}
	}
	return out
}
