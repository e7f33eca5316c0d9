package store_test

import (
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// A connection that ends between the last statement and the answer to COMMIT leaves nobody knowing: that is said, and not
// that nothing was changed.
func TestALostAnswerToCommitIsSaid(t *testing.T) {
	url := storetest.Postgres(t)
	s := storetest.Open(t, url, store.Options{})
	_, err := s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.SetSetting("color", "blue"); err != nil {
			return err
		}
		storetest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return nil
	})
	if models.CodeOf(err) != models.Unavailable || models.ReasonOf(err) != "commit_unknown" {
		t.Fatalf("err = %v (%s)", err, models.ReasonOf(err))
	}
	var value string
	err = s.Read(t.Context(), func(tx *store.Tx) (err error) { value, err = tx.Setting("color"); return err })
	if err != nil || value != "" {
		t.Errorf("after it: %q, %v", value, err)
	}
	_, err = s.Write(t.Context(), func(tx *store.Tx) error {
		storetest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return tx.SetSetting("color", "blue")
	})
	if models.CodeOf(err) != models.Unavailable || models.ReasonOf(err) != "database_unavailable" {
		t.Errorf("lost before COMMIT: %v (%s)", err, models.ReasonOf(err))
	}
}
