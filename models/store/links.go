package store

import (
	"time"

	"keydesk/models"
)

// Link returns the sign-in link of that digest, used ones too, or Missing.
func (tx *Tx) Link(digest []byte) (models.SignInLink, error) {
	var l models.SignInLink
	err := tx.db.Where("digest = ?", digest).Take(&l).Error
	return l, missing(err, "link")
}

// InsertLink keeps a new sign-in link.
func (tx *Tx) InsertLink(l models.SignInLink) error { return translate(tx.db.Create(&l).Error) }

// UseLink uses a link up. Of two at the same time one succeeds; the other is answered Missing, like any dead link.
func (tx *Tx) UseLink(digest []byte, now time.Time) error {
	now = models.Instant(now)
	n, err := rows(tx.db.Exec(`UPDATE sign_in_links SET used_at = ? WHERE digest = ? AND used_at = ? AND expires_at > ?`,
		now, digest, time.Time{}, now))
	return gone(n, err, "link")
}

// DeleteLinks deletes the person's links of a kind; those for setup belong to nobody, "".
func (tx *Tx) DeleteLinks(kind, personID string) error {
	return translate(tx.db.Exec(`DELETE FROM sign_in_links WHERE kind = ? AND person_id = ?`, kind, personID).Error)
}

// LinkUntil says until when a link of the person works that was not used; the zero time where there is none.
func (tx *Tx) LinkUntil(kind, personID string, now time.Time) (time.Time, error) {
	var until []time.Time
	err := tx.db.Model(&models.SignInLink{}).
		Where("kind = ? AND person_id = ? AND used_at = ? AND expires_at > ?", kind, personID, time.Time{}, models.Instant(now)).
		Order("expires_at DESC").Limit(1).Pluck("expires_at", &until).Error
	if err != nil || len(until) == 0 {
		return time.Time{}, translate(err)
	}
	return models.Instant(until[0]), nil
}
