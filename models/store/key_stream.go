package store

import (
	"cmp"
	"slices"
	"strings"

	"keydesk/models"
)

// streamRows is how many keys a stream reads at once: enough to make the way to the database cheap, and little to keep.
const streamRows = 2000

// Scopes are one column: their names have no spaces. The newest secret is the one that a mask shows.
const (
	streamColumns query = `SELECT p.key_id, p.at, k.account_id, k.folder_id, a.name, a.owner, k.description, k.default_scopes,
			k.created_at, k.created_by, k.created_via, k.expires_at, k.disabled_at, k.disabled_until, k.disabled_reason,
			k.revoked_at, k.revoked_reason, u.allowed_at, u.allowed_scope, u.allowed_address,
			u.refused_at, u.refused_scope, u.refused_address, u.refused_reason, COALESCE((SELECT `
	streamFrom query = `), ''), COALESCE((SELECT t.tail FROM api_key_secrets t WHERE t.key_id = k.id ORDER BY t.created_at DESC, t.id DESC LIMIT 1), '')
		FROM (?) AS p
		JOIN api_keys k ON k.id = p.key_id
		JOIN service_accounts a ON a.id = k.account_id
		JOIN key_last_used u ON u.key_id = k.id`
	streamPostgres = streamColumns + `string_agg(s.scope, ' ' ORDER BY s.position) FROM api_key_scopes s WHERE s.key_id = k.id` + streamFrom
	streamSQLite   = streamColumns + `group_concat(s.scope, ' ' ORDER BY s.position) FROM api_key_scopes s WHERE s.key_id = k.id` + streamFrom
)

// StreamKeys hands over all that the search selects, with account, scopes, newest secret and last use, in the tab's own
// order unless the search's has an index: a file of everything must not sort everything for each of its parts. A key is
// good until each returns. Use it within Store.Stream.
func (tx *Tx) StreamKeys(q KeySearch, each func(*ListedKey) error) error {
	if err := tx.planAnew(); err != nil {
		return err
	}
	q, err := tx.ResolveKeys(q)
	if err != nil {
		return err
	}
	list := sections(q.Tab, q.Sort)
	if len(list) == 1 && list[0].index == "" {
		list = sections(q.Tab, models.KeySort{})
	}
	for _, s := range list {
		q.After, q.Back = models.Cursor{}, false
		for more := true; more; {
			part, err := tx.streamPart(q, s)
			if err != nil {
				return err
			}
			for i := range part {
				if err := each(&part[i]); err != nil {
					return err
				}
			}
			if more = len(part) == streamRows; more {
				q.After = part[len(part)-1].place
			}
		}
	}
	return nil
}

// streamPart reads the next keys of a section. What joins them to the rest may lose their order.
func (tx *Tx) streamPart(q KeySearch, s keySection) ([]ListedKey, error) {
	sql := streamSQLite
	if tx.postgres {
		sql = streamPostgres
	}
	var k ListedKey
	var at instant
	var scopes, tail string
	part := make([]ListedKey, 0, streamRows)
	next := s.sort(tx.section(q, s, q.After != (models.Cursor{}), streamRows), s.down)
	allowed, refused := &k.LastUsed.Allowed, &k.LastUsed.Refused
	err := stream(tx.db.Raw(string(sql), next), func() error {
		row := k
		row.Account.ID, row.Scopes, row.Secrets = k.AccountID, strings.Fields(scopes), []models.KeySecret{{KeyID: k.ID, Tail: tail}}
		row.place = place{KeyID: k.ID, At: at}.cursor()
		part = append(part, row)
		return nil
	}, &k.ID, &at, &k.AccountID, &k.FolderID, &k.Account.Name, &k.Account.Owner, &k.Description, &k.DefaultScopes,
		&k.CreatedAt, &k.CreatedBy, &k.CreatedVia, &k.ExpiresAt, &k.Disabled.At, &k.Disabled.Until, &k.Disabled.Reason,
		&k.Revoked.At, &k.Revoked.Reason, &allowed.At, &allowed.Scope, &allowed.Address,
		&refused.At, &refused.Scope, &refused.Address, &refused.Reason, &scopes, &tail)
	slices.SortFunc(part, func(a, b ListedKey) int {
		order := cmp.Or(a.place.At.Compare(b.place.At), cmp.Compare(a.ID, b.ID))
		if s.down {
			return -order
		}
		return order
	})
	return part, err
}
