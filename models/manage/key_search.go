package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// KeySearch says which keys a list shows, of those of all accounts that the actor may see. A zero field narrows nothing.
type KeySearch struct {
	Tab            models.KeyTab
	Account        string // its id, or its name among those that are not deleted
	Folder         string // id
	Owner          string // of the account: a whole mail address
	Scope          string // that the key was granted
	State          models.KeyState
	UnusedSince    time.Time // not used on that day or later, and made before it
	ExpiringBefore time.Time
	Network        string // an address, or a network as usage counts it, that used or tried the key
	Sort           models.KeySort
	After          models.Cursor // of a row
	Back           bool          // the page before After
	Limit          int
}

// narrowed reports whether the search is more than its tab.
func (s KeySearch) narrowed() bool {
	return s.Account+s.Folder+s.Owner+s.Scope+s.Network+string(s.State) != "" || !s.UnusedSince.IsZero() || !s.ExpiringBefore.IsZero()
}

// ListedKey is a key in the list of all keys, with its account and its last use.
type ListedKey = store.ListedKey

// KeyCount is how many keys there are, counted up to a cap.
type KeyCount struct {
	Total  int
	Capped bool
}

// KeyList is a page of keys, how many the search matches, and how many stand in each tab without its filters.
type KeyList struct {
	Page  models.Page[ListedKey]
	Match KeyCount
	Tabs  map[models.KeyTab]KeyCount
}

// SearchKeys lists the keys of all accounts that the actor may see.
func (d *Desk) SearchKeys(ctx context.Context, by models.Actor, s KeySearch) (l KeyList, err error) {
	now := d.now()
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if l.Tabs, err = d.countTabs(tx, by, now); err != nil {
			return err
		}
		q, some, err := s.query(tx, by.Folders(models.KeysView), now)
		if err != nil || !some {
			return err
		}
		if q, err = tx.ResolveKeys(q); err != nil {
			return err
		}
		if l.Page, err = tx.SearchKeys(q); err != nil {
			return err
		}
		if l.Match = l.Tabs[s.Tab]; s.narrowed() {
			l.Match, err = countKeys(tx, q)
		}
		return err
	})
	return l, err
}

// KeyTabs counts the keys of each tab.
func (d *Desk) KeyTabs(ctx context.Context, by models.Actor) (counts map[models.KeyTab]KeyCount, err error) {
	now := d.now()
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		counts, err = d.countTabs(tx, by, now)
		return err
	})
	return counts, err
}

func countKeys(tx *store.Tx, q store.KeySearch) (KeyCount, error) {
	n, err := tx.CountSearch(q, countCap+1)
	return KeyCount{Total: min(n, countCap), Capped: n > countCap}, err
}

// MatchingKeyIDs returns the ids of what the search matches, in the order of its list and wherever its page is, at most so
// many. More says that there are others.
func (d *Desk) MatchingKeyIDs(ctx context.Context, by models.Actor, s KeySearch, most int) (ids []string, more bool, err error) {
	s.After, s.Back = models.Cursor{}, false
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		ids, more = nil, false
		q, some, err := s.query(tx, by.Folders(models.KeysView), d.now())
		if err != nil || !some {
			return err
		}
		if ids, err = tx.SearchKeyIDs(q, most+1); len(ids) > most {
			ids, more = ids[:most], true
		}
		return err
	})
	return ids, more, err
}

// ExportKeys hands over everything that the search matches, in one snapshot and for as long as each takes. A key is good
// until each returns. The event of it is RecordExport's.
func (d *Desk) ExportKeys(ctx context.Context, by models.Actor, s KeySearch, each func(*ListedKey) error) error {
	return d.Store.Stream(ctx, func(tx *store.Tx) error {
		q, some, err := s.query(tx, by.Folders(models.Export), d.now())
		if err != nil || !some {
			return err
		}
		return tx.StreamKeys(q, each)
	})
}

// query resolves what the search names. An account that is not there, or not to be seen, has no keys to list.
func (s KeySearch) query(tx *store.Tx, in models.FolderScope, now time.Time) (q store.KeySearch, some bool, err error) {
	q = store.KeySearch{
		Scope: in, Tab: s.Tab, FolderID: s.Folder, Owner: s.Owner, HasScope: s.Scope, State: s.State, UnusedSince: s.UnusedSince,
		ExpiringBefore: s.ExpiringBefore, Sort: s.Sort, Now: now, After: s.After, Back: s.Back, Limit: rowsOf(s.Limit),
	}
	if s.Network != "" {
		network, ok := models.NetworkOf(s.Network)
		if !ok {
			return q, false, models.FieldProblems(models.Fields{"network": NetworkHelp})
		}
		q.Network = network
	}
	if s.Account != "" {
		a, err := accountByRef(tx, in, s.Account)
		if models.CodeOf(err) == models.NotFound {
			return q, false, nil
		}
		if err != nil {
			return q, false, err
		}
		q.AccountID = a.ID
	}
	return q, true, nil
}

// NetworkHelp says what can be asked of a network.
const NetworkHelp = "An address such as 10.2.3.4, or a network as usage counts it: 10.2.3.0/24, 2001:db8::/48"
