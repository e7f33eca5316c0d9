package store

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"keydesk/models"
)

// What a flush carries is merged by row, because one statement may touch a row once, and sorted by it, so that two flushes
// at the same time lock rows in one order.

func mergeUses(list []models.Use) []models.Use {
	merged := map[models.Use]models.Use{}
	for _, u := range list {
		u.Bucket, u.LastAt, u.AccountID = models.Instant(u.Bucket), models.Instant(u.LastAt), ""
		row := u
		row.Count, row.Further, row.LastAt = 0, 0, time.Time{}
		if m, met := merged[row]; met {
			u.Count, u.Further, u.LastAt = u.Count+m.Count, u.Further+m.Further, later(u.LastAt, m.LastAt)
		}
		merged[row] = u
	}
	return slices.SortedFunc(maps.Values(merged), func(a, b models.Use) int {
		return cmp.Or(cmp.Compare(a.KeyID, b.KeyID), a.Bucket.Compare(b.Bucket), cmp.Compare(a.SecretID, b.SecretID),
			cmp.Compare(a.Requested, b.Requested), cmp.Compare(a.Granted, b.Granted), cmp.Compare(a.Outcome, b.Outcome),
			cmp.Compare(a.Network, b.Network))
	})
}

// totals sums uses up by account and bucket.
func totals(list []models.Use) []models.AccountUse {
	type row struct {
		account string
		bucket  time.Time
	}
	sums := map[row]models.AccountUse{}
	for _, u := range list {
		if u.AccountID == "" {
			continue
		}
		at := row{u.AccountID, models.Instant(u.Bucket)}
		sum := sums[at]
		sum.AccountID, sum.Bucket = at.account, at.bucket
		if u.Outcome == models.Allowed {
			sum.Allowed, sum.LastAt = sum.Allowed+u.Requests(), later(sum.LastAt, models.Instant(u.LastAt))
		} else {
			sum.Refused += u.Requests()
		}
		sums[at] = sum
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b models.AccountUse) int {
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), a.Bucket.Compare(b.Bucket))
	})
}

func mergeUnknown(list []models.UnknownUse) []models.UnknownUse {
	merged := map[models.UnknownUse]int64{}
	for _, u := range list {
		merged[models.UnknownUse{Network: u.Network, Bucket: models.Instant(u.Bucket)}] += u.Count
	}
	sums := make([]models.UnknownUse, 0, len(merged))
	for u, n := range merged {
		u.Count = n
		sums = append(sums, u)
	}
	slices.SortFunc(sums, func(a, b models.UnknownUse) int {
		return cmp.Or(a.Bucket.Compare(b.Bucket), cmp.Compare(a.Network, b.Network))
	})
	return sums
}

func mergeLast(list []models.LastUsed) []models.LastUsed {
	merged := map[string]models.LastUsed{}
	for _, l := range list {
		l.Allowed.At, l.Refused.At = models.Instant(l.Allowed.At), models.Instant(l.Refused.At)
		m := merged[l.KeyID]
		m.KeyID = l.KeyID
		if l.Allowed.At.After(m.Allowed.At) {
			m.Allowed = l.Allowed
		}
		if l.Refused.At.After(m.Refused.At) {
			m.Refused = l.Refused
		}
		merged[l.KeyID] = m
	}
	return slices.SortedFunc(maps.Values(merged), func(a, b models.LastUsed) int { return cmp.Compare(a.KeyID, b.KeyID) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

type useArrays struct {
	key, secret, requested, granted, outcome, network []string
	bucket, lastAt                                    []time.Time
	count, further                                    []int64
}

// useColumns turns rows into the arrays that unnest takes.
func useColumns(list []models.Use) useArrays {
	var c useArrays
	for _, u := range list {
		c.key, c.secret, c.bucket = append(c.key, u.KeyID), append(c.secret, u.SecretID), append(c.bucket, u.Bucket)
		c.requested, c.granted = append(c.requested, u.Requested), append(c.granted, u.Granted)
		c.outcome, c.network = append(c.outcome, string(u.Outcome)), append(c.network, u.Network)
		c.count, c.further, c.lastAt = append(c.count, u.Count), append(c.further, u.Further), append(c.lastAt, u.LastAt)
	}
	return c
}

type totalArrays struct {
	account          []string
	bucket, lastAt   []time.Time
	allowed, refused []int64
}

func totalColumns(list []models.AccountUse) totalArrays {
	var c totalArrays
	for _, t := range list {
		c.account, c.bucket, c.lastAt = append(c.account, t.AccountID), append(c.bucket, t.Bucket), append(c.lastAt, t.LastAt)
		c.allowed, c.refused = append(c.allowed, t.Allowed), append(c.refused, t.Refused)
	}
	return c
}
