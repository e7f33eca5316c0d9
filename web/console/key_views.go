package console

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/session"
)

func (h *Handler) keyModel(k models.Key, a models.Account) keys.Key {
	now := h.now()
	return keys.Key{
		ID: k.ID, Description: k.Description, Mask: k.Mask(), Account: h.accountModel(a).Ref(), Scopes: k.Scopes, DefaultScopes: k.DefaultScopes,
		State: k.State(now), Disabled: k.Disabled, Revoked: k.Revoked, CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, CreatedVia: k.CreatedVia,
		ExpiresAt: k.ExpiresAt, ReplacedBy: k.ReplacedBy, Version: k.Version,
	}
}

// mayKey says which controls would not be refused: by the person's access, and by the key's state.
func (h *Handler) mayKey(c echo.Context, k models.Key, a models.Account) keys.Can {
	by, state := session.Actor(c), k.State(h.now())
	may := func(p models.Permission) bool { return h.Desk.May(by, p, k.FolderID) }
	living := state == models.KeyActive || state == models.KeyDisabled
	return keys.Can{
		Edit: living && may(models.KeysUpdate), Reissue: living && may(models.KeysReissue),
		Disable: state == models.KeyActive && may(models.KeysDisable),
		Enable:  state == models.KeyDisabled && h.Desk.MayLift(by, k.Disabled, models.KeysEnable, k.FolderID),
		Revoke:  state != models.KeyRevoked && may(models.KeysRevoke),
		Note:    (state == models.KeyRevoked || state == models.KeyDisabled) && may(models.KeysDisable),
		Replace: state == models.KeyRevoked && k.ReplacedBy == "" && h.mayAccount(c, a).CreateKey,
	}
}

func (h *Handler) keyRow(c echo.Context, k models.Key, a models.Account, last models.LastUsed) keys.Row {
	r := keys.Row{
		Key: h.keyModel(k, a), LastUsed: sighting(last.Allowed), LastRefused: sighting(last.Refused), Can: h.mayKey(c, k, a),
	}
	s := stopOf(k, a, h.now())
	r.StillTried = s.words != "" && last.Refused.At.After(s.at)
	if live := liveSecrets(k, h.now()); len(live) > 1 {
		r.OldUntil = live[1].RetiresAt
	}
	return r
}

// liveSecrets are those that are accepted, newest first: two while a reissue overlaps.
func liveSecrets(k models.Key, now time.Time) []models.KeySecret {
	var live []models.KeySecret
	for _, s := range k.Secrets {
		if s.Live(now) {
			live = append(live, s)
		}
	}
	return live
}

func sighting(s models.Sighting) keys.Sighting {
	return keys.Sighting{At: s.At, Scope: s.Scope, Address: s.Address, Agent: s.Agent, Reason: s.Reason}
}

// named is a sighting with the title of its scope's service.
func named(cat *scopes.Catalogue, s models.Sighting) keys.Sighting {
	out := sighting(s)
	out.Service = serviceTitle(cat, s.Scope)
	return out
}

func serviceTitle(cat *scopes.Catalogue, scope string) string {
	sc, ok := cat.Scope(scope)
	if !ok {
		return ""
	}
	s, _ := cat.Service(sc.Service)
	return s.Title
}

// scopeGroups lists the catalogue's scopes by service, and what is chosen beyond them: an unknown scope comes back as
// typed. A scope that no role of the account permits says so.
func scopeGroups(cat *scopes.Catalogue, roles, chosen []string) []ui.Group {
	permitted, picked := set(cat.Permitted(roles)), set(chosen)
	var groups []ui.Group
	for _, s := range cat.Services() {
		g := ui.Group{Title: s.Title}
		for _, sc := range s.Scopes {
			g.Choices = append(g.Choices, ui.Choice{
				Value: sc.Name, Text: sc.Description, Covers: sc.Covers, Selected: picked[sc.Name], Warning: warning(cat, sc.Name, permitted),
			})
			delete(picked, sc.Name)
		}
		groups = append(groups, g)
	}
	beyond := ui.Group{Title: "Not in the catalogue"}
	for _, name := range chosen {
		if picked[name] {
			beyond.Choices = append(beyond.Choices, ui.Choice{Value: name, Selected: true})
		}
	}
	if len(beyond.Choices) > 0 {
		groups = append(groups, beyond)
	}
	return groups
}

func warning(cat *scopes.Catalogue, scope string, permitted map[string]bool) string {
	if permitted[scope] {
		return ""
	}
	if roles := cat.RolesFor(scope); len(roles) > 0 {
		return "Refused until the account has a role such as " + strings.Join(roles[:min(len(roles), 2)], " or ")
	}
	return "No role permits this: requests for it are refused"
}

func set(values []string) map[string]bool {
	m := map[string]bool{}
	for _, v := range values {
		m[v] = true
	}
	return m
}
