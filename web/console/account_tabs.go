package console

import (
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/accounts"
	"keydesk/views/audit"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/session"
)

// rolesLook is how many live keys are looked at for what needs which role.
const rolesLook = 200

// accountTab fills the part of an account's page that its address names.
func (h *Handler) accountTab(c echo.Context, a models.Account, m *accounts.DetailPage) (err error) {
	ctx, by := c.Request().Context(), session.Actor(c)
	switch tab := c.QueryParam("tab"); tab {
	case "", accounts.TabKeys:
		m.Keys, err = h.keysTable(c, a)
		return err
	case accounts.TabRoles:
		m.Tab = tab
		cat, err := h.Desk.Catalogue(ctx)
		if err != nil {
			return err
		}
		page, err := h.Desk.AccountKeys(ctx, by, a.ID, manage.KeyFilter{Limit: rolesLook})
		m.Roles = rolesTab(cat, a, page.Rows)
		m.Roles.More = page.More
		return err
	case accounts.TabAuthorized:
		m.Tab = tab
		m.Authorized, err = h.authorizedTab(c, a)
		return err
	case accounts.TabActivity:
		m.Tab = tab
		used, err := h.Desk.AccountUsage(ctx, by, a.ID)
		if err != nil {
			return err
		}
		m.Activity = activityTab(used)
		m.Activity.LagMillis = h.Lag.Milliseconds()
		m.Activity.Events, err = h.accountEvents(c, a)
		return err
	}
	return echo.ErrBadRequest
}

// accountEvents are what happened to an account and its keys, for whoever may see it.
func (h *Handler) accountEvents(c echo.Context, a models.Account) (audit.Timeline, error) {
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return audit.Timeline{}, err
	}
	f := manage.ActivityFilter{After: here.at, Back: here.back, Limit: timelineRows}
	page, err := h.Desk.AccountActivity(c.Request().Context(), session.Actor(c), a.ID, f)
	tab := url.Values{"tab": {accounts.TabActivity}}
	return h.Timeline(c, page, here, accounts.Path(a.ID), tab, a.ID, auditOf(c, "account", a.ID)), err
}

func activityTab(used []models.AccountUse) accounts.ActivityTab {
	var m accounts.ActivityTab
	for _, u := range used {
		m.Allowed, m.Refused = m.Allowed+u.Allowed, m.Refused+u.Refused
	}
	if m.Allowed+m.Refused > 0 {
		m.Days = accountDays(used)
	}
	return m
}

// rolesTab compares the roles with the scopes of the keys.
func rolesTab(cat *scopes.Catalogue, a models.Account, list []manage.KeyRow) accounts.RolesTab {
	m := accounts.RolesTab{Looked: int64(len(list))}
	for _, name := range a.Roles {
		r, known := cat.Role(name)
		role := accounts.Role{Name: name, Description: r.Description, Unknown: !known, Permits: r.Permits(), Manages: accounts.Manages(name)}
		others := set(cat.Permitted(slices.DeleteFunc(slices.Clone(a.Roles), func(o string) bool { return o == name })))
		permits := set(r.Permits())
		for _, k := range list {
			need, shared := accounts.Need{Key: keyLink(k.Key)}, false
			for _, s := range k.Scopes {
				switch {
				case !permits[s]:
				case others[s]:
					shared = true
				default:
					need.Scopes = append(need.Scopes, s)
				}
			}
			if len(need.Scopes) > 0 {
				role.Needed = append(role.Needed, need)
			} else if shared {
				role.Shared++
			}
		}
		m.Roles = append(m.Roles, role)
	}
	m.Uncovered = uncovered(set(cat.Permitted(a.Roles)), list)
	return m
}

// uncovered lists the scopes that keys have and no role permits.
func uncovered(permitted map[string]bool, list []manage.KeyRow) []accounts.ScopeKeys {
	var out []accounts.ScopeKeys
	at := map[string]int{}
	for _, k := range list {
		for _, s := range k.Scopes {
			if permitted[s] {
				continue
			}
			i, met := at[s]
			if !met {
				i, at[s] = len(out), len(out)
				out = append(out, accounts.ScopeKeys{Scope: s})
			}
			out[i].Keys = append(out[i].Keys, keyLink(k.Key))
		}
	}
	return out
}

// keyLink leads to a key; its mask tells it from others of the same description.
func keyLink(k models.Key) ui.Link {
	return ui.Link{Label: k.Name() + " " + k.Mask(), Href: keys.Path(k.ID)}
}
