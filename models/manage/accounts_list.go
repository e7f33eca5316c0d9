package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// AccountFilter narrows and sorts the list of accounts.
type AccountFilter struct {
	Search   string        // part of a name, or an account's or a key's whole id
	State    string        // a models.AccountState, or "" for all that are not deleted
	Owner    string        // part of the owner's mail address
	Scope    string        // a live key was granted it
	Folder   string        // id
	Unused   time.Duration // a live key was not used for so long, and is as old; 0: any
	Expiring time.Duration // a live key ends within it; 0: any
	By       models.AccountOrder
	Down     bool
	After    models.Cursor
	Back     bool // the page before After
	Limit    int
}

// SparkDays is how many days of use stand beside an account in the list: today and the days before it, in UTC.
const SparkDays = 14

// AccountRow is an account in a list.
type AccountRow = store.AccountRow

// KeyRow is a key in a list.
type KeyRow = store.KeyRow

// AccountList is a page of accounts and how many there are, counted up to a cap.
type AccountList struct {
	Page   models.Page[store.AccountRow]
	Days   map[string][]models.AccountUse // by account: SparkDays days, oldest first
	Total  int
	Capped bool
}

func (f AccountFilter) query(by models.Actor, now time.Time) store.AccountQuery {
	q := store.AccountQuery{
		Scope: by.Folders(models.AccountsView), Search: f.Search, State: models.AccountState(f.State), Owner: f.Owner, HasScope: f.Scope,
		FolderID: f.Folder,
		Now:      now, By: f.By, Down: f.Down, After: f.After, Before: f.Back, Limit: rowsOf(f.Limit),
	}
	if f.Unused > 0 {
		q.UnusedSince = now.Add(-f.Unused)
	}
	if f.Expiring > 0 {
		q.ExpiringBefore = now.Add(f.Expiring)
	}
	return q
}

// most is up to how many accounts are counted. A filter that looks at the keys of each is worth less of them.
func (f AccountFilter) most() int {
	const byKeys = 200
	if f.Scope != "" || f.Unused > 0 || f.Expiring > 0 {
		return byKeys
	}
	return countCap
}

// Accounts lists the accounts that the actor may see.
func (d *Desk) Accounts(ctx context.Context, by models.Actor, f AccountFilter) (AccountList, error) {
	now := d.now()
	q := f.query(by, now)
	var l AccountList
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if l.Page, err = tx.Accounts(q); err != nil {
			return err
		}
		ids := make([]string, len(l.Page.Rows))
		for i, r := range l.Page.Rows {
			ids[i] = r.ID
		}
		used, err := tx.AccountDays(ids, firstDay(now, SparkDays))
		if err != nil {
			return err
		}
		l.Days = everyDay(ids, used, now, SparkDays)
		most := f.most()
		l.Total, err = tx.CountAccounts(q, most+1)
		if l.Total > most {
			l.Total, l.Capped = most, true
		}
		return err
	})
	return l, err
}

// exportRows is how many accounts are read at a time for an export: memory stays flat however many there are.
const exportRows = 200

// EachAccount hands over the filtered list from its beginning, in one snapshot, with the use of the last SparkDays days.
func (d *Desk) EachAccount(
	ctx context.Context, by models.Actor, f AccountFilter, each func(row store.AccountRow, use models.AccountUse) error,
) error {
	if !by.MayAnywhere(models.Export) {
		return d.refused(ctx, d.op(by, "accounts.export", "accounts", ""), forbidden(models.Export))
	}
	now := d.now()
	f.After, f.Back, f.Limit = models.Cursor{}, false, exportRows
	q := f.query(by, now)
	return d.Store.Stream(ctx, func(tx *store.Tx) error {
		for {
			page, err := tx.Accounts(q)
			if err != nil {
				return err
			}
			if err := eachRow(tx, page.Rows, firstDay(now, SparkDays), each); err != nil || !page.More {
				return err
			}
			q.After = page.Next
		}
	})
}

func eachRow(tx *store.Tx, list []store.AccountRow, since time.Time, each func(store.AccountRow, models.AccountUse) error) error {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	days, err := tx.AccountDays(ids, since)
	if err != nil {
		return err
	}
	for _, r := range list {
		use := models.AccountUse{AccountID: r.ID}
		for _, day := range days[r.ID] {
			use.Allowed, use.Refused = use.Allowed+day.Allowed, use.Refused+day.Refused
		}
		if err := each(r, use); err != nil {
			return err
		}
	}
	return nil
}

// firstDay is the first of so many days that end with today, in UTC.
func firstDay(now time.Time, days int) time.Time {
	return now.Truncate(24*time.Hour).AddDate(0, 0, 1-days)
}

// everyDay lists each day's use of each account, those without any too.
func everyDay(ids []string, used map[string][]models.AccountUse, now time.Time, days int) map[string][]models.AccountUse {
	first := firstDay(now, days)
	all := make(map[string][]models.AccountUse, len(ids))
	for _, id := range ids {
		list := make([]models.AccountUse, days)
		for i := range list {
			list[i] = models.AccountUse{AccountID: id, Bucket: first.AddDate(0, 0, i)}
		}
		for _, u := range used[id] {
			if i := int(u.Bucket.Sub(first) / (24 * time.Hour)); i >= 0 && i < days { // a gate's clock may be ahead
				list[i] = u
			}
		}
		all[id] = list
	}
	return all
}

// AccountUsage is the use of an account by day, UsageDays of them, oldest first.
func (d *Desk) AccountUsage(ctx context.Context, by models.Actor, id string) ([]models.AccountUse, error) {
	now := d.now()
	var days []models.AccountUse
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		if _, err := tx.Account(by.Folders(models.AccountsView), id); err != nil {
			return err
		}
		used, err := tx.AccountDays([]string{id}, firstDay(now, UsageDays))
		days = everyDay([]string{id}, used, now, UsageDays)[id]
		return err
	})
	return days, err
}
