package store

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// KeySearch selects keys for the list of all keys. A zero field selects nothing away.
type KeySearch struct {
	Scope          models.FolderScope
	Tab            models.KeyTab
	AccountID      string
	FolderID       string
	Owner          string // of the account: a mail address, in capitals or not
	HasScope       string
	State          models.KeyState
	UnusedSince    time.Time // not used on that day or later, and made before it
	ExpiringBefore time.Time
	Network        string // as usage counts it; see models.NetworkOf
	Sort           models.KeySort
	Now            time.Time
	After          models.Cursor // of a row; zero: the list's beginning
	Back           bool          // read the rows before After instead, still in the order of the list
	Limit          int

	by driven
}

// driven says of which filters the own index is read first, as it has few rows: see ResolveKeys.
type driven struct {
	resolved       bool
	accounts       []string // of the owner, or of the folder, where they are few; nil where they are not
	keys           bool     // the accounts have few
	scope, network bool
}

// few reports whether few rows are looked at, whatever the tab.
func (d driven) few() bool { return d.keys || d.scope || d.network }

// Up to so many rows a filter's own index is read first, and what it has is sorted. Beyond that the list is walked in its
// order, in which a row that fits comes soon.
const (
	fewRows     = 7000
	fewAccounts = 200
	fewKeys     = 20_000 // of accounts: nothing has to be looked up to find these
)

// ResolveKeys looks how many rows the filters have by themselves, for all that is asked of the search in the transaction.
// SQLite plans without looking at the data, and Postgres cannot tell how what one filter selects lies in the order of the list.
func (tx *Tx) ResolveKeys(q KeySearch) (KeySearch, error) {
	if q.by.resolved {
		return q, nil
	}
	q.by = driven{resolved: true}
	if q.Owner != "" && q.AccountID == "" {
		ids := []string{}
		owned := tx.db.Table("service_accounts").Where("lower(owner) = ?", lowerASCII(q.Owner))
		if err := owned.Limit(fewAccounts+1).Pluck("id", &ids).Error; err != nil {
			return q, translate(err)
		}
		if len(ids) <= fewAccounts {
			q.by.accounts = ids
		}
	}
	if q.FolderID != "" && q.AccountID+q.Owner == "" {
		if err := tx.resolveFolder(&q); err != nil {
			return q, err
		}
	}
	accounts := q.by.accounts
	if q.AccountID != "" {
		accounts = []string{q.AccountID}
	}
	var err error
	if len(accounts) > 0 {
		q.by.keys, err = tx.few(tx.db.Table("key_list").Where("account_id IN ?", accounts), fewKeys)
	}
	if q.HasScope != "" && err == nil {
		q.by.scope, err = tx.few(tx.db.Table("api_key_scopes").Where("scope = ?", q.HasScope), fewRows)
	}
	if q.Network != "" && err == nil {
		q.by.network, err = tx.few(tx.db.Table("key_usage").Where("network = ?", q.Network), fewRows)
	}
	return q, err
}

// resolveFolder drives the search by the folder's accounts where they have few keys. Those of a folder that has many come soon
// in any order.
func (tx *Tx) resolveFolder(q *KeySearch) error {
	ids := []string{}
	if err := tx.db.Table("service_accounts").Where("folder_id = ?", q.FolderID).Limit(fewAccounts+1).Pluck("id", &ids).Error; err != nil {
		return translate(err)
	}
	if len(ids) > fewAccounts {
		return nil
	}
	few, err := tx.few(tx.db.Table("key_list").Where("account_id IN ?", ids), fewKeys)
	if few {
		q.by.accounts = ids
	}
	return err
}

func (tx *Tx) few(of *gorm.DB, most int) (bool, error) {
	var n int
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, of.Select("key_id").Limit(most+1)).Scan(&n).Error
	return n <= most, translate(err)
}

// ListedKey is a key in the list of all keys.
type ListedKey struct {
	KeyRow
	Account models.Account // without its roles
	place   models.Cursor
}

// Cursor is the row's place in the list that it was read from.
func (k ListedKey) Cursor() models.Cursor { return k.place }

// place is where a key stands: in which section, and where in that.
type place struct {
	KeyID   string
	At      instant
	Section int
}

func (p place) cursor() models.Cursor {
	return models.Cursor{At: time.Time(p.At), ID: strconv.Itoa(p.Section) + "/" + p.KeyID}
}

// SearchKeys returns a page of keys with scopes, secrets, last use and account.
func (tx *Tx) SearchKeys(q KeySearch) (models.Page[ListedKey], error) {
	limit := limited(q.Limit)
	found, err := tx.places(q, limit+1)
	if err != nil {
		return models.Page[ListedKey]{}, err
	}
	page := models.CutPage(found, limit, place.cursor)
	if q.Back {
		slices.Reverse(page.Rows)
	}
	list, err := tx.keysAt(q.Scope, page.Rows)
	return models.Page[ListedKey]{Rows: list, More: page.More, Next: page.Next}, err
}

// SearchKeyIDs returns the ids of what the search selects, in its order, up to a number.
func (tx *Tx) SearchKeyIDs(q KeySearch, most int) ([]string, error) {
	found, err := tx.places(q, most)
	ids := make([]string, len(found))
	for i, p := range found {
		ids[i] = p.KeyID
	}
	return ids, err
}

// CountSearch counts what the search selects, wherever it begins, up to the cap.
func (tx *Tx) CountSearch(q KeySearch, most int) (int, error) {
	if err := tx.planAnew(); err != nil {
		return 0, err
	}
	q, err := tx.ResolveKeys(q)
	if err != nil {
		return 0, err
	}
	total := 0
	q.After, q.Back = models.Cursor{}, false
	list := sections(q.Tab, models.KeySort{}) // however it is sorted, the tab's own index counts it
	if len(list) > 1 && q.by.few() {
		list = []keySection{{where: needsAttention, by: createdColumn}}
	}
	for _, s := range list {
		if total >= most {
			break
		}
		var n int64
		rows := tx.section(q, s, false, most-total)
		if !q.narrowed() { // sorted, so that the index of the tab is read, and not the table until there is enough
			rows = s.sort(rows, s.down)
		}
		if err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, rows).Scan(&n).Error; err != nil {
			return 0, translate(err)
		}
		total += int(n)
	}
	return total, nil
}

// planAnew keeps Postgres from reusing a plan that was made without looking at the dates that are asked for: what is few
// rows on one day is most of the table on another.
func (tx *Tx) planAnew() error {
	if !tx.postgres {
		return nil
	}
	return translate(tx.db.Exec(`SET LOCAL plan_cache_mode = force_custom_plan`).Error)
}

// places reads section after section, from the search's beginning, until there are enough.
func (tx *Tx) places(q KeySearch, most int) ([]place, error) {
	if err := tx.planAnew(); err != nil {
		return nil, err
	}
	q, err := tx.ResolveKeys(q)
	if err != nil {
		return nil, err
	}
	list := sections(q.Tab, q.Sort)
	at, step, err := q.begin(len(list))
	if err != nil {
		return nil, err
	}
	if len(list) > 1 && q.by.few() {
		return tx.urgent(q, at, most)
	}
	var all []place
	for i := at; i >= 0 && i < len(list) && len(all) < most; i += step {
		var found []place
		within := i == at && q.After != (models.Cursor{})
		rows := list[i].sort(tx.section(q, list[i], within, most-len(all)), list[i].down != q.Back)
		if err := rows.Scan(&found).Error; err != nil {
			return nil, translate(err)
		}
		for j := range found {
			found[j].Section = i
		}
		all = append(all, found...)
	}
	return all, nil
}

// begin is the section in which the search begins, and the way on from it.
func (q KeySearch) begin(sections int) (at, step int, err error) {
	step = 1
	if q.Back {
		step = -1
	}
	if q.After == (models.Cursor{}) {
		if q.Back {
			at = sections - 1
		}
		return at, step, nil
	}
	number, _, _ := strings.Cut(q.After.ID, "/")
	at, err = strconv.Atoi(number)
	if err != nil || at < 0 || at >= sections {
		return 0, 0, models.NewError(models.Invalid, "place", "This page of the list does not exist. Open the list from its beginning.")
	}
	return at, step, nil
}

// narrowed reports whether something beside the tab selects.
func (q KeySearch) narrowed() bool {
	return q.AccountID+q.FolderID+q.Owner+q.HasScope+q.Network+string(q.State) != "" || !q.UnusedSince.IsZero() || !q.ExpiringBefore.IsZero()
}

// sort puts the rows of a section in its order, or in the other.
func (s keySection) sort(rows *gorm.DB, down bool) *gorm.DB {
	if down {
		return rows.Order(string(s.by.down))
	}
	return rows.Order(string(s.by.up))
}

// section is the query of a section's next rows, unsorted: within says that the search's place is in it.
func (tx *Tx) section(q KeySearch, s keySection, within bool, limit int) *gorm.DB {
	db := tx.list(q, s).Select(string(s.by.columns)).Scopes(q.filter).Limit(limit)
	if s.where != "" {
		db = db.Where(string(s.where), marks(q.Now))
	}
	if within {
		_, id, _ := strings.Cut(q.After.ID, "/")
		beyond := s.by.above
		if s.down != q.Back {
			beyond = s.by.below
		}
		db = db.Where(string(beyond), s.by.value(q.After.At), id)
	}
	return db
}

// list names the table, and for SQLite the index, unless a filter may find fewer rows by another.
func (tx *Tx) list(q KeySearch, s keySection) *gorm.DB {
	switch {
	case tx.postgres:
		return tx.db.Table("key_list AS l")
	case q.AccountID != "" || len(q.by.accounts) > 0:
		return tx.db.Table("key_list AS l INDEXED BY key_list_of_account")
	case q.State == models.KeyRevoked && s.index == "key_list_created":
		return tx.db.Table("key_list AS l INDEXED BY key_list_revoked")
	case q.State == models.KeyDisabled && s.index == "key_list_created":
		return tx.db.Table("key_list AS l INDEXED BY key_list_disabled")
	case s.index == "" || q.Owner != "" || q.by.scope || q.by.network:
		return tx.db.Table("key_list AS l")
	}
	return tx.db.Table(string("key_list AS l INDEXED BY " + s.index))
}

func (c keyColumn) value(at time.Time) any {
	if c.day {
		return dayText(at)
	}
	return models.Instant(at)
}

// filter says the search's filters in SQL. What is asked of one row after the other is a value, as an EXISTS may be answered
// by reading all that it could hold for.
func (q KeySearch) filter(db *gorm.DB) *gorm.DB {
	db = within(q.Scope)(db)
	if q.AccountID != "" {
		db = db.Where("l.account_id = ?", q.AccountID)
	}
	if q.FolderID != "" {
		db = db.Where("l.folder_id = ?", q.FolderID)
	}
	switch {
	case q.by.accounts != nil:
		db = db.Where("l.account_id IN ?", q.by.accounts)
	case q.Owner != "":
		db = db.Where("l.account_id IN (SELECT id FROM service_accounts WHERE lower(owner) = ?)", lowerASCII(q.Owner))
	}
	switch {
	case q.by.scope:
		db = db.Where("l.key_id IN (SELECT s.key_id FROM api_key_scopes s WHERE s.scope = ?)", q.HasScope)
	case q.HasScope != "":
		db = db.Where("(SELECT 1 FROM api_key_scopes s WHERE s.key_id = l.key_id AND s.scope = ? LIMIT 1) = 1", q.HasScope)
	}
	switch {
	case q.by.network:
		db = db.Where("l.key_id IN (SELECT g.key_id FROM key_usage g WHERE g.network = ?)", q.Network)
	case q.Network != "":
		db = db.Where("(SELECT 1 FROM key_usage g WHERE g.key_id = l.key_id AND g.network = ? LIMIT 1) = 1", q.Network)
	}
	if !q.UnusedSince.IsZero() {
		db = db.Where("l.allowed_day < ? AND l.created_at < ?", dayText(q.UnusedSince), models.Instant(q.UnusedSince))
	}
	if !q.ExpiringBefore.IsZero() {
		db = db.Where("l.expires_at < ?", models.Instant(q.ExpiringBefore))
	}
	return q.inState(db)
}

// inState says Key.State in SQL.
func (q KeySearch) inState(db *gorm.DB) *gorm.DB {
	at := marks(q.Now)
	switch q.State {
	case models.KeyActive:
		return db.Where(string(alive+" AND NOT ("+isOff+")"), at)
	case models.KeyDisabled:
		return db.Where(string(alive+" AND "+isOff), at)
	case models.KeyExpired:
		return db.Where("NOT l.revoked AND l.ends_at <= @now AND l.expires_at <= @now", at)
	case models.KeyRevoked:
		return db.Where("l.revoked")
	}
	return db
}

// keysAt reads the keys that stand at these places, with what is beside them.
func (tx *Tx) keysAt(in models.FolderScope, places []place) ([]ListedKey, error) {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.KeyID
	}
	keys, err := tx.keysByID(in, ids)
	if err != nil {
		return nil, err
	}
	accounts, err := tx.accountsOf(keys)
	list := make([]ListedKey, len(places))
	for i, p := range places {
		k := keys[p.KeyID]
		list[i] = ListedKey{KeyRow: k, Account: accounts[k.AccountID], place: p.cursor()}
	}
	return list, err
}
