package console

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/keys"
)

// How many groups of refusals and how many networks a key's page lists.
const (
	refusalsMost = 20
	networksMost = 20
)

// useModel compares what a key is granted with what is done with it.
func (h *Handler) useModel(cat *scopes.Catalogue, k manage.KeyDetail, can keys.Can) keys.Use {
	now := h.now()
	m := keys.Use{
		Now: now, Key: h.keyModel(k.Key, k.Account), LastUsed: named(cat, k.LastUsed.Allowed), LastRefused: named(cat, k.LastUsed.Refused),
		Scopes: scopeUse(cat, k), Refusals: refusals(k.Usage), LagMillis: h.Lag.Milliseconds(),
	}
	if can.Edit && len(k.Key.Scopes) > 1 {
		for i, s := range m.Scopes {
			m.Scopes[i].Removable = s.Granted && s.Allowed == 0
		}
	}
	m.Networks = networkUse(k.Usage)
	m.MoreNets = max(0, len(m.Networks)-networksMost)
	m.Networks = m.Networks[:min(len(m.Networks), networksMost)]
	m.Allowed, m.Refused = sums(k.Usage)
	m.Days = usageByDay(k.ByBucket, now)
	if s := stopOf(k.Key, k.Account, now); s.words != "" {
		m.Stopped, m.StillTried = s.words, refusedSince(k.ByBucket, s.because, s.at)
	}
	return m
}

// stop is what keeps a key from working.
type stop struct {
	because models.Outcome // of every refusal that it causes
	at      time.Time
	words   string // "it was revoked"
}

// stopOf is the zero value where nothing keeps the key from working.
func stopOf(k models.Key, a models.Account, now time.Time) stop {
	switch k.State(now) {
	case models.KeyRevoked:
		return stop{models.RevokedKey, k.Revoked.At, "it was revoked"}
	case models.KeyExpired:
		return stop{models.ExpiredKey, k.ExpiresAt, "it expired"}
	case models.KeyDisabled:
		return stop{models.DisabledKey, k.Disabled.At, "it was disabled"}
	}
	switch a.State(now) {
	case models.AccountSuspended:
		return stop{models.SuspendedAccount, a.Suspended.At, "its account was suspended"}
	case models.AccountExpired:
		return stop{models.SuspendedAccount, a.ExpiresAt, "its account expired"}
	}
	return stop{}
}

func sums(uses []models.Use) (allowed, refused int64) {
	for _, u := range uses {
		if u.Outcome == models.Allowed {
			allowed += u.Requests()
		} else {
			refused += u.Requests()
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
	for i := range list {
		list[i].LastUsed = later(list[i].LastUsed, k.Earlier[list[i].Scope])
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

// networkUse sums up requests by network, the latest first.
func networkUse(uses []models.Use) []keys.NetworkUse {
	byName := map[string]keys.NetworkUse{}
	for _, u := range uses {
		n := byName[u.Network]
		n.Network, n.Last = u.Network, later(n.Last, u.LastAt)
		if u.Outcome == models.Allowed {
			n.Allowed += u.Requests()
		} else {
			n.Refused += u.Requests()
		}
		byName[u.Network] = n
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b keys.NetworkUse) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Network, b.Network))
	})
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
	list := make([]keys.Day, manage.UsageDays)
	today := now.Truncate(day)
	for i := range list {
		list[i].Date = today.AddDate(0, 0, i-manage.UsageDays+1)
	}
	for _, u := range uses {
		i := manage.UsageDays - 1 - int(today.Sub(u.Bucket.Truncate(day))/day)
		switch {
		case i < 0 || i >= manage.UsageDays:
		case u.Outcome == models.Allowed:
			list[i].Allowed += u.Requests()
		default:
			list[i].Refused += u.Requests()
		}
	}
	return list
}

// secretsModel lists the live secrets with their last uses.
func secretsModel(k models.Key, bySecret []models.Use, now time.Time) []keys.Secret {
	var list []keys.Secret
	for i, s := range liveSecrets(k, now) {
		m := keys.Secret{ID: s.ID, Mask: s.Mask(), CreatedAt: s.CreatedAt, RetiresAt: s.RetiresAt}
		if i > 0 {
			m.ReplacedAt = list[i-1].CreatedAt
		}
		list = append(list, secretUse(m, bySecret))
	}
	return list
}

// secretUse fills in when a secret was last used and, of a replaced one, from where it still is.
func secretUse(m keys.Secret, bySecret []models.Use) keys.Secret {
	mine := slices.DeleteFunc(slices.Clone(bySecret), func(u models.Use) bool {
		return u.SecretID != m.ID || u.Outcome != models.Allowed
	})
	slices.SortStableFunc(mine, func(a, b models.Use) int { return b.LastAt.Compare(a.LastAt) })
	for _, u := range mine {
		m.LastUsed = later(m.LastUsed, u.LastAt)
		if !m.ReplacedAt.IsZero() && u.LastAt.After(m.ReplacedAt) {
			m.UsedFrom = append(m.UsedFrom, u.Network)
		}
	}
	return m
}
