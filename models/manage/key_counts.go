package manage

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// tabCounts are the counts of the tabs as they were counted last, by the folders that they were counted in.
type tabCounts struct {
	mu sync.Mutex
	by map[string]*countedTabs
}

// countedTabs are the counts at a revision. Whatever changes a key takes a new one; uses and time alone do not.
type countedTabs struct {
	revision int64
	at       time.Time
	busy     bool // somebody counts again
	counts   map[models.KeyTab]KeyCount
}

// countTabs counts the keys of each tab, or says again what was counted within Desk.CountsFor, while no key was changed. While
// one request counts again, others are told what was counted before.
func (d *Desk) countTabs(tx *store.Tx, by models.Actor, now time.Time) (map[models.KeyTab]KeyCount, error) {
	in := by.Folders(models.KeysView)
	if d.CountsFor <= 0 {
		return countAll(tx, in, now)
	}
	revision, err := tx.LastRevision()
	if err != nil {
		return nil, err
	}
	place := strings.Join(slices.Sorted(slices.Values(in.IDs)), " ")
	if in.All {
		place = "*"
	}
	if counts := d.tabs.recent(place, revision, now, d.CountsFor); counts != nil {
		return counts, nil
	}
	counts, err := countAll(tx, in, now)
	d.tabs.keep(place, revision, now, counts)
	return counts, err
}

// recent are counts that hold, or nil: then the caller counts, and calls keep.
func (t *tabCounts) recent(place string, revision int64, now time.Time, within time.Duration) map[models.KeyTab]KeyCount {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.by[place]
	if c == nil || c.revision != revision || c.counts == nil {
		return nil
	}
	if age := now.Sub(c.at); age < within || c.busy && age < 4*within {
		return maps.Clone(c.counts)
	}
	c.busy = true
	return nil
}

// keep replaces what was counted before, unless that is of a later revision. Nil counts say that counting failed.
func (t *tabCounts) keep(place string, revision int64, now time.Time, counts map[models.KeyTab]KeyCount) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.by[place]
	switch {
	case counts == nil && c != nil:
		c.busy = false
	case counts != nil && (c == nil || c.revision <= revision):
		if t.by == nil {
			t.by = map[string]*countedTabs{}
		}
		t.by[place] = &countedTabs{revision: revision, at: now, counts: maps.Clone(counts)}
	}
}

func countAll(tx *store.Tx, in models.FolderScope, now time.Time) (map[models.KeyTab]KeyCount, error) {
	counts := make(map[models.KeyTab]KeyCount, len(models.KeyTabs))
	for _, tab := range models.KeyTabs {
		n, err := countKeys(tx, store.KeySearch{Scope: in, Tab: tab, Now: now})
		if err != nil {
			return nil, err
		}
		counts[tab] = n
	}
	return counts, nil
}
