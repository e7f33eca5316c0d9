package store

import "time"

// Forgotten says which of a journal's objects the database has and has not ended, and how many of them it does not have:
// most are ended, and need no lock to be found so.
type Forgotten struct {
	IDs     []string
	Unknown int
}

// KeysForgotten looks for keys among the ids that are not revoked.
func (tx *Tx) KeysForgotten(ids []string) (Forgotten, error) {
	var found []struct {
		ID       string
		Standing bool
	}
	err := tx.db.Raw(`SELECT id, revoked_at = ? AS standing FROM api_keys WHERE id IN ? ORDER BY id`, time.Time{}, ids).Scan(&found).Error
	f := Forgotten{Unknown: len(ids) - len(found)}
	for _, k := range found {
		if k.Standing {
			f.IDs = append(f.IDs, k.ID)
		}
	}
	return f, translate(err)
}

// SecretsForgotten looks for secrets among the ids that are not retired; one that retires later is among them.
func (tx *Tx) SecretsForgotten(ids []string) (Forgotten, error) {
	var found []struct {
		ID       string
		Standing bool
	}
	err := tx.db.Raw(`SELECT id, retired_at = ? AS standing FROM api_key_secrets WHERE id IN ? ORDER BY id`, time.Time{}, ids).Scan(&found).Error
	f := Forgotten{Unknown: len(ids) - len(found)}
	for _, s := range found {
		if s.Standing {
			f.IDs = append(f.IDs, s.ID)
		}
	}
	return f, translate(err)
}
