package manage_test

import (
	"fmt"
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
			got := b.bearer(tc.token).Actor
			if l := got.Token.Link; l == nil || l.SubjectID != tc.want.ID || l.By != nil {
				t.Errorf("%s: it is called %+v", name, l)
			}
			if got.Token.Link = nil; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", tc.want) {
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

// ending is something that ends a token, of an account or of a person, and what makes it good again; nil: nothing does.
type ending struct {
	name string
	end  func(a models.Account, p models.Actor, token string) error
	back func(a models.Account, p models.Actor) error
}

func (b *bench) endings() []ending {
	ctx := b.t.Context()
	return []ending{
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
		{name: "all of an account", end: func(a models.Account, _ models.Actor, _ string) error {
			b.pass(time.Second)
			return b.EndAccountTokens(ctx, admin, a.ID)
		}},
		{name: "all of a person", end: func(_ models.Account, p models.Actor, _ string) error {
			b.pass(time.Second)
			return b.EndTokens(ctx, p, p.ID)
		}},
		{"a disabled person", func(_ models.Account, p models.Actor, _ string) error { return b.setDisabled(p.ID, b.Now()) },
			func(_ models.Account, p models.Actor) error { return b.setDisabled(p.ID, time.Time{}) }},
	}
}

func TestWhatEndsATokenAndWhatDoesNot(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i, e := range b.endings() {
			a, p := b.account(fmt.Sprintf("robot-%d", i)), b.user(fmt.Sprintf("ivan%d@example.com", i), models.Operator)
			token := b.tokenOf(a.ID)
			if strings.Contains(e.name, "person") {
				token = must(b.CreateToken(t.Context(), p, "", p.ID, time.Hour))(t).Token
			}
			stands := func() bool {
				_, err := b.Authenticate(t.Context(), from, token)
				if err != nil {
					wantCode(t, err, models.Unauthenticated)
				}
				return err == nil
			}
			if !stands() {
				t.Fatalf("%s: it is not good to begin with", e.name)
			}
			b.must(nil, e.end(a, p, token))
			if stands() {
				t.Errorf("%s: it is still good", e.name)
			}
			if e.back == nil {
				continue
			}
			b.must(nil, e.back(a, p))
			if !stands() {
				t.Errorf("%s: it is not good again", e.name)
			}
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
		target := b.account("target")
		for _, may := range []models.Actor{b.acting(b.account("keys", models.RoleKeyAdmin)), local} {
			if err := b.EndAccountTokens(t.Context(), may, target.ID); err != nil {
				t.Errorf("whoever manages authorized keys ends the tokens of their account: %v", err)
			}
		}
		for _, may := range []models.Actor{ivan, b.acting(b.account("api-keys", models.RoleAPIKeyAdmin))} {
			if err := b.EndAccountTokens(t.Context(), may, target.ID); models.CodeOf(err) != models.Forbidden {
				t.Errorf("somebody else ends an account's tokens: %v", err)
			}
		}
		if err := b.setDisabled(ivan.ID, b.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.CreateToken(t.Context(), local, "", ivan.ID, time.Hour); models.CodeOf(err) != models.Precondition {
			t.Errorf("of a disabled person: %v", err)
		}
	})
}

// misplaced hands a text to each operation of the room that takes a token, or a word beside one, and gives what they say.
func (b *bench) misplaced(text string, by models.Actor, a models.Account) (said []string) {
	b.t.Helper()
	ctx, broken := b.t.Context(), text[:len(text)-2]+"AA"
	for _, err := range []error{
		second2(b.Authenticate(ctx, from, broken)),
		second2(b.RevokeToken(ctx, from, broken)),
		second2(b.ExchangeJWT(ctx, from, text+"AA", "")),
		second2(b.Impersonate(ctx, admin, text)),
		second2(b.CreateToken(ctx, by, "", text, time.Hour)),
		b.EndTokens(ctx, admin, text),
		b.EndAccountTokens(ctx, admin, text),
		b.DeleteAuthorizedKey(ctx, admin, text),
		second2(b.DescribeAuthorizedKey(ctx, admin, text, nil)),
		second2(b.CreateAuthorizedKey(ctx, admin, manage.NewAuthorizedKey{AccountID: text, Algorithm: models.RSA2048})),
		second(b.BindInFolder(ctx, admin, text, give("viewer", a))),
		second(b.BindOnAccount(ctx, admin, text, give("viewer", a))),
		second2(b.CreateFolder(ctx, admin, manage.NewFolder{Name: text})),
	} {
		if err == nil {
			b.t.Fatal("this was to be refused")
		}
		said = append(said, err.Error())
	}
	return said
}

// TestATokenIsKeptNowhere: neither an event, nor a refusal, nor the log has it.
func TestATokenIsKeptNowhere(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		ivan, a := b.user("ivan@example.com", models.Operator), b.account("robot")
		pair := b.pair(a)
		jwt := b.proof(pair).text(t)
		texts := []string{
			must(b.CreateToken(ctx, ivan, "form-1", ivan.ID, time.Hour))(t).Token,
			must(b.ExchangeJWT(ctx, from, jwt, ""))(t).Token,
			must(b.Impersonate(ctx, admin, a.ID))(t).Token,
			must(b.CreateToken(ctx, local, "", ivan.ID, time.Hour))(t).Token,
			jwt, pair.PrivateKey,
		}
		b.must(b.RevokeToken(ctx, from, texts[0]))
		var said []string
		for _, text := range texts {
			said = append(said, b.misplaced(text, ivan, a)...)
		}
		for _, e := range b.events() {
			said = append(said, fmt.Sprintf("%+v", e))
		}
		for _, kept := range append(said, b.log.String()) {
			for _, text := range texts {
				middle := text[len(text)/2-15 : len(text)/2+15]
				if strings.Contains(kept, middle) || strings.Contains(kept, text[len(text)-70:len(text)-40]) {
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
		revoked := 0
		for _, e := range b.events() {
			if e.Action == "token.revoke" {
				revoked++
			}
		}
		if revoked != 1 {
			t.Errorf("%d events of one token that was revoked, want 1", revoked)
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

// TestADeskWithoutKeysForTokensSaysSo: nothing panics.
func TestADeskWithoutKeysForTokensSaysSo(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, ivan, a := t.Context(), b.user("ivan@example.com", models.Administrator), b.account("robot")
		pair, token := b.pair(a), b.tokenOf(a.ID)
		proof := b.proof(pair).text(t)
		b.Tokens = nil
		for name, err := range map[string]error{
			"a person's":   second2(b.CreateToken(ctx, ivan, "", ivan.ID, time.Hour)),
			"an account's": second2(b.Impersonate(ctx, ivan, a.ID)),
			"by a JWT":     second2(b.ExchangeJWT(ctx, from, proof, "")),
			"given back":   second2(b.RevokeToken(ctx, from, token)),
			"shown":        second2(b.Authenticate(ctx, from, token)),
		} {
			if models.ReasonOf(err) != "no_token_keys" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
