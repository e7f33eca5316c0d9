package manage

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/store"
)

// tokenLife is the longest life of an IAM token.
const tokenLife = iamtoken.Life

// MadeToken is an IAM token, which exists in this value alone.
type MadeToken struct {
	Token     string
	ID        string // its name in the log, which opens nothing
	ExpiresAt time.Time
}

// CreateToken makes an IAM token of a person: of the actor themselves, or of anybody from the command line on the host.
func (d *Desk) CreateToken(ctx context.Context, by models.Actor, formID, personID string, life time.Duration) (made MadeToken, err error) {
	o := d.op(by, "token.create", "token", "")
	if made, err = d.signToken(o, iamtoken.Claims{SubjectType: models.ActorPerson, SubjectID: personID}, life); err != nil {
		return MadeToken{}, d.refused(ctx, o, err)
	}
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		if by.Method == models.MethodToken { // one that was stolen would never end
			return models.NewError(models.Forbidden, "token_by_token", "An IAM token makes no other for the same person: sign in for that.")
		}
		if by.Type != models.ActorLocal && (by.Type != models.ActorPerson || by.ID != personID) {
			return models.NewError(models.Forbidden, "forbidden", "An IAM token of a person is made by themselves alone.")
		}
		p, err := tx.Person(personID)
		if err != nil {
			return err
		}
		if p.State() != models.PersonActive {
			return precondition("person_not_active", "This person is "+string(p.State())+", and gets no IAM token.")
		}
		if err := claim(tx, by, formID, made.ID); err != nil {
			return err
		}
		o.objectName = p.Email
		o.after = models.Facts{"subject": p.Email, "expires_at": when(made.ExpiresAt)}
		return nil
	})
	if err != nil {
		return MadeToken{}, err
	}
	return made, nil
}

// errNoTokens is the answer of a desk that has no keys for IAM tokens.
var errNoTokens = precondition("no_token_keys",
	"No IAM tokens are made or read here: Keydesk runs without the file of their keys. Start it with that file, and ask again.")

func (d *Desk) signToken(o *op, c iamtoken.Claims, life time.Duration) (MadeToken, error) {
	if d.Tokens == nil {
		return MadeToken{}, errNoTokens
	}
	if life <= 0 || life > tokenLife {
		return MadeToken{}, models.FieldProblems(models.Fields{"ttl": "An IAM token lives up to 12 hours"})
	}
	name, err := models.NewID(models.PrefixToken, d.Rand)
	if err != nil {
		return MadeToken{}, err
	}
	o.objectID = name
	expires := o.at.Add(life)
	c.ID, c.IssuedAt, c.ExpiresAt = name, o.at.UnixMicro(), expires.UnixMicro()
	token, err := d.Tokens.Sign(c)
	return MadeToken{Token: token, ID: name, ExpiresAt: expires}, err
}

// TokenAudience is what the published clients put in a service account's JWT, whatever server they send it to.
const TokenAudience = "https://iam.api.cloud.yandex.net/iam/v1/tokens"

// errJWT is the one answer for a JWT that proves nothing: which part of it failed is for the log.
var errJWT = models.NewError(models.Unauthenticated, "invalid_jwt",
	"This JWT does not prove who you are: it has to be signed with PS256 by an authorized key of the service account, be meant for "+
		TokenAudience+", and be at most an hour old.")

// jwtSkew is how far the clock of a client may be off, and jwtLife how long its JWT may live.
const (
	jwtSkew = time.Minute
	jwtLife = time.Hour
	maxJWT  = 8000 // bytes: some twice what the largest key's takes
)

// ExchangeJWT makes an IAM token of the service account whose authorized key signed the JWT. audience is a further name of
// this server; "" is none. meta says where the request came from.
func (d *Desk) ExchangeJWT(ctx context.Context, meta models.Actor, text, audience string) (MadeToken, error) {
	o := d.op(meta, "token.create", "token", "")
	k, a, err := d.provedBy(ctx, text, audience, o.at)
	if err != nil {
		return MadeToken{}, err
	}
	o.by = accountActor(meta, a, nil)
	o.by.Method = "authorized_key"
	made, err := d.signToken(o, iamtoken.Claims{SubjectType: models.ActorAccount, SubjectID: a.ID, Key: k.ID}, tokenLife)
	if err != nil {
		return MadeToken{}, err
	}
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		o.objectName, o.accountID, o.folderID = a.Name, a.ID, a.FolderID
		o.after = models.Facts{"subject": a.ID, "authorized_key": k.ID, "expires_at": when(made.ExpiresAt)}
		return tx.TouchAuthorizedKey(k.ID, o.at)
	})
	if err != nil {
		return MadeToken{}, err
	}
	return made, nil
}

// provedBy finds the authorized key that signed a JWT, and its account.
func (d *Desk) provedBy(ctx context.Context, text, audience string, now time.Time) (k models.AuthorizedKey, a models.Account, err error) {
	everything := models.FolderScope{All: true}
	if len(text) > maxJWT {
		return k, a, errJWT
	}
	claims := jwt.RegisteredClaims{}
	audiences := []string{TokenAudience}
	if audience != "" {
		audiences = append(audiences, audience)
	}
	var asked error // what the database said
	_, err = jwt.ParseWithClaims(text, &claims, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if !models.IsID(kid) {
			return nil, errors.New("its kid is no authorized key's id")
		}
		asked = d.Store.Read(ctx, func(tx *store.Tx) error {
			if k, err = tx.AuthorizedKey(everything, kid); err != nil {
				return err
			}
			a, err = tx.Account(everything, k.AccountID)
			return err
		})
		if asked != nil {
			return nil, asked
		}
		return jwt.ParseRSAPublicKeyFromPEM([]byte(k.PublicKey))
	}, jwt.WithValidMethods([]string{"PS256"}), jwt.WithAudience(audiences...), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(jwtSkew), jwt.WithTimeFunc(func() time.Time { return now }))
	if asked != nil && models.CodeOf(asked) != models.NotFound { // no verdict about who asks
		return k, a, asked
	}
	switch {
	case err != nil:
	case claims.Issuer != a.ID:
		err = errors.New("its issuer is not the key's service account")
	case claims.IssuedAt == nil || claims.ExpiresAt.Sub(claims.IssuedAt.Time) > jwtLife+jwtSkew:
		err = errors.New("it lives longer than an hour")
	case a.State(now) != models.AccountActive:
		err = errors.New("its service account is " + string(a.State(now)))
	default:
		return k, a, nil
	}
	d.Log.LogAttrs(ctx, slog.LevelInfo, "a JWT was refused", slog.String("authorized_key", k.ID), slog.Any("err", err))
	refusal := *errJWT
	refusal.Err = err
	return k, a, &refusal
}

// maxLinks bounds how many tokens lead to one: each is looked at whenever it is used, and is a part of it.
const maxLinks = 4

// Impersonate makes an IAM token of a service account for somebody who may all that it manages.
func (d *Desk) Impersonate(ctx context.Context, by models.Actor, accountID string) (MadeToken, error) {
	o := d.op(by, "token.create", "token", "")
	life := tokenLife
	if ends := by.Token.ExpiresAt; !ends.IsZero() { // what a token gets ends with it: else one that was stolen would never end
		life = min(life, ends.Sub(o.at))
	}
	if by.Token.Link.Links() > maxLinks {
		return MadeToken{}, d.refused(ctx, o, precondition("token_chain",
			"This IAM token was made by others, one by another, up to the most that may be. Get one by an authorized key of the service account."))
	}
	made, err := d.signToken(o, iamtoken.Claims{
		SubjectType: models.ActorAccount, SubjectID: accountID, Key: by.Token.Key, By: by.Token.Link,
	}, life)
	if err != nil {
		return MadeToken{}, err
	}
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		a, err := lockAccount(tx, o, models.TokensImpersonate, accountID)
		o.objectID = "" // that is the token
		if err != nil {
			return err
		}
		if a.State(o.at) != models.AccountActive {
			return precondition("account_not_active", "This service account is "+string(a.State(o.at))+", and gets no IAM token.")
		}
		if err := mayActAs(tx, by, a); err != nil {
			return err
		}
		o.objectID = made.ID
		o.after = models.Facts{"subject": a.ID, "impersonated_by": by.Label(), "expires_at": when(made.ExpiresAt)}
		return nil
	})
	if err != nil {
		return MadeToken{}, err
	}
	return made, nil
}

// Bearer is who an IAM token belongs to.
type Bearer struct {
	Actor  models.Actor
	Claims iamtoken.Claims
}

// errToken is the one answer for a token that is not good; what is wrong with it is no secret of its holder's.
func errToken(why string) error {
	return models.NewError(models.Unauthenticated, "invalid_token",
		why+". Make a new one on the page API access, with \"keydesk token create\", or by an authorized key.")
}

// Signed reports whether a token was signed here and has not ended. Nothing but that is looked at: what else makes it good is
// for Authenticate.
func (d *Desk) Signed(token string) bool {
	if d.Tokens == nil {
		return false
	}
	_, err := d.Tokens.Read(token, d.now())
	return err == nil
}

// Authenticate finds who an IAM token belongs to, and what they may now. meta says where the request came from.
func (d *Desk) Authenticate(ctx context.Context, meta models.Actor, token string) (b Bearer, err error) {
	if d.Tokens == nil {
		return b, errNoTokens
	}
	c, err := d.Tokens.Read(token, d.now())
	if err != nil {
		return b, errToken(upper(err.Error()))
	}
	b.Claims = c
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		stands, err := tx.TokenStands(c.ID, c.SubjectID, c.Issued())
		if err == nil && stands && c.Key != "" {
			_, err = tx.AuthorizedKey(models.FolderScope{All: true}, c.Key)
		}
		switch {
		case models.CodeOf(err) == models.NotFound, err == nil && !stands:
			return errToken("This IAM token was revoked")
		case err != nil:
			return err
		}
		b.Actor, err = d.subject(tx, meta, c)
		if err == nil {
			err = d.maker(tx, meta, c.By, c.SubjectID)
		}
		b.Actor.Token = models.TokenUse{Key: c.Key, ExpiresAt: c.Expires(), Link: &models.TokenLink{
			ID: c.ID, SubjectType: c.SubjectType, SubjectID: c.SubjectID, IssuedAt: c.IssuedAt, By: c.By,
		}}
		return err
	})
	return b, err
}

// subject is whom a token belongs to, with what they may now.
func (d *Desk) subject(tx *store.Tx, meta models.Actor, c iamtoken.Claims) (models.Actor, error) {
	const gone = "Whom this IAM token belongs to may not act any more"
	switch c.SubjectType {
	case models.ActorPerson:
		p, err := tx.Person(c.SubjectID)
		switch {
		case models.CodeOf(err) == models.NotFound, err == nil && p.State() != models.PersonActive:
			return models.Actor{}, errToken(gone)
		case err != nil:
			return models.Actor{}, err
		}
		single, err := tx.GrantsOf(models.ActorPerson, p.ID)
		meta.Type, meta.ID, meta.Name, meta.Method = models.ActorPerson, p.ID, p.Email, models.MethodToken
		meta.Grants = append(p.Grants(), single...)
		return meta, err
	case models.ActorAccount:
		a, err := tx.Account(models.FolderScope{All: true}, c.SubjectID)
		switch {
		case models.CodeOf(err) == models.NotFound, err == nil && a.State(d.now()) != models.AccountActive:
			return models.Actor{}, errToken(gone)
		case err != nil:
			return models.Actor{}, err
		}
		grants, err := tx.GrantsOf(models.ActorAccount, a.ID)
		return accountActor(meta, a, grants), err
	}
	return models.Actor{}, errToken(gone)
}

func accountActor(meta models.Actor, a models.Account, grants []models.Grant) models.Actor {
	meta.Type, meta.ID, meta.Name, meta.Method, meta.Grants = models.ActorAccount, a.ID, a.Name, models.MethodToken, grants
	return meta
}

// RevokeToken ends a token for whoever holds it, and gives whose it was. A token that has ended, or was ended before, is left
// as it is: who found one that is good for nothing any more is not to fill the audit log with it.
func (d *Desk) RevokeToken(ctx context.Context, meta models.Actor, token string) (subjectID string, err error) {
	if d.Tokens == nil {
		return "", errNoTokens
	}
	c, err := d.Tokens.Read(token, d.now())
	if errors.Is(err, iamtoken.ErrExpired) {
		return c.SubjectID, nil
	}
	if err != nil {
		return "", models.FieldProblems(models.Fields{"iam_token": upper(err.Error())})
	}
	stands := false
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		stands, err = tx.TokenStands(c.ID, c.SubjectID, c.Issued())
		return err
	})
	if err != nil || !stands {
		return c.SubjectID, err
	}
	o := d.op(meta, "token.revoke", "token", c.ID)
	if o.by.Type == "" { // holding it is proof enough
		o.by.Type, o.by.ID, o.by.Name, o.by.Method = c.SubjectType, c.SubjectID, c.SubjectID, models.MethodToken
	}
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		return tx.RevokeToken(models.RevokedToken{ID: c.ID, SubjectID: c.SubjectID, RevokedAt: o.at, ExpiresAt: c.Expires()})
	})
	return c.SubjectID, err
}

// EndTokens ends all tokens of a person, by themselves or by somebody who manages people.
func (d *Desk) EndTokens(ctx context.Context, by models.Actor, personID string) error {
	o := d.op(by, "token.end_all", "person", personID)
	_, err := d.change(ctx, o, func(tx *store.Tx) error {
		if by.ID != personID && !by.MayAnywhere(models.PeopleManage) {
			return forbidden(models.PeopleManage)
		}
		p, err := tx.Person(personID)
		if err != nil {
			return err
		}
		o.objectName = p.Email
		return tx.EndTokens(personID, o.at)
	})
	return err
}

// EndAccountTokens ends all tokens that a service account has got, by whichever key or person. Its authorized keys stay: who
// has one gets another token.
func (d *Desk) EndAccountTokens(ctx context.Context, by models.Actor, accountID string) error {
	o := d.op(by, "account.end_tokens", "account", accountID)
	_, err := d.change(ctx, o, func(tx *store.Tx) error {
		a, err := lockAccount(tx, o, models.AuthorizedKeysManage, accountID)
		if err != nil {
			return err
		}
		return tx.EndTokens(a.ID, o.at)
	})
	return err
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
