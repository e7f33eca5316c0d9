package store

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"keydesk/models"
)

// RecentRowsMost bounds how many rows of usage are read of one key, the latest: what is asked for beside a button must not
// take longer the more a key is used.
const RecentRowsMost = 20_000

// RecentUse is the accepted requests of a key by scope and by network, the most used in 30 days first. A request that asked
// for several scopes counts for each of them, and once for its network. Partial says that there was more than was read: then
// 30 days, and perhaps 7, are counted too low.
type RecentUse struct {
	Total    models.RecentCount
	Scopes   []models.RecentCount
	Networks []models.RecentCount
	Partial  bool
}

// RecentOfKey counts the accepted requests of a key.
func (tx *Tx) RecentOfKey(keyID string, w models.RecentWindows) (RecentUse, error) {
	var found []struct {
		Scope, Network               string
		Day, Week, Month             int64
		DayMore, WeekMore, MonthMore int64 // further scopes of requests that are counted under another scope
		LastAt                       instant
		Looked                       int
	}
	day, week := models.Instant(w.Day), models.Instant(w.Week)
	err := tx.db.Raw(`SELECT granted_scope AS scope, network, COUNT(*) AS looked, MAX(last_at) AS last_at,
			SUM(CASE WHEN bucket >= ? THEN count ELSE 0 END) AS day, SUM(CASE WHEN bucket >= ? THEN further ELSE 0 END) AS day_more,
			SUM(CASE WHEN bucket >= ? THEN count ELSE 0 END) AS week, SUM(CASE WHEN bucket >= ? THEN further ELSE 0 END) AS week_more,
			SUM(count) AS month, SUM(further) AS month_more
		FROM (SELECT granted_scope, network, bucket, count, further, last_at FROM key_usage
			WHERE key_id = ? AND bucket >= ? AND outcome = ? ORDER BY bucket DESC LIMIT ?) AS recent
		GROUP BY granted_scope, network`,
		day, day, week, week, keyID, models.Instant(w.Month), models.Allowed, RecentRowsMost).Scan(&found).Error
	if err != nil {
		return RecentUse{}, translate(err)
	}
	var use RecentUse
	looked := 0
	scopes, networks := recentSums{}, recentSums{}
	for _, f := range found {
		looked += f.Looked
		asked := models.RecentCount{Day: f.Day, Week: f.Week, Month: f.Month, LastAt: time.Time(f.LastAt)}
		requests := asked
		requests.Day, requests.Week, requests.Month = f.Day-f.DayMore, f.Week-f.WeekMore, f.Month-f.MonthMore
		use.Total.Add(requests)
		scopes.add(f.Scope, asked)
		networks.add(f.Network, requests)
	}
	use.Scopes, use.Networks, use.Partial = scopes.list(), networks.list(), looked >= RecentRowsMost
	return use, nil
}

// recentSums are counts by name.
type recentSums map[string]models.RecentCount

func (s recentSums) add(name string, more models.RecentCount) {
	sum := s[name]
	sum.Name = name
	sum.Add(more)
	s[name] = sum
}

// list sorts them, the most used first.
func (s recentSums) list() []models.RecentCount {
	return slices.SortedFunc(maps.Values(s), func(a, b models.RecentCount) int {
		return cmp.Or(cmp.Compare(b.Month, a.Month), b.LastAt.Compare(a.LastAt), cmp.Compare(a.Name, b.Name))
	})
}

// UsedScopes lists the granted scopes that a key's accepted requests used from a time on, by name, as far as RecentRowsMost
// rows of usage tell.
func (tx *Tx) UsedScopes(keyID string, since time.Time) ([]string, error) {
	var used []string
	err := tx.db.Raw(`SELECT DISTINCT granted_scope FROM (SELECT granted_scope FROM key_usage
			WHERE key_id = ? AND bucket >= ? AND outcome = ? ORDER BY bucket DESC LIMIT ?) AS recent
		ORDER BY granted_scope`, keyID, models.Instant(since), models.Allowed, RecentRowsMost).Scan(&used).Error
	return used, translate(err)
}

// UsedBefore says when a key's accepted requests used each granted scope last, before a time, as far as RecentRowsMost rows
// of usage tell.
func (tx *Tx) UsedBefore(keyID string, before time.Time) (map[string]time.Time, error) {
	var found []struct {
		Scope  string
		LastAt instant
	}
	err := tx.db.Raw(`SELECT granted_scope AS scope, MAX(last_at) AS last_at FROM (SELECT granted_scope, last_at FROM key_usage
			WHERE key_id = ? AND bucket < ? AND outcome = ? ORDER BY bucket DESC LIMIT ?) AS earlier
		GROUP BY granted_scope`, keyID, models.Instant(before), models.Allowed, RecentRowsMost).Scan(&found).Error
	used := make(map[string]time.Time, len(found))
	for _, f := range found {
		used[f.Scope] = time.Time(f.LastAt)
	}
	return used, translate(err)
}

// SumRecent adds up the use of several keys by scope and by network.
func SumRecent(of ...RecentUse) RecentUse {
	var sum RecentUse
	scopes, networks := recentSums{}, recentSums{}
	for _, u := range of {
		sum.Total.Add(u.Total)
		sum.Partial = sum.Partial || u.Partial
		for _, c := range u.Scopes {
			scopes.add(c.Name, c)
		}
		for _, c := range u.Networks {
			networks.add(c.Name, c)
		}
	}
	sum.Scopes, sum.Networks = scopes.list(), networks.list()
	return sum
}
