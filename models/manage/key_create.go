package manage

import (
	"context"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// NewKey describes a key to make. Via says where it comes from: the console requires a scope, the others may leave scopes
// out and get the defaults.
type NewKey struct {
	FormID      string
	AccountID   string
	Description string
	Scopes      []string
	Expiry      Expiry
	Via         string   // "console", "cli" or "api"
	OneScope    string   // what the API's older field was given; it is one of the scopes
	Replaces    string   // the revoked key that this one replaces
	AddRoles    []string // given to the account in the same transaction; each permits one of the scopes
}

// Issued is a key with its secret, which exists in clear text in this value alone.
type Issued struct {
	Key          models.Key
	Account      models.Account
	Secret       secret.Secret
	Confirmation Confirmation
}

// CreateKey makes a key and gives its secret, once. A form id that was used before gives *AlreadyDone with the key's id.
func (d *Desk) CreateKey(ctx context.Context, by models.Actor, in NewKey) (Issued, error) {
	o := d.op(by, "key.create", "key", "")
	o.accountID, o.objectName = in.AccountID, clip(in.Description)
	key, plain, err := d.draftKey(ctx, o, in)
	if err != nil {
		return Issued{}, d.refused(ctx, o, err)
	}
	o.made = key.ID
	var a models.Account
	c, err := d.change(ctx, o, func(tx *store.Tx) error {
		if a, err = lockAccount(tx, o, models.KeysCreate, in.AccountID); err != nil {
			return err
		}
		key.FolderID = a.FolderID
		o.ofKey(key)
		if err := claim(tx, by, in.FormID, key.ID); err != nil {
			return err
		}
		if a.State(o.at) != models.AccountActive {
			return precondition("account_not_active", "This service account is "+string(a.State(o.at))+". Make it active before you create a key for it.")
		}
		if err := replaces(tx, o, in.Replaces, key); err != nil {
			return err
		}
		if err := d.addRoles(tx, o, &a, in.AddRoles, in.Scopes); err != nil {
			return err
		}
		o.after = keyFacts(key)
		tx.Change(models.ChangeKey, key.ID)
		return tx.InsertKey(key)
	})
	if err != nil {
		return Issued{}, err // a secret leaves only with a key that exists
	}
	return Issued{Key: key, Account: a, Secret: plain, Confirmation: c}, nil
}

// draftKey checks the input and draws id and secret, outside of any transaction.
func (d *Desk) draftKey(ctx context.Context, o *op, in NewKey) (k models.Key, plain secret.Secret, err error) {
	cat, err := d.Catalogue(ctx)
	if err != nil {
		return k, plain, err
	}
	policy, err := d.KeyPolicy(ctx)
	if err != nil {
		return k, plain, err
	}
	k, err = in.draft(cat, policy, o)
	if err != nil {
		return k, plain, err
	}
	if k.ID, err = models.NewID(models.PrefixKey, d.Rand); err != nil {
		return k, plain, err
	}
	s, plain, err := d.drawSecret(k.ID, o.at)
	k.Secrets = []models.KeySecret{s}
	return k, plain, err
}

func (in NewKey) draft(cat *scopes.Catalogue, policy models.KeyPolicy, o *op) (models.Key, error) {
	p := problems{}
	p.text("description", in.Description)
	k := models.Key{
		AccountID: in.AccountID, Description: in.Description, Scopes: in.Scopes, Version: 1,
		CreatedAt: o.at, CreatedBy: o.by.Label(), CreatedVia: in.Via, OneScope: in.OneScope,
	}
	if len(in.Scopes) == 0 {
		k.Scopes, k.DefaultScopes = cat.Defaults(), true
		switch {
		case in.Via == viaConsole:
			p.add("scopes", "Choose at least one scope")
		case len(k.Scopes) == 0:
			p.add("scopes", "This installation has no default scopes: name at least one")
		}
	}
	p.scopes(cat, in.Scopes, nil)
	if in.OneScope != "" && !slices.Contains(in.Scopes, in.OneScope) {
		p.add("scope", "It is none of the scopes")
	}
	k.ExpiresAt = p.expiry("expires", in.Expiry, policy.Default(), o.at)
	p.permitted("expires", policy, k.ExpiresAt, o.at)
	return k, p.err()
}

// drawSecret draws a secret and what is kept of it.
func (d *Desk) drawSecret(keyID string, now time.Time) (models.KeySecret, secret.Secret, error) {
	plain, err := secret.New(d.Rand)
	if err != nil {
		return models.KeySecret{}, plain, err
	}
	id, err := models.NewID(models.PrefixSecret, d.Rand)
	version := d.Peppers.Current()
	digest, _ := d.Peppers.Digest(version, plain.Sum())
	return models.KeySecret{
		ID: id, KeyID: keyID, Digest: digest[:], Tail: plain.Tail(), PepperVersion: version, CreatedAt: now,
	}, plain, err
}

// replaces ties a new key to the revoked key of the same account that it replaces.
func replaces(tx *store.Tx, o *op, id string, by models.Key) error {
	if id == "" {
		return nil
	}
	old, err := lockKey(tx, o, models.KeysCreate, id)
	if err != nil {
		return err
	}
	o.ofKey(by)
	if old.AccountID != by.AccountID || old.Revoked.At.IsZero() {
		return precondition("not_replaceable", "Only a revoked key of the same service account is replaced.")
	}
	if old.ReplacedBy != "" {
		return precondition("replaced_already", "This key has a replacement already. Create another key without replacing it, or look at the replacement.")
	}
	old.ReplacedBy = by.ID
	return tx.UpdateKey(o.by.Folders(models.KeysView), old)
}
