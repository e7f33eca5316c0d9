package manage_test

import (
	"context"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// TestATokenEndsWithWhatMadeIt: who acts as a service account by a token of their own acts for as long as they may, and no
// longer than that token stands.
func TestATokenEndsWithWhatMadeIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		set := func(fn func(tx *store.Tx, id string) error) func(context.Context, models.Actor, manage.MadeToken, models.Account) {
			return func(_ context.Context, who models.Actor, _ manage.MadeToken, _ models.Account) {
				b.write(func(tx *store.Tx) error { return fn(tx, who.ID) })
			}
		}
		for name, end := range map[string]func(ctx context.Context, who models.Actor, own manage.MadeToken, robot models.Account){
			"their token is given back": func(ctx context.Context, _ models.Actor, own manage.MadeToken, _ models.Account) {
				b.must(b.RevokeToken(ctx, from, own.Token))
			},
			"all their tokens are ended": func(ctx context.Context, who models.Actor, _ manage.MadeToken, _ models.Account) {
				b.pass(time.Second)
				b.must(nil, b.EndTokens(ctx, who, who.ID))
			},
			"their access is taken": set(func(tx *store.Tx, id string) error { return tx.SetAccess(id, []string{models.Reviewer}) }),
			"they are disabled": set(func(tx *store.Tx, id string) error {
				p, err := tx.Person(id)
				if err != nil {
					return err
				}
				p.DisabledAt = b.Now()
				return tx.UpdatePerson(p)
			}),
		} {
			who := b.user(b.id(models.PrefixPerson)+"@example.com", models.Administrator)
			robot, next := b.account("robot-"+b.id("abc"), models.RoleAdmin), b.account("next-"+b.id("abc"))
			own := must(b.CreateToken(ctx, who, "", who.ID, time.Hour))(t)
			first := must(b.Impersonate(ctx, b.bearer(own.Token).Actor, robot.ID))(t)
			second := must(b.Impersonate(ctx, b.bearer(first.Token).Actor, next.ID))(t)
			b.bearer(second.Token)
			end(ctx, who, own, robot)
			for _, made := range []manage.MadeToken{first, second} {
				if _, err := b.Authenticate(ctx, from, made.Token); models.CodeOf(err) != models.Unauthenticated {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}

// TestAnAccountThatGrewIsNotActedAs: by who may less than it does now.
func TestAnAccountThatGrewIsNotActedAs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		maker, robot := b.account("maker", models.RoleTokenCreator), b.account("robot")
		made := must(b.Impersonate(ctx, b.acting(maker), robot.ID))(t)
		b.bearer(made.Token)
		b.deltas(robot.FolderID, give(models.RoleEditor, robot), b.BindInFolder)
		if _, err := b.Authenticate(ctx, from, made.Token); models.CodeOf(err) != models.Unauthenticated {
			t.Errorf("its maker may not, and it may: %v", err)
		}
		b.deltas(robot.FolderID, give(models.RoleEditor, maker), b.BindInFolder)
		b.bearer(made.Token)
		b.deltas(robot.FolderID, take(models.RoleTokenCreator, maker), b.BindInFolder)
		if _, err := b.Authenticate(ctx, from, made.Token); models.CodeOf(err) != models.Unauthenticated {
			t.Errorf("its maker may not make another, and it is good: %v", err)
		}
	})
}

// TestTokensThatMakeTokensEnd: as many as there are places for in one. The longest is still a token to its reader.
func TestTokensThatMakeTokensEnd(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		robot := b.account("robot", models.RoleAdmin)
		pair := b.pair(robot)
		token, n := must(b.ExchangeJWT(t.Context(), from, b.proof(pair).text(t), ""))(t).Token, 0
		for ; n < 20; n++ {
			made, err := b.Impersonate(t.Context(), b.bearer(token).Actor, robot.ID)
			if models.ReasonOf(err) == "token_chain" {
				break
			}
			token = must(made, err)(t).Token
		}
		if n < 3 || n == 20 {
			t.Errorf("%d tokens were made, one by another", n)
		}
	})
}
