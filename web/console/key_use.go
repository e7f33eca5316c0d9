package console

import (
	"cmp"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/keys"
)

const (
	useDays      = 30
	refusalsMost = 20
)

// useModel compares what a key is granted with what is done with it.
func (h *Handler) useModel(cat *scopes.Catalogue, k manage.KeyDetail) keys.Use {
	now := h.now()
	m := keys.Use{
		Now: now, KeyID: k.Key.ID, LastUsed: named(cat, k.LastUsed.Allowed), LastRefused: named(cat, k.LastUsed.Refused),
		Scopes: scopeUse(cat, k), Refusals: refusals(k.Usage), LagMillis: h.Lag.Milliseconds(),
	}
	m.Allowed, m.Refused = sums(k.Usage)
	m.Days = usageByDay(k.ByBucket, now)
	return m
}

func sums(uses []models.Use) (allowed, refused int64) {
	for _, u := range uses {
		if u.Outcome == models.Allowed {
			allowed += u.Count
		} else {
			refused += u.Count
		}
	}
	return allowed, refused
}

// scopeUse lists the granted scopes in their order, then what was asked for beyond them. A request that a granted scope
// covers counts as a use of that scope: it is what would be missed.
func scopeUse(cat *scopes.Catalogue, k manage.KeyDetail) []keys.ScopeUse {
	permitted, at := set(cat.Permitted(k.Account.Roles)), map[string]int{}
	var list []keys.ScopeUse
	row := func(scope string, granted bool) *keys.ScopeUse {
		i, ok := at[scope]
		if !ok {
			i, at[scope] = len(list), len(list)
			list = append(list, keys.ScopeUse{
				Scope: scope, Service: serviceTitle(cat, scope), Granted: granted, NoRole: granted && !permitted[scope],
			})
		}
		return &list[i]
	}
	for _, scope := range k.Key.Scopes {
		row(scope, true)
	}
	for _, u := range k.Usage {
		scope := cmp.Or(u.Granted, u.Requested)
		if scope == "" {
			continue
		}
		tally(row(scope, false), u)
	}
	return list
}

func tally(r *keys.ScopeUse, u models.Use) {
	if u.Outcome == models.Allowed {
		r.Allowed, r.LastUsed = r.Allowed+u.Count, later(r.LastUsed, u.LastAt)
		return
	}
	r.Refused, r.LastTried = r.Refused+u.Count, later(r.LastTried, u.LastAt)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// refusals lists the recent ones that were alike, newest first.
func refusals(uses []models.Use) []keys.Refusal {
	var list []keys.Refusal
	for _, u := range uses {
		if u.Outcome != models.Allowed {
			list = append(list, keys.Refusal{At: u.LastAt, Scope: u.Requested, Reason: u.Outcome, Network: u.Network, Count: u.Count})
		}
	}
	slices.SortStableFunc(list, func(a, b keys.Refusal) int { return b.At.Compare(a.At) })
	return list[:min(len(list), refusalsMost)]
}

// usageByDay spreads counts by bucket over the last 30 days, oldest first; none where nothing was counted.
func usageByDay(uses []models.Use, now time.Time) []keys.Day {
	if !slices.ContainsFunc(uses, func(u models.Use) bool { return !u.Bucket.IsZero() }) {
		return nil
	}
	list := make([]keys.Day, useDays)
	today := now.Truncate(day)
	for i := range list {
		list[i].Date = today.AddDate(0, 0, i-useDays+1)
	}
	for _, u := range uses {
		i := useDays - 1 - int(today.Sub(u.Bucket.Truncate(day))/day)
		switch {
		case i < 0 || i >= useDays:
		case u.Outcome == models.Allowed:
			list[i].Allowed += u.Count
		default:
			list[i].Refused += u.Count
		}
	}
	return list
}

// secretsModel lists the live secrets with their last uses.
func secretsModel(k models.Key, bySecret []models.Use, now time.Time) []keys.Secret {
	var list []keys.Secret
	for i, s := range liveSecrets(k, now) {
		m := keys.Secret{ID: s.ID, Mask: s.Mask(), CreatedAt: s.CreatedAt, RetiresAt: s.RetiresAt, Current: i == 0}
		for _, u := range bySecret {
			if u.SecretID == s.ID && u.Outcome == models.Allowed {
				m.LastUsed = later(m.LastUsed, u.LastAt)
			}
		}
		list = append(list, m)
	}
	return list
}
