package store

import (
	"crypto/sha256"
	"slices"
	"time"

	"keydesk/models"
)

// Session returns the session of that digest, or Missing. Whether it still holds is the caller's decision.
func (tx *Tx) Session(digest []byte) (models.Session, error) {
	var s models.Session
	err := tx.db.Where("digest = ?", digest).Take(&s).Error
	return s, missing(err, "session")
}

// InsertSession keeps a new session.
func (tx *Tx) InsertSession(s models.Session) error { return translate(tx.db.Create(&s).Error) }

// TouchSession notes that the session was seen; the time never moves back. It answers Missing where the session ended.
func (tx *Tx) TouchSession(digest []byte, seen time.Time) error {
	seen = models.Instant(seen)
	n, err := rows(tx.db.Exec(`UPDATE sessions SET seen_at = CASE WHEN seen_at < ? THEN ? ELSE seen_at END WHERE digest = ?`,
		seen, seen, digest))
	return gone(n, err, "session")
}

// SaveSessionData keeps what the cookie layer put into the session, or answers Missing.
func (tx *Tx) SaveSessionData(digest []byte, data string) error {
	n, err := rows(tx.db.Exec(`UPDATE sessions SET data = ? WHERE digest = ?`, data, digest))
	return gone(n, err, "session")
}

// DeleteSession ends a session. One that ended before is no error.
func (tx *Tx) DeleteSession(digest []byte) error {
	return translate(tx.db.Exec(`DELETE FROM sessions WHERE digest = ?`, digest).Error)
}

// DeleteSessionsOf ends the person's sessions, but for the one of the digest; nil spares none.
func (tx *Tx) DeleteSessionsOf(personID string, exceptDigest []byte) error {
	if exceptDigest == nil {
		exceptDigest = []byte{}
	}
	return translate(tx.db.Exec(`DELETE FROM sessions WHERE person_id = ? AND digest <> ?`, personID, exceptDigest).Error)
}

// PurgeSessions deletes the sessions that were not seen since, and those that expired by then.
func (tx *Tx) PurgeSessions(since time.Time) error {
	since = models.Instant(since)
	return translate(tx.db.Exec(`DELETE FROM sessions WHERE seen_at < ? OR expires_at < ?`, since, since).Error)
}

// gone turns an update of no row into Missing.
func gone(n int64, err error, what string) error {
	if err == nil && n == 0 {
		return models.Missing(what)
	}
	return err
}

// SessionsOf returns the sessions of a person that were seen since and do not expire by now, the last seen first.
func (tx *Tx) SessionsOf(personID string, since, now time.Time, limit int) ([]models.Session, error) {
	var list []models.Session
	err := tx.db.Where("person_id = ? AND seen_at > ? AND expires_at > ?", personID, models.Instant(since), models.Instant(now)).
		Order("seen_at DESC, digest").Limit(limited(limit)).Find(&list).Error
	return list, translate(err)
}

// CountSessions counts the sessions of each person that were seen since and do not expire by now. People without any are
// left out.
func (tx *Tx) CountSessions(personIDs []string, since, now time.Time) (map[string]int, error) {
	counts := map[string]int{}
	if len(personIDs) == 0 {
		return counts, nil
	}
	var found []struct {
		PersonID string
		Count    int
	}
	err := tx.db.Raw(`SELECT person_id, count(*) AS count FROM sessions
		WHERE person_id IN ? AND seen_at > ? AND expires_at > ? GROUP BY person_id`,
		personIDs, models.Instant(since), models.Instant(now)).Scan(&found).Error
	for _, f := range found {
		counts[f.PersonID] = f.Count
	}
	return counts, translate(err)
}

// SessionOf returns the person's session whose digest begins like that, or Missing.
func (tx *Tx) SessionOf(personID string, begins []byte) (models.Session, error) {
	first, last := slices.Clone(begins), slices.Clone(begins)
	for len(first) < sha256.Size {
		first, last = append(first, 0x00), append(last, 0xff)
	}
	var s models.Session
	err := tx.db.Where("person_id = ? AND digest >= ? AND digest <= ?", personID, first, last).Take(&s).Error
	return s, missing(err, "session")
}
