package store

import "keydesk/models"

// mayAsk is what this Postgres lets our role ask about its origin. An ordinary role may ask all of it, unless somebody took
// that away; then the tokens of the feed and of the epochs are all that tells a database which went back in time.
type mayAsk struct{ System, Timeline bool }

// origin reads which server answers. The timeline is that of the write-ahead log as it is written now: the control file
// would tell of a promotion only after the next checkpoint.
func (tx *Tx) origin() (models.Origin, error) {
	if !tx.postgres {
		return models.Origin{}, nil
	}
	may, err := tx.mayAsk()
	if err != nil {
		return models.Origin{}, err
	}
	var o models.Origin
	switch {
	case may.System && may.Timeline:
		err = tx.db.Raw(`SELECT system_identifier::text, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system()`).
			Row().Scan(&o.SystemID, &o.Timeline)
	case may.System:
		err = tx.db.Raw(`SELECT system_identifier::text FROM pg_control_system()`).Row().Scan(&o.SystemID)
	case may.Timeline:
		err = tx.db.Raw(`SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`).Row().Scan(&o.Timeline)
	}
	if err != nil {
		return o, tx.forget(err)
	}
	return o, nil
}

// mayAsk asks once: a function that is forbidden ends its transaction.
func (tx *Tx) mayAsk() (mayAsk, error) {
	if known := tx.may.Load(); known != nil {
		return *known, nil
	}
	var may mayAsk
	err := tx.db.Raw(`SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS system,
		has_function_privilege('pg_current_wal_lsn()', 'EXECUTE') AND has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE') AS timeline`).
		Scan(&may).Error
	if err != nil {
		return may, translate(err)
	}
	tx.may.Store(&may)
	return may, nil
}

// forget has the privileges asked for again after a failure: they may have been taken away.
func (tx *Tx) forget(err error) error {
	tx.may.Store(nil)
	return translate(err)
}

// Epoch returns the newest epoch; its Number is 0 where none was written yet.
func (tx *Tx) Epoch() (models.Epoch, error) {
	var e models.Epoch
	err := tx.db.Order("number DESC").Limit(1).Find(&e).Error
	return e, translate(err)
}

// InsertEpoch begins an epoch on the server that answers, now, by the database's clock; gates hear of it. It answers Conflict
// where another process wrote one of that number.
func (tx *Tx) InsertEpoch(e models.Epoch) (models.Epoch, error) {
	var err error
	if e.Origin, err = tx.origin(); err != nil {
		return e, err
	}
	if e.At, err = tx.Clock(); err != nil {
		return e, err
	}
	tx.Change(models.ChangeEpoch, "")
	return e, translate(tx.db.Create(&e).Error)
}

// HighestEpoch is the highest number of an epoch that the database or a gate in it knows.
func (tx *Tx) HighestEpoch() (int64, error) {
	var highest int64
	err := tx.db.Raw(`SELECT COALESCE(MAX(number), 0) FROM
		(SELECT number FROM epochs UNION ALL SELECT epoch AS number FROM gates) AS known`).Scan(&highest).Error
	return highest, translate(err)
}

// Standing returns where the database stands.
func (tx *Tx) Standing() (models.Standing, error) {
	last, err := tx.lastChange()
	if err != nil {
		return models.Standing{}, err
	}
	return tx.standing(last)
}

func (tx *Tx) standing(last models.Change) (s models.Standing, err error) {
	s.Last = last
	if s.Origin, err = tx.origin(); err != nil {
		return s, err
	}
	if s.Epoch, err = tx.Epoch(); err != nil {
		return s, err
	}
	err = tx.db.Raw(`SELECT EXISTS (SELECT 1 FROM gates WHERE state = ? AND epoch > 0 AND epoch >= ?)`, models.GateAlarmed, s.Epoch.Number).
		Scan(&s.Alarmed).Error
	return s, translate(err)
}

// ChangeAt returns the change of a revision, zero where there is none.
func (tx *Tx) ChangeAt(revision int64) (models.Change, error) {
	var c models.Change
	err := tx.db.Where("revision = ?", revision).Limit(1).Find(&c).Error
	return c, translate(err)
}

// EpochBegan returns the revision of the newest epoch, 0 where there is none.
func (tx *Tx) EpochBegan() (int64, error) { return tx.LastChange(models.ChangeEpoch, "") }
