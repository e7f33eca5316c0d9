package manage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/store"
)

func TestATokenIsWhoItBelongsTo(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ivan := b.user("ivan@example.com", models.Operator)
		robot, other := b.account("robot", models.RoleViewer), b.account("other")
		b.grant(other, models.RoleAPIKeyAdmin, ivan)
		b.grant(other, models.RoleAPIKeyAdmin, models.Actor{Type: models.ActorAccount, ID: robot.ID})
		made := must(b.CreateToken(t.Context(), ivan, "", ivan.ID, time.Hour))(t)
		single := models.Grant{Role: models.RoleAPIKeyAdmin, AccountID: other.ID}
		for name, tc := range map[string]struct {
			token string
			want  models.Actor
		}{
			"a person": {made.Token, models.Actor{
				Type: models.ActorPerson, ID: ivan.ID, Name: ivan.Name, Grants: []models.Grant{{Role: models.Operator, FolderID: models.AllFolders}, single},
				Token: models.TokenUse{ExpiresAt: b.Now().Add(time.Hour)},
			}},
			"an account": {b.tokenOf(robot.ID), models.Actor{
				Type: models.ActorAccount, ID: robot.ID, Name: "robot", Grants: []models.Grant{{Role: models.RoleViewer, FolderID: robot.FolderID}, single},
				Token: models.TokenUse{ExpiresAt: b.Now().Add(12 * time.Hour)},
			}},
		} {
			tc.want.Method, tc.want.RequestID, tc.want.Address = models.MethodToken, from.RequestID, from.Address
			if got := b.bearer(tc.token).Actor; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", tc.want) {
				t.Errorf("%s: %+v, want %+v", name, got, tc.want)
			}
		}
	})
}

// TestWhatATokenMayIsLookedUpWhenItComes: not when it was made.
func TestWhatATokenMayIsLookedUpWhenItComes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		robot := b.account("robot")
		token := b.tokenOf(robot.ID)
		may := func() bool { return b.bearer(token).Actor.May(models.KeysCreate, robot.FolderID) }
		if may() {
			t.Fatal("it may without a role")
		}
		b.deltas(robot.FolderID, give(models.RoleEditor, robot), b.BindInFolder)
		if !may() {
			t.Error("it may not with the role")
		}
		b.deltas(robot.FolderID, take(models.RoleEditor, robot), b.BindInFolder)
		if may() {
			t.Error("it may after the role was taken")
		}
	})
}

func TestWhatEndsATokenAndWhatDoesNot(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		for i, tc := range []struct {
			name string
			end  func(a models.Account, p models.Actor, token string) error
			back func(a models.Account, p models.Actor) error // nil: nothing leads back
		}{
			{name: "given back", end: func(_ models.Account, _ models.Actor, token string) error {
				return second2(b.RevokeToken(ctx, from, token))
			}},
			{"suspended", func(a models.Account, _ models.Actor, _ string) error {
				return second(b.SuspendAccount(ctx, admin, a.ID, stop))
			}, func(a models.Account, _ models.Actor) error { return second(b.ReactivateAccount(ctx, admin, a.ID)) }},
			{"expired", func(a models.Account, _ models.Actor, _ string) error {
				soon := b.Now().Add(time.Minute)
				err := second(b.ChangeAccount(ctx, admin, a.ID, manage.AccountChange{ExpiresAt: &soon}))
				b.pass(2 * time.Minute)
				return err
			}, func(a models.Account, _ models.Actor) error {
				return second(b.ChangeAccount(ctx, admin, a.ID, manage.AccountChange{ExpiresAt: &time.Time{}}))
			}},
			{name: "deleted", end: func(a models.Account, _ models.Actor, _ string) error {
				return second2(b.EraseAccount(ctx, admin, a.ID))
			}},
			{name: "all of a person", end: func(_ models.Account, p models.Actor, _ string) error {
				b.pass(time.Second)
				return b.EndTokens(ctx, p, p.ID)
			}},
			{"a disabled person", func(_ models.Account, p models.Actor, _ string) error { return b.setDisabled(p.ID, b.Now()) },
				func(_ models.Account, p models.Actor) error { return b.setDisabled(p.ID, time.Time{}) }},
		} {
			t.Run(tc.name, func(t *testing.T) {
				a, p := b.account(fmt.Sprintf("robot-%d", i)), b.user(fmt.Sprintf("ivan%d@example.com", i), models.Operator)
				token := b.tokenOf(a.ID)
				if strings.Contains(tc.name, "person") {
					token = must(b.CreateToken(ctx, p, "", p.ID, time.Hour))(t).Token
				}
				stands := func() bool {
					_, err := b.Authenticate(ctx, from, token)
					if err != nil {
						wantCode(t, err, models.Unauthenticated)
					}
					return err == nil
				}
				if !stands() {
					t.Fatal("it is not good to begin with")
				}
				if err := tc.end(a, p, token); err != nil {
					t.Fatal(err)
				}
				if stands() {
					t.Error("it is still good")
				}
				if tc.back == nil {
					return
				}
				if err := tc.back(a, p); err != nil {
					t.Fatal(err)
				}
				if !stands() {
					t.Error("it is not good again")
				}
			})
		}
	})
}

func (b *bench) setDisabled(personID string, at time.Time) error {
	_, err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error {
		p, err := tx.Person(personID)
		if err != nil {
			return err
		}
		p.DisabledAt = at
		return tx.UpdatePerson(p)
	})
	return err
}

func TestTokensThatAuthenticateNobody(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		good := b.tokenOf(a.ID)
		for name, token := range map[string]string{
			"nothing":                             "",
			"an API key":                          b.key(a, "yc.postbox.send").Secret.Reveal(),
			"nobody":                              b.signed(iamtoken.Claims{}),
			"the system":                          b.signed(iamtoken.Claims{SubjectType: models.ActorSystem, SubjectID: "keydesk"}),
			"the command line":                    b.signed(iamtoken.Claims{SubjectType: models.ActorLocal, SubjectID: "root@desk"}),
			"an account that is not there":        b.tokenOf("aje00000000000000000"),
			"a person by an account's id":         b.signed(iamtoken.Claims{SubjectType: models.ActorPerson, SubjectID: a.ID}),
			"an authorized key that is not there": b.signed(iamtoken.Claims{SubjectType: models.ActorAccount, SubjectID: a.ID, Key: "aje00000000000000000"}),
			"a forged one":                        good[:len(good)-2] + "AA",
		} {
			got, err := b.Authenticate(t.Context(), from, token)
			if models.CodeOf(err) != models.Unauthenticated || got.Actor.Type != "" || len(got.Actor.Grants) > 0 {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

func TestWhoMayMakeATokenOfAPerson(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ivan, olga := b.user("ivan@example.com", models.Reviewer), b.user("olga@example.com", models.Administrator)
		robot := b.acting(b.account("robot", models.RoleAdmin))
		byToken := b.bearer(must(b.CreateToken(t.Context(), ivan, "", ivan.ID, time.Hour))(t).Token).Actor
		for name, tc := range map[string]struct {
			by   models.Actor
			life time.Duration
			want models.Code
		}{
			"themselves":                {ivan, 12 * time.Hour, ""},
			"the host":                  {local, time.Hour, ""},
			"an administrator":          {olga, time.Hour, models.Forbidden},
			"an account":                {robot, time.Hour, models.Forbidden},
			"themselves by a token":     {byToken, time.Hour, models.Forbidden},
			"for longer than it may be": {ivan, 12*time.Hour + 1, models.Invalid},
			"for no time":               {ivan, 0, models.Invalid},
			"for less":                  {ivan, -time.Hour, models.Invalid},
		} {
			made, err := b.CreateToken(t.Context(), tc.by, "", ivan.ID, tc.life)
			if tc.want == "" && err != nil || tc.want != "" && models.CodeOf(err) != tc.want || (err == nil) != (made.Token != "") {
				t.Errorf("%s: %v, want %q", name, err, tc.want)
			}
		}
		if err := b.EndTokens(t.Context(), ivan, olga.ID); models.CodeOf(err) != models.Forbidden {
			t.Errorf("a reviewer ends another's tokens: %v", err)
		}
		if err := b.EndTokens(t.Context(), robot, ivan.ID); models.CodeOf(err) != models.Forbidden {
			t.Errorf("an account ends a person's tokens: %v", err)
		}
		if err := b.EndTokens(t.Context(), olga, ivan.ID); err != nil {
			t.Errorf("an administrator ends another's tokens: %v", err)
		}
		if err := b.setDisabled(ivan.ID, b.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.CreateToken(t.Context(), local, "", ivan.ID, time.Hour); models.CodeOf(err) != models.Precondition {
			t.Errorf("of a disabled person: %v", err)
		}
	})
}

// TestATokenIsKeptNowhere: neither an event, nor a refusal, nor the log has it.
func TestATokenIsKeptNowhere(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		ivan, a := b.user("ivan@example.com", models.Operator), b.account("robot")
		pair := b.pair(a)
		jwt := b.proof(pair).text(t)
		tokens := []string{
			must(b.CreateToken(ctx, ivan, "form-1", ivan.ID, time.Hour))(t).Token,
			must(b.ExchangeJWT(ctx, from, jwt, ""))(t).Token,
			must(b.Impersonate(ctx, admin, a.ID))(t).Token,
			must(b.CreateToken(ctx, local, "", ivan.ID, time.Hour))(t).Token,
		}
		var refusals []string
		refused := func(err error) {
			t.Helper()
			if err == nil {
				t.Fatal("this was to be refused")
			}
			refusals = append(refusals, err.Error())
		}
		_, err := b.RevokeToken(ctx, from, tokens[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range slices.Concat(tokens, []string{jwt, pair.PrivateKey}) {
			_, err := b.Authenticate(ctx, from, text[:len(text)-2]+"AA")
			refused(err)
			_, err = b.RevokeToken(ctx, from, text[:len(text)-2]+"AA")
			refused(err)
			_, err = b.ExchangeJWT(ctx, from, text+"AA", "")
			refused(err)
			_, err = b.Impersonate(ctx, admin, text)
			refused(err)
			_, err = b.CreateToken(ctx, ivan, "", text, time.Hour)
			refused(err)
			refused(b.EndTokens(ctx, admin, text))
			refused(b.DeleteAuthorizedKey(ctx, admin, text))
			_, err = b.DescribeAuthorizedKey(ctx, admin, text, nil)
			refused(err)
			_, err = b.CreateAuthorizedKey(ctx, admin, manage.NewAuthorizedKey{AccountID: text, Algorithm: models.RSA2048})
			refused(err)
			_, _, err = b.BindInFolder(ctx, admin, text, give("viewer", a))
			refused(err)
			_, _, err = b.BindOnAccount(ctx, admin, text, give("viewer", a))
			refused(err)
			_, err = b.CreateFolder(ctx, admin, manage.NewFolder{Name: text})
			refused(err)
		}
		for _, e := range b.events() {
			refusals = append(refusals, fmt.Sprintf("%+v", e))
		}
		refusals = append(refusals, b.log.String())
		for _, kept := range refusals {
			for _, text := range slices.Concat(tokens, []string{jwt, strings.ReplaceAll(pair.PrivateKey, "\n", "")}) {
				middle := text[len(text)/2-15 : len(text)/2+15]
				if strings.Contains(strings.ReplaceAll(kept, "\\n", ""), middle) || strings.Contains(kept, text[len(text)-40:len(text)-4]) {
					t.Errorf("%q is in %q", middle, kept)
				}
			}
		}
	})
}

func TestATokenIsGivenBackByWhoHoldsIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		token, other := b.tokenOf(a.ID), b.tokenOf(a.ID)
		for range 2 { // once more is no mistake
			if of, err := b.RevokeToken(t.Context(), from, token); err != nil || of != a.ID {
				t.Fatalf("of %q (%v)", of, err)
			}
		}
		if e := b.lastEvent(); e.Action != "token.revoke" || e.ActorType != models.ActorAccount || e.ActorID != a.ID || e.Address != from.Address {
			t.Errorf("%+v", e)
		}
		b.bearer(other)
		b.pass(13 * time.Hour)
		n := len(b.events())
		if of, err := b.RevokeToken(t.Context(), from, other); err != nil || of != a.ID || len(b.events()) != n {
			t.Errorf("one that has ended: of %q (%v), %d events", of, err, len(b.events())-n)
		}
		if err := b.PurgeCalls(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(-13 * time.Hour)
		b.bearer(token) // it was forgotten only because it has ended
	})
}

// TestATokenThatWasMadeByATokenEndsWithIt: else whoever stole one would have one for ever.
func TestATokenThatWasMadeByATokenEndsWithIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		boss, worker := b.account("boss", models.RoleAdmin), b.account("worker", models.RoleEditor)
		pair := b.pair(boss)
		first := must(b.ExchangeJWT(ctx, from, b.proof(pair).text(t), ""))(t)
		b.pass(11 * time.Hour)
		next := must(b.Impersonate(ctx, b.bearer(first.Token).Actor, worker.ID))(t)
		again := must(b.Impersonate(ctx, b.bearer(first.Token).Actor, boss.ID))(t)
		for _, made := range []manage.MadeToken{next, again} {
			if !made.ExpiresAt.Equal(first.ExpiresAt) {
				t.Errorf("it ends at %v, and what made it at %v", made.ExpiresAt, first.ExpiresAt)
			}
			b.bearer(made.Token)
		}
		if err := b.DeleteAuthorizedKey(ctx, admin, pair.Key.ID); err != nil {
			t.Fatal(err)
		}
		for _, made := range []manage.MadeToken{first, next, again} {
			if _, err := b.Authenticate(ctx, from, made.Token); models.CodeOf(err) != models.Unauthenticated {
				t.Errorf("after the authorized key is gone: %v", err)
			}
		}
	})
}
