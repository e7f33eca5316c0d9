package signin

import (
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// stands reports whether an IAM token of the person that was made then is good.
func (b *bench) stands(personID string, made time.Time) (good bool) {
	b.Helper()
	err := b.store.Read(b.Context(), func(tx *store.Tx) (err error) {
		good, err = tx.TokenStands("aje00000000000000000", personID, made)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return good
}

// TestTokensEndWithSessions: what ends a person's sessions ends their IAM tokens, nobody else's, and none that comes later.
func TestTokensEndWithSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		for name, end := range map[string]func(b *bench, g Granted) error{
			"by an administrator": func(b *bench, g Granted) error { return b.EndSessions(t.Context(), local, g.Person.ID, nil) },
			"by themselves, but for this session": func(b *bench, g Granted) error {
				return b.EndSessions(t.Context(), b.actor(g), g.Person.ID, g.Session.Digest)
			},
			"a changed password": func(b *bench, g Granted) error {
				return b.ChangePassword(t.Context(), b.actor(g), goodPassword, nextPassword, g.Session.Digest)
			},
			"a reset password": func(b *bench, g Granted) error { return reset(b, g.Person.Email, nextPassword) },
			"a disable":        func(b *bench, g Granted) error { return b.DisablePerson(t.Context(), local, g.Person.ID) },
			"other access": func(b *bench, g Granted) error {
				return b.ChangeAccess(t.Context(), local, g.Person.ID, []string{models.Operator}, []string{models.Reviewer})
			},
		} {
			t.Run(name, func(t *testing.T) {
				b := newBench(t, db)
				mail := strings.ReplaceAll(strings.ReplaceAll(name, " ", "."), ",", "") + "@example.com"
				olga, ivan := b.add(mail, models.Operator), b.add("not."+mail, models.Operator)
				g, made := b.signIn(olga.Email), b.clock.now()
				b.clock.pass(time.Second)
				if !b.stands(olga.ID, made) {
					t.Fatal("a token is not good before anything ended it")
				}
				if err := end(b, g); err != nil {
					t.Fatal(err)
				}
				if b.stands(olga.ID, made) {
					t.Error("the token outlives the sessions")
				}
				if !b.stands(ivan.ID, made) || !b.stands(olga.ID, b.clock.now()) {
					t.Error("another's token ended, or one that was made after")
				}
			})
		}
	})
}
