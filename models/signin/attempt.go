package signin

import (
	"cmp"
	"context"
	"errors"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// errSignIn is the one answer to a wrong name, a wrong password, a disabled person and one without a password.
func errSignIn() error {
	return models.NewError(models.Unauthenticated, "sign_in_failed", "This mail address and password do not match.")
}

// attempt is one try of a name and a password. It is counted as a failure before the password is looked at, and taken
// back when it is right: so a thousand at once get no more tries than one after another.
type attempt struct {
	meta   Meta
	key    []byte                // of the counter
	person models.Person         // zero where there is none
	before models.SignInFailures // the counter as it was
	after  models.SignInFailures // the counter with this one
	locks  time.Duration         // this failure locks the name for so long; 0: it does not
}

// settleFor bounds what follows a password that was computed.
const settleFor = 5 * time.Second

// settle gives it a time of its own, as whoever asked may be gone: a wrong password is a guess all the same, and a right
// one must not stay counted as one.
func settle(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settleFor)
}

// SignIn checks a person and opens a session under a new id. Every cause of a refusal but a limit has the same error, and
// takes the same time.
func (s *Service) SignIn(ctx context.Context, meta Meta, email, password string) (Granted, error) {
	if err := s.allow(ctx, meta); err != nil {
		return Granted{}, err
	}
	a := attempt{meta: meta, key: failureKey(EmailKey(email))}
	err := s.begin(ctx, &a, func(tx *store.Tx) (models.Person, error) { return tx.PersonByEmailKey(EmailKey(email)) })
	if err != nil {
		return Granted{}, err
	}
	ok, err := s.hash.verify(ctx, a.person.PasswordHash, password)
	ctx, cancel := settle(ctx)
	defer cancel()
	if err != nil {
		return Granted{}, s.takeBack(ctx, a, err)
	}
	if !ok || !a.person.DisabledAt.IsZero() {
		return Granted{}, s.fail(ctx, a)
	}
	return s.enter(ctx, a)
}

// VerifyPassword checks the password of the person who is signed in, before something grave. It counts into the same
// lock-out as signing in.
func (s *Service) VerifyPassword(ctx context.Context, by models.Actor, password string) error {
	meta := Meta{RequestID: by.RequestID, Address: by.Address}
	if err := s.allow(ctx, meta); err != nil {
		return err
	}
	a := attempt{meta: meta}
	err := s.begin(ctx, &a, func(tx *store.Tx) (models.Person, error) {
		p, err := tx.Person(by.ID)
		a.key = failureKey(p.EmailKey)
		return p, err
	})
	if err != nil {
		return err
	}
	ok, err := s.hash.verify(ctx, a.person.PasswordHash, password)
	ctx, cancel := settle(ctx)
	defer cancel()
	if err != nil {
		return s.takeBack(ctx, a, err)
	}
	if !ok || !a.person.DisabledAt.IsZero() {
		if err := s.fail(ctx, a); models.CodeOf(err) != models.Unauthenticated {
			return err
		}
		return models.FieldProblems(models.Fields{"password": "This is not your password."})
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error { return forgive(tx, a.key, s.now()) })
	return err
}

// allow holds one address to its rate.
func (s *Service) allow(ctx context.Context, meta Meta) error {
	err := s.limits.allow(meta.Address, s.now())
	if err != nil {
		s.count(ctx, countRate)
	}
	return err
}

// begin finds the person and counts the attempt, or refuses it while the name is locked. What comes during a lock is
// neither counted nor looked at.
func (s *Service) begin(ctx context.Context, a *attempt, find func(*store.Tx) (models.Person, error)) error {
	now := s.now()
	var refusal error
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		refusal = nil
		person, err := find(tx)
		if models.CodeOf(err) == models.NotFound {
			_, err = tx.AccessOf("") // as many questions to the database as for somebody who exists
		}
		if err != nil {
			return err
		}
		f, err := tx.Failures(a.key)
		if err != nil {
			return err
		}
		if locked(f, now) {
			refusal = lockedError(f.LockedUntil.Sub(now))
			return nil
		}
		a.before, a.after = f, failed(f, now)
		a.after.EmailKey = a.key
		a.person, a.locks = person, max(0, a.after.LockedUntil.Sub(now))
		return tx.PutFailures(a.after)
	})
	if err == nil && refusal != nil {
		s.count(ctx, countLocked)
	}
	return cmp.Or(err, refusal)
}

// takeBack uncounts an attempt whose password was not looked at, and answers why it was not.
func (s *Service) takeBack(ctx context.Context, a attempt, why error) error {
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		f, err := tx.Failures(a.key)
		switch {
		case err != nil:
			return err
		case f.Count == a.after.Count && f.LastAt.Equal(a.after.LastAt):
			f = a.before
		case f.Count > 0: // others were counted meanwhile: their lock stays
			f.Count--
		}
		f.EmailKey = a.key
		return tx.PutFailures(f)
	})
	return errors.Join(why, err)
}

// fail keeps what begin counted. The lock-out of a person is an event; that of a name which is nobody's is counted, like
// every refusal of a stranger.
func (s *Service) fail(ctx context.Context, a attempt) error {
	s.count(ctx, countFailed)
	if a.locks == 0 {
		return errSignIn()
	}
	if a.person.ID == "" { // as much work as for somebody who exists: time must not tell
		_, err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.CountRefusal(s.now(), countNobody, 1) })
		return cmp.Or(err, errSignIn())
	}
	by := models.Actor{
		Type: models.ActorSystem, ID: "keydesk", Name: "keydesk", RequestID: a.meta.RequestID, Address: a.meta.Address,
	}
	now := s.now()
	e := personEvent(by, now, "person.lock", a.person)
	e.After = models.Facts{"locked_until": now.Add(a.locks)}.Marshal()
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		tx.Record(e)
		return nil
	})
	return cmp.Or(err, errSignIn())
}

// enter opens the session. The person is read again: they may have been disabled, or got another password, while this
// one was computed.
func (s *Service) enter(ctx context.Context, a attempt) (Granted, error) {
	now := s.now()
	var g Granted
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Failures(a.key); err != nil { // see hold
			return err
		}
		p, err := tx.Person(a.person.ID)
		if err != nil {
			return err
		}
		if !p.DisabledAt.IsZero() || p.PasswordHash != a.person.PasswordHash {
			return errSignIn()
		}
		if err := forgive(tx, a.key, now); err != nil {
			return err
		}
		g, err = s.open(tx, a.meta, p, "password", now)
		return err
	})
	if err != nil {
		return Granted{}, err
	}
	return g, nil
}

// hold makes other transactions about the same person wait until this one ends: the counter of their name is the lock
// that signing in takes anyway. What is read after it stays true. So nobody signs in past a disable, and no two changes
// of a person overwrite each other.
func hold(tx *store.Tx, emailKey string) error {
	_, err := tx.Failures(failureKey(emailKey))
	return err
}

// forgive begins a name's count again. The row stays, for a day: others may be waiting for it as a lock.
func forgive(tx *store.Tx, key []byte, now time.Time) error {
	return tx.PutFailures(models.SignInFailures{EmailKey: key, LastAt: now})
}
