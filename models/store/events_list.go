package store

import (
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// EventQuery selects events, newest first. What is left empty selects nothing by it.
type EventQuery struct {
	Scope      models.FolderScope
	ActorType  models.ActorType
	ActorIDs   []string
	Action     string
	ObjectType string
	ObjectIDs  []string
	AccountIDs []string      // everything about these accounts and their keys
	Result     string        // models.EventDone or models.EventRefused
	From, To   time.Time     // From included, To not
	After      models.Cursor // of a row, or a page's Next; zero: the newest on
	Before     bool          // read the rows before After instead, still newest first
	Limit      int
}

// EventRow is an event with the name that its account has now; "" where it is of none.
type EventRow struct {
	models.Event
	AccountName string
}

// Cursor is the event's place. The number alone says it where the list is sorted by number; in a stretch of time it is
// sorted by time first, and clocks of several processes differ.
func (r EventRow) Cursor() models.Cursor {
	return models.Cursor{At: r.At, ID: strconv.FormatInt(r.Number, 10)}
}

// eventRow are the columns of an EventRow, in the order in which EachEvent scans them.
const eventRow = `number, encoding, at, folder_id, actor_type, actor_id, actor_name, auth_method, request_id, address, action,
	object_type, object_id, object_name, account_id, result, reason, note, before, after, prev_hash, hash,
	COALESCE((SELECT name FROM service_accounts WHERE service_accounts.id = audit_events.account_id), '') AS account_name`

// Events returns a page of the audit log, newest first. The page's Next continues in the direction of the query.
func (tx *Tx) Events(q EventQuery) (models.Page[EventRow], error) {
	if err := tx.plannedAnew(); err != nil {
		return models.Page[EventRow]{}, err
	}
	limit := limited(q.Limit)
	var found []EventRow
	err := tx.db.Table("audit_events").Select(eventRow).Scopes(q.filter, q.place).Limit(limit + 1).Find(&found).Error
	if err != nil {
		return models.Page[EventRow]{}, translate(err)
	}
	page := models.CutPage(found, limit, EventRow.Cursor)
	if q.Before {
		slices.Reverse(page.Rows)
	}
	return page, nil
}

// CountEvents counts what the query selects, up to the cap. It counts in the order of the page, whose index it then reads:
// without one, Postgres would rather look through the table from its beginning.
func (tx *Tx) CountEvents(q EventQuery, most int) (int, error) {
	if err := tx.plannedAnew(); err != nil {
		return 0, err
	}
	var n int64
	capped := tx.db.Table("audit_events").Scopes(q.filter, q.newestFirst).Select("number").Limit(most)
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}

// plannedAnew has Postgres plan each statement of this transaction for its values. A plan that it keeps is made for whatever
// limit, and for whoever acts: it would look through a good part of the log.
func (tx *Tx) plannedAnew() error {
	if !tx.postgres {
		return nil
	}
	return translate(tx.db.Exec(`SET LOCAL plan_cache_mode = force_custom_plan`).Error)
}

// EachEvent hands over what the query selects, oldest first, one after the other: memory stays flat. Place and limit of the
// query are not looked at.
func (tx *Tx) EachEvent(q EventQuery, each func(EventRow) error) error {
	db := tx.db.Table("audit_events").Select(eventRow).Scopes(q.filter)
	if q.timed() {
		db = db.Order("at, number")
	} else {
		db = db.Order("number")
	}
	var r EventRow
	return stream(db, func() error { return each(r) },
		&r.Number, &r.Encoding, &r.At, &r.FolderID, &r.ActorType, &r.ActorID, &r.ActorName, &r.AuthMethod, &r.RequestID, &r.Address, &r.Action,
		&r.ObjectType, &r.ObjectID, &r.ObjectName, &r.AccountID, &r.Result, &r.Reason, &r.Note, &r.Before, &r.After, &r.PrevHash, &r.Hash,
		&r.AccountName)
}

// ActorIDs returns by which ids the log knows an actor of that name: a person's mail address, a service account's
// name now, or what stands for itself.
func (tx *Tx) ActorIDs(name string) ([]string, error) {
	var ids []string
	err := tx.db.Raw(`SELECT id FROM people WHERE lower(email) = lower(?)
		UNION ALL SELECT id FROM service_accounts WHERE name = ?
		UNION ALL SELECT CAST(? AS text) WHERE EXISTS (SELECT 1 FROM audit_events WHERE actor_id = ?)
		LIMIT ?`, name, name, name, name, pageMax).Scan(&ids).Error
	return ids, translate(err)
}

// ObjectIDs returns what has that name now, of whatever kind, and what the log itself knows by it ("keys.revoke"): a thousand
// at most. Things keep their rows when they are deleted or revoked.
func (tx *Tx) ObjectIDs(name string) ([]string, error) {
	var ids []string
	err := tx.db.Raw(`SELECT id FROM service_accounts WHERE name = ?
		UNION ALL SELECT id FROM api_keys WHERE description = ?
		UNION ALL SELECT id FROM people WHERE lower(email) = lower(?)
		UNION ALL SELECT id FROM gateways WHERE name = ?
		UNION ALL SELECT id FROM folders WHERE name = ?
		UNION ALL SELECT id FROM authorized_keys WHERE description = ?
		UNION ALL SELECT CAST(? AS text) WHERE EXISTS (SELECT 1 FROM audit_events WHERE object_id = ?)
		LIMIT ?`, name, name, name, name, name, name, name, name, pageMax).Scan(&ids).Error
	return ids, translate(err)
}

// AccountIDsNamed returns the accounts of a name: the deleted ones too, for they left events.
func (tx *Tx) AccountIDsNamed(in models.FolderScope, name string) ([]string, error) {
	var ids []string
	err := tx.db.Model(&models.Account{}).Scopes(within(in)).Where("name = ?", name).Order("id").Limit(pageMax).Pluck("id", &ids).Error
	return ids, translate(err)
}

func (q EventQuery) timed() bool { return !q.From.IsZero() || !q.To.IsZero() }

func (q EventQuery) filter(db *gorm.DB) *gorm.DB {
	db = q.ofActor(within(q.Scope)(db))
	if q.Action != "" {
		db = db.Where("action = ?", q.Action)
	}
	switch q.Result { // in the text of the statement: an index of refusals alone serves no bind value
	case "":
	case models.EventRefused:
		db = db.Where("result = 'refused'")
	default:
		db = db.Where("result = ?", q.Result)
	}
	if !q.From.IsZero() {
		db = db.Where("at >= ?", models.Instant(q.From))
	}
	if !q.To.IsZero() {
		db = db.Where("at < ?", models.Instant(q.To))
	}
	return q.ofObject(db)
}

func (q EventQuery) ofActor(db *gorm.DB) *gorm.DB {
	switch q.ActorType {
	case "":
	case models.ActorPerson:
		db = db.Where("actor_type = ?", q.ActorType)
	default: // as with refusals
		db = db.Where("actor_type <> 'person' AND actor_type = ?", q.ActorType)
	}
	switch len(q.ActorIDs) {
	case 0:
		return db
	case 1: // a set, even of one, would not be read in the order of its index
		return db.Where("actor_id = ?", q.ActorIDs[0])
	}
	return db.Where("actor_id IN ?", q.ActorIDs)
}

func (q EventQuery) ofObject(db *gorm.DB) *gorm.DB {
	switch q.ObjectType {
	case "":
	case "key", "account", "session": // of these a page finds as many as it needs close by
		db = db.Where("object_type = ?", q.ObjectType)
	default: // as with refusals
		db = db.Where("object_type <> 'key' AND object_type <> 'account' AND object_type <> 'session' AND object_type = ?", q.ObjectType)
	}
	switch len(q.ObjectIDs) {
	case 0:
	case 1:
		db = db.Where("object_id = ?", q.ObjectIDs[0])
	default:
		db = db.Where("object_id IN ?", q.ObjectIDs)
	}
	switch len(q.AccountIDs) {
	case 0:
		return db
	case 1:
		return db.Where("account_id = ?", q.AccountIDs[0])
	}
	return db.Where("account_id IN ?", q.AccountIDs)
}

// place sorts, and starts where the page before ended.
func (q EventQuery) place(db *gorm.DB) *gorm.DB {
	at, none := models.Instant(q.After.At), q.After == (models.Cursor{})
	number, _ := strconv.ParseInt(q.After.ID, 10, 64) // what is no number is before all of them
	switch {
	case q.timed() && q.Before:
		return db.Where("(at, number) > (?, ?)", at, number).Order("at, number")
	case q.timed() && !none:
		db = db.Where("(at, number) < (?, ?)", at, number)
	case q.Before:
		return db.Where("number > ?", number).Order("number")
	case !none:
		db = db.Where("number < ?", number)
	}
	return q.newestFirst(db)
}

func (q EventQuery) newestFirst(db *gorm.DB) *gorm.DB {
	if q.timed() {
		return db.Order("at DESC, number DESC")
	}
	return db.Order("number DESC")
}
