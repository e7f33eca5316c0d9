package store

import "context"

// Setting is Tx.Setting of this moment.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.glance(ctx, func(tx *Tx) error {
		value, err = tx.Setting(name)
		return err
	})
	return value, err
}

// Setting returns a value that the installation keeps, or "" where it keeps none of that name.
func (tx *Tx) Setting(name string) (string, error) {
	var values []string
	err := tx.db.Raw(`SELECT value FROM settings WHERE name = ?`, name).Scan(&values).Error
	if err != nil || len(values) == 0 {
		return "", translate(err)
	}
	return values[0], nil
}

// SetSetting keeps a value in the place of the old one.
func (tx *Tx) SetSetting(name, value string) error {
	return translate(tx.db.Exec(`INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value).Error)
}

// SwapSetting keeps a value where the stored one is still old ("" where none is kept), and answers Conflict otherwise.
func (tx *Tx) SwapSetting(name, old, value string) error {
	db := tx.db.Exec(`UPDATE settings SET value = ? WHERE name = ? AND value = ?`, value, name, old)
	if old == "" {
		db = tx.db.Exec(`INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, name, value)
	}
	n, err := rows(db)
	if err == nil && n == 0 {
		return errChanged
	}
	return err
}
