package manage_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// from is where requests of the API come from in tests.
var from = models.Actor{RequestID: "req00000000000000001", Address: "192.0.2.7"}

// user keeps somebody who may sign in, as the actor of their session.
func (b *bench) user(email string, access ...string) models.Actor {
	b.t.Helper()
	id := b.id(models.PrefixPerson)
	p := models.Person{ID: id, Email: email, EmailKey: email, PasswordHash: "$", CreatedAt: b.Now(), Access: access}
	b.write(func(tx *store.Tx) error { return errors.Join(tx.InsertPerson(p), tx.SetAccess(id, access)) })
	return models.Actor{Type: models.ActorPerson, ID: id, Name: email, Method: "session", Grants: p.Grants()}
}

func (b *bench) write(fn func(*store.Tx) error) {
	b.t.Helper()
	if _, err := b.Store.Write(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) id(prefix string) string {
	b.t.Helper()
	id, err := models.NewID(prefix, b.Rand)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) folder(name string) models.Folder {
	b.t.Helper()
	return must(b.CreateFolder(b.t.Context(), admin, manage.NewFolder{Name: name}))(b.t)
}

// accountIn is an account with roles in its own folder.
func (b *bench) accountIn(folder, name string, roles ...string) models.Account {
	b.t.Helper()
	a, _, err := b.CreateAccount(b.t.Context(), admin, manage.NewAccount{Name: name, FolderID: folder, Roles: roles})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// acting is the account as whoever has an IAM token of it acts, as far as its grants go.
func (b *bench) acting(a models.Account) models.Actor {
	b.t.Helper()
	return b.bearer(b.tokenOf(a.ID)).Actor
}

// tokenOf signs a token of an account, as one gets it by its authorized key.
func (b *bench) tokenOf(accountID string) string {
	b.t.Helper()
	return b.signed(iamtoken.Claims{SubjectType: models.ActorAccount, SubjectID: accountID})
}

func (b *bench) signed(c iamtoken.Claims) string {
	b.t.Helper()
	c.ID, c.IssuedAt, c.ExpiresAt = b.id(models.PrefixToken), b.Now().UnixMicro(), b.Now().Add(iamtoken.Life).UnixMicro()
	return must(b.Tokens.Sign(c))(b.t)
}

func (b *bench) bearer(token string) manage.Bearer {
	b.t.Helper()
	return must(b.Authenticate(b.t.Context(), from, token))(b.t)
}

// grant binds a role on one account.
func (b *bench) grant(on models.Account, role string, subject models.Actor) {
	b.t.Helper()
	b.deltas(on.ID, manage.TheseDeltas([]models.BindingDelta{{Binding: models.Binding{Role: role, SubjectType: subject.Type, SubjectID: subject.ID}}}), b.BindOnAccount)
}

type bindFunc = func(context.Context, models.Actor, string, manage.Deltas) ([]models.BindingDelta, manage.Confirmation, error)

func (b *bench) deltas(on string, d manage.Deltas, bind bindFunc) []models.BindingDelta {
	b.t.Helper()
	did, _, err := bind(b.t.Context(), admin, on, d)
	if err != nil {
		b.t.Fatal(err)
	}
	return did
}

// give binds a role in a folder to an account.
func give(role string, a models.Account) manage.Deltas {
	return manage.TheseDeltas([]models.BindingDelta{{Binding: held(role, a)}})
}

func take(role string, a models.Account) manage.Deltas {
	return manage.TheseDeltas([]models.BindingDelta{{Binding: held(role, a), Remove: true}})
}

func held(role string, a models.Account) models.Binding {
	return models.Binding{Role: role, SubjectType: models.ActorAccount, SubjectID: a.ID}
}

func (b *bench) pair(a models.Account) manage.MadeAuthorizedKey {
	b.t.Helper()
	return must(b.CreateAuthorizedKey(b.t.Context(), admin, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048}))(b.t)
}

// proof is a JWT as the clients make it.
type proof struct {
	method jwt.SigningMethod
	key    any
	header map[string]any
	claims jwt.MapClaims
}

func (b *bench) proof(pair manage.MadeAuthorizedKey) proof {
	b.t.Helper()
	return proof{
		method: jwt.SigningMethodPS256, key: private(b.t, pair), header: map[string]any{"kid": pair.Key.ID},
		claims: jwt.MapClaims{
			"iss": pair.Key.AccountID, "aud": manage.TokenAudience, "iat": b.Now().Unix(), "exp": b.Now().Add(time.Hour).Unix(),
		},
	}
}

func private(t *testing.T, pair manage.MadeAuthorizedKey) *rsa.PrivateKey {
	t.Helper()
	return must(jwt.ParseRSAPrivateKeyFromPEM([]byte(pair.PrivateKey)))(t)
}

func (p proof) text(t *testing.T) string {
	t.Helper()
	token := jwt.NewWithClaims(p.method, p.claims)
	for name, value := range p.header {
		token.Header[name] = value
	}
	return must(token.SignedString(p.key))(t)
}
