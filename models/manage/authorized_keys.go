package manage

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"runtime"
	"sync"

	"keydesk/models"
	"keydesk/models/store"
)

// NewAuthorizedKey describes a key pair to make for a service account.
type NewAuthorizedKey struct {
	FormID      string // one-time id of the form; "" where there is none
	AccountID   string
	Description string
	Algorithm   string // models.RSA2048 or models.RSA4096
}

// MadeAuthorizedKey is a key with its private half, which exists in this value alone.
type MadeAuthorizedKey struct {
	Key        models.AuthorizedKey
	PrivateKey string // PEM
}

// CreateAuthorizedKey makes a key pair, keeps its public half, and gives the private one, once. A form id that was
// used before gives *AlreadyDone. Who has a key is the account: so it takes somebody who may all that the account manages.
func (d *Desk) CreateAuthorizedKey(ctx context.Context, by models.Actor, in NewAuthorizedKey) (MadeAuthorizedKey, error) {
	o := d.op(by, "authorized_key.create", "authorized_key", "")
	o.accountID = in.AccountID
	p := problems{}
	p.text("description", in.Description)
	if err := d.mayPair(ctx, o, in.AccountID); err != nil { // before the drawing, which keeps a processor busy for up to seconds
		return MadeAuthorizedKey{}, d.refused(ctx, o, err)
	}
	err := p.err()
	var made MadeAuthorizedKey
	if err == nil {
		made, err = d.drawInTurn(ctx, o, in)
	}
	if err != nil {
		return MadeAuthorizedKey{}, d.refused(ctx, o, err)
	}
	o.made = made.Key.ID
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		a, err := accountToBe(tx, o, in.AccountID)
		if err != nil {
			return err
		}
		if err := claim(tx, by, in.FormID, made.Key.ID); err != nil {
			return err
		}
		o.ofAuthorizedKey(made.Key)
		made.Key.FolderID, o.folderID = a.FolderID, a.FolderID
		o.after = authorizedKeyFacts(made.Key)
		return tx.InsertAuthorizedKey(made.Key)
	})
	if err != nil {
		return MadeAuthorizedKey{}, err
	}
	return made, nil
}

// accountToBe locks the account that a key pair is to prove.
func accountToBe(tx *store.Tx, o *op, id string) (models.Account, error) {
	a, err := lockAccount(tx, o, models.AuthorizedKeysManage, id)
	o.objectID, o.objectName = "", "" // that is the key
	if err != nil {
		return a, err
	}
	return a, mayActAs(tx, o.by, a)
}

// mayPair refuses, without a change, what the change would refuse.
func (d *Desk) mayPair(ctx context.Context, o *op, accountID string) error {
	was := *o
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		_, err := accountToBe(tx, o, accountID)
		return err
	})
	if err == nil {
		*o = was
	}
	return err
}

func (o *op) ofAuthorizedKey(k models.AuthorizedKey) {
	o.objectID, o.objectName, o.accountID, o.folderID = k.ID, k.Description, k.AccountID, k.FolderID
}

func authorizedKeyFacts(k models.AuthorizedKey) models.Facts {
	return models.Facts{"service_account_id": k.AccountID, "description": k.Description, "algorithm": k.Algorithm}
}

// drawing lets half of the processors draw key pairs at a time: the others have keys to check. Its zero value is ready.
type drawing struct {
	once  sync.Once
	turns chan struct{}
}

// drawInTurn draws a pair when it is its turn, unless who asks gives up first.
func (d *Desk) drawInTurn(ctx context.Context, o *op, in NewAuthorizedKey) (MadeAuthorizedKey, error) {
	d.drawing.once.Do(func() { d.drawing.turns = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)) })
	select {
	case d.drawing.turns <- struct{}{}:
		defer func() { <-d.drawing.turns }()
		return d.drawPair(o, in)
	case <-ctx.Done():
		return MadeAuthorizedKey{}, &models.Error{
			Code: models.Unavailable, Reason: "drawing_busy", Err: ctx.Err(),
			Text: "So many key pairs are being made that yours was not. Nothing was changed. Try again in a moment.",
		}
	}
}

var rsaBits = map[string]int{models.RSA2048: 2048, models.RSA4096: 4096}

// drawPair draws a key pair, outside of any transaction: that takes a while.
func (d *Desk) drawPair(o *op, in NewAuthorizedKey) (MadeAuthorizedKey, error) {
	bits, known := rsaBits[in.Algorithm]
	if !known {
		return MadeAuthorizedKey{}, models.FieldProblems(models.Fields{"key_algorithm": "RSA_2048 or RSA_4096"})
	}
	private, err := rsa.GenerateKey(d.Rand, bits)
	if err != nil {
		return MadeAuthorizedKey{}, fmt.Errorf("drawing a key pair: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return MadeAuthorizedKey{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return MadeAuthorizedKey{}, err
	}
	id, err := models.NewID(models.PrefixKey, d.Rand)
	return MadeAuthorizedKey{
		Key: models.AuthorizedKey{
			ID: id, AccountID: in.AccountID, Description: in.Description, Algorithm: in.Algorithm, CreatedAt: o.at, CreatedBy: o.by.Label(),
			PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		},
		PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
	}, err
}

// mayActAs refuses to hand out what makes somebody the account, unless they may all that it manages themselves.
func mayActAs(tx *store.Tx, by models.Actor, a models.Account) error {
	grants, err := tx.GrantsOf(models.ActorAccount, a.ID)
	if err != nil {
		return err
	}
	for _, g := range grants {
		at := place{folder: g.FolderID, account: g.AccountID}
		if g.AccountID != "" {
			on, err := tx.Account(models.FolderScope{All: true}, g.AccountID)
			if err != nil {
				return err
			}
			at.folder = on.FolderID
		}
		if err := mayHand(by, at, []string{g.Role}); err != nil {
			return models.NewError(models.Forbidden, "account_beyond_own",
				"This service account may more than you do (role "+g.Role+"). Ask somebody who may all that it may.")
		}
	}
	return nil
}

// MayActAs refuses where mayActAs would: the form of an authorized key need not be filled in for that.
func (d *Desk) MayActAs(ctx context.Context, by models.Actor, accountID string) error {
	if !models.IsID(accountID) {
		return models.Missing("service account")
	}
	return d.Store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(by.Folders(models.AccountsView), accountID)
		if err != nil {
			return err
		}
		return mayActAs(tx, by, a)
	})
}

// AuthorizedKey finds a key of an account that the actor may view.
func (d *Desk) AuthorizedKey(ctx context.Context, by models.Actor, id string) (k models.AuthorizedKey, err error) {
	if !models.IsID(id) {
		return k, models.Missing("authorized key")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		k, err = tx.AuthorizedKey(by.Folders(models.KeysView), id)
		return err
	})
	return k, err
}

// AuthorizedKeys pages over the keys of an account, newest first.
func (d *Desk) AuthorizedKeys(
	ctx context.Context, by models.Actor, accountID string, after models.Cursor, limit int,
) (page models.Page[models.AuthorizedKey], err error) {
	if !models.IsID(accountID) {
		return page, models.Missing("service account")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(by.Folders(models.KeysView), accountID)
		if err != nil {
			return err
		}
		if !a.DeletedAt.IsZero() {
			return models.Missing("service account")
		}
		page, err = tx.AuthorizedKeys(accountID, after, rowsOf(limit))
		return err
	})
	return page, err
}

// DescribeAuthorizedKey sets a key's description, which is all that changes of one; nil leaves it.
func (d *Desk) DescribeAuthorizedKey(ctx context.Context, by models.Actor, id string, description *string) (models.AuthorizedKey, error) {
	o := d.op(by, "authorized_key.update", "authorized_key", id)
	var k models.AuthorizedKey
	_, err := d.change(ctx, o, func(tx *store.Tx) (err error) {
		if k, err = lockAuthorizedKey(tx, o, id); err != nil {
			return err
		}
		o.before = authorizedKeyFacts(k)
		if description != nil {
			k.Description = *description
		}
		p := problems{}
		p.text("description", k.Description)
		if err := p.err(); err != nil {
			return err
		}
		o.after, o.result = authorizedKeyFacts(k), k
		return tx.DescribeAuthorizedKey(id, k.Description)
	})
	return k, err
}

// DeleteAuthorizedKey ends a key, and every IAM token that was made for it.
func (d *Desk) DeleteAuthorizedKey(ctx context.Context, by models.Actor, id string) error {
	o := d.op(by, "authorized_key.delete", "authorized_key", id)
	_, err := d.change(ctx, o, func(tx *store.Tx) error {
		k, err := lockAuthorizedKey(tx, o, id)
		if err != nil {
			return err
		}
		o.before = authorizedKeyFacts(k)
		return tx.DeleteAuthorizedKey(id)
	})
	return err
}

// lockAuthorizedKey reads a key for a change; its account is what is locked.
func lockAuthorizedKey(tx *store.Tx, o *op, id string) (models.AuthorizedKey, error) {
	if !models.IsID(id) {
		return models.AuthorizedKey{}, models.Missing("authorized key")
	}
	k, err := tx.AuthorizedKey(o.by.Folders(models.KeysView), id)
	if err != nil {
		return k, err
	}
	_, err = lockAccount(tx, o, models.AuthorizedKeysManage, k.AccountID)
	o.ofAuthorizedKey(k)
	return k, err
}
