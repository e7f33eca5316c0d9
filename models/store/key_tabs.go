package store

import (
	"time"

	"keydesk/models"
)

// query is SQL that is put together from constants, and from nothing else.
type query string

// keyColumn is a column of key_list that a list is sorted by, with the key's id to break ties.
type keyColumn struct {
	name         query
	columns      query // what a place is made of
	above, below query // beyond a place
	up, down     query // the sort
	day          bool  // the column is a date
}

func column(name query) keyColumn {
	return keyColumn{
		name:    name,
		columns: "l.key_id, " + name + " AS at",
		above:   "(" + name + ", l.key_id) > (?, ?)",
		below:   "(" + name + ", l.key_id) < (?, ?)",
		up:      name + ", l.key_id",
		down:    name + " DESC, l.key_id DESC",
	}
}

func dayColumn(name query) keyColumn {
	c := column(name)
	c.day = true
	return c
}

var (
	createdColumn = column("l.created_at")
	expiresColumn = column("l.expires_at")
	endsColumn    = column("l.ends_at") // of a living key the same as its expiry, with an index of the living alone
	usedColumn    = dayColumn("l.allowed_day")
	refusedColumn = dayColumn("l.refused_day")
)

// keySection is a run of a list that one index holds, in its order: a tab is one, or several one after the other.
type keySection struct {
	where query // with the names of marks; "": everything
	by    keyColumn
	down  bool
	index query // SQLite plans without looking at the data: it is told, where no filter may find fewer rows by itself
}

// What the tabs ask, in the words of their indexes. Dates are compared first by the day, which is indexed, and only on the
// day where that does not decide by the moment, which is looked up.
const (
	alive query = "NOT l.ended AND l.ends_at > @now"

	lastAllowed query = "(SELECT u.allowed_at FROM key_last_used u WHERE u.key_id = l.key_id)"
	lastRefused query = "(SELECT u.refused_at FROM key_last_used u WHERE u.key_id = l.key_id)"

	isExpiring  query = "l.ends_at <= @soon"
	isUnused    query = "l.allowed_day > '0001-01-01' AND l.allowed_day <= @unused_day AND (l.allowed_day < @unused_day OR " + lastAllowed + " <= @unused_at)"
	isNeverUsed query = "l.allowed_day = '0001-01-01' AND l.created_at <= @never_at"
	isNoExpiry  query = "l.ends_at = '9999-12-31 00:00:00+00:00'"
	isOff       query = "l.off_until > '0001-01-01 00:00:00+00:00' AND l.off_until > @now"
	isRefused   query = "l.refused_day > '0001-01-01' AND l.refused_day >= @refused_day AND (l.refused_day > @refused_day OR " + lastRefused + " > @refused_at)"

	// A key is still tried that was refused after it was stopped. isStopped is what the index of the stopped ones says: what
	// expired since the last sweep is not among them, and stands before them.
	isTried query = isRefused + " AND (" +
		"l.ends_at <= @now AND " + lastRefused + " > l.ends_at OR l.ends_at > @now AND " + isOff + " AND " + lastRefused + " > l.off_at)"
	isStopped   query = "(l.ended OR l.off_until > '0001-01-01 00:00:00+00:00')"
	justExpired query = "NOT l.ended AND l.ends_at <= @now AND NOT l.off_until > '0001-01-01 00:00:00+00:00'"

	needsAttention query = "(" + isTried + " OR " + alive + " AND (" +
		isExpiring + " OR " + isUnused + " OR " + isNeverUsed + " OR l.broad OR l.default_scopes OR " + isNoExpiry + "))"
)

// marks are the moments that the conditions name, seen from now.
func marks(now time.Time) map[string]any {
	unused, refused := models.Instant(now.Add(-models.UnusedFor)), models.Instant(now.Add(-models.RefusedWithin))
	return map[string]any{
		"now": models.Instant(now), "soon": models.Instant(now.Add(models.ExpiringWithin)), "never_at": models.Instant(now.Add(-models.NeverUsedAfter)),
		"unused_at": unused, "unused_day": dayText(unused), "refused_at": refused, "refused_day": dayText(refused),
	}
}

// dayText is how both databases take a date.
func dayText(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// keyReason is a reason for attention: what it asks of a key, and what a key passes that has not got it.
type keyReason struct {
	is, not query
	keySection
}

// reasons are the sections of the attention tab, the most pressing first, which is the order of models.Attention. A key
// stands in the first that holds for it, so each asks for the absence of those before. Reading is bounded by that: a
// section is entered only when those before it are read to their end, so what it has to pass over is no more than what was
// listed already; and the count ends at its cap.
var reasons = fresh(urgencies)

var urgencies = []keyReason{
	{is: justExpired + " AND " + lastRefused + " > @refused_at AND " + lastRefused + " > l.ends_at", keySection: keySection{by: endsColumn, index: "key_list_ending"}},
	{is: isStopped + " AND " + isTried, not: "NOT (" + isOff + " AND " + isTried + ")", keySection: keySection{by: refusedColumn, down: true, index: "key_list_tried"}},
	{is: alive + " AND " + isExpiring, not: "l.ends_at > @soon", keySection: keySection{by: endsColumn, index: "key_list_ending"}},
	{is: alive + " AND " + isUnused, not: "NOT (" + isUnused + ")", keySection: keySection{by: usedColumn, index: "key_list_unused"}},
	{is: alive + " AND " + isNeverUsed, not: "NOT (" + isNeverUsed + ")", keySection: keySection{by: createdColumn, index: "key_list_never_used"}},
	{is: alive + " AND l.broad", not: "NOT l.broad", keySection: keySection{by: createdColumn, index: "key_list_broad"}},
	{is: alive + " AND l.default_scopes", not: "NOT l.default_scopes", keySection: keySection{by: createdColumn, index: "key_list_default_scopes"}},
	{is: alive + " AND " + isNoExpiry, keySection: keySection{by: createdColumn, index: "key_list_no_expiry"}},
}

func fresh(list []keyReason) []keySection {
	sections, before := make([]keySection, len(list)), query("")
	for i, r := range list {
		sections[i] = r.keySection
		sections[i].where = r.is + before
		if r.not != "" {
			before += " AND " + r.not
		}
	}
	return sections
}

// keyTab is what a tab asks, and the index that has it by creation.
type keyTab struct {
	where, created query
	living         bool // it lists no dead keys
}

var keyTabs = map[models.KeyTab]keyTab{
	models.AllKeys:          {created: "key_list_created"},
	models.AttentionKeys:    {where: needsAttention},
	models.UnusedKeys:       {where: alive + " AND " + isUnused, living: true},
	models.NeverUsedKeys:    {where: alive + " AND " + isNeverUsed, created: "key_list_never_used", living: true},
	models.ExpiringKeys:     {where: alive + " AND " + isExpiring, living: true},
	models.NoExpiryKeys:     {where: alive + " AND " + isNoExpiry, created: "key_list_no_expiry", living: true},
	models.DefaultScopeKeys: {where: alive + " AND l.default_scopes", created: "key_list_default_scopes", living: true},
	models.RefusedKeys:      {where: isRefused},
	models.DisabledKeys:     {where: alive + " AND " + isOff, created: "key_list_disabled", living: true},
}

// sections are the runs of a list, one after the other. A sort that is not the tab's own may have no index that holds the
// tab in its order: the database then walks that order, or sorts the tab, whichever it takes for less.
func sections(t models.KeyTab, sort models.KeySort) []keySection {
	sort = sort.Resolved(t)
	tab := keyTabs[t]
	s := keySection{where: tab.where, down: sort.Down}
	switch {
	case sort.By == models.ByExpires && tab.living:
		s.by, s.index = endsColumn, "key_list_ending"
	case sort.By == models.ByExpires:
		s.by, s.index = expiresColumn, "key_list_expires"
	case sort.By == models.ByUsed && tab.living:
		s.by, s.index = usedColumn, "key_list_unused"
	case sort.By == models.ByUsed:
		s.by, s.index = usedColumn, "key_list_used"
	case sort.By == models.ByCreated:
		s.by, s.index = createdColumn, tab.created
	case t == models.RefusedKeys:
		s.by, s.index = refusedColumn, "key_list_refused"
	default:
		return reasons
	}
	if own := (models.KeySort{}).Resolved(t); t != models.AllKeys && own.By != sort.By {
		s.index = ""
	}
	return []keySection{s}
}
