package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// NewGateway describes a gateway that gets a credential.
type NewGateway struct {
	FormID string
	Name   string
}

// CreateGateway makes a credential with which a gateway may ask the gate. Its secret is in the answer alone. A form
// id that was used before gives *AlreadyDone with the gateway's id.
func (d *Desk) CreateGateway(
	ctx context.Context, by models.Actor, in NewGateway,
) (g models.Gateway, plain secret.Secret, c Confirmation, err error) {
	name := in.Name
	o := d.op(by, "gateway.create", "gateway", "")
	o.objectName = clip(name)
	p := problems{}
	if p.text("name", name); name == "" {
		p.add("name", "Name the gateway: \"nginx in front of orders\"")
	}
	if err = p.err(); err != nil {
		return g, plain, c, d.refused(ctx, o, err)
	}
	if g, plain, err = d.draftGateway(o, name); err != nil {
		return g, plain, c, err
	}
	c, err = d.change(ctx, o, func(tx *store.Tx) error {
		if !by.MayAnywhere(models.GatewaysManage) {
			return forbidden(models.GatewaysManage)
		}
		if err := claim(tx, by, in.FormID, g.ID); err != nil {
			return err
		}
		o.after = models.Facts{"name": name, "mask": plain.Mask()}
		tx.Change(models.ChangeGateway, g.ID)
		return tx.InsertGateway(g)
	})
	if err != nil {
		return models.Gateway{}, secret.Secret{}, c, err // a secret leaves only with a gateway that exists
	}
	return g, plain, c, nil
}

func (d *Desk) draftGateway(o *op, name string) (g models.Gateway, plain secret.Secret, err error) {
	if plain, err = secret.NewGateway(d.Rand); err != nil {
		return g, plain, err
	}
	id, err := models.NewID(models.PrefixGateway, d.Rand)
	o.objectID = id
	version := d.Peppers.Current()
	digest, _ := d.Peppers.Digest(version, plain.Sum())
	return models.Gateway{
		ID: id, Name: name, Digest: digest[:], Tail: plain.Tail(), PepperVersion: version, CreatedAt: o.at, CreatedBy: o.by.Label(),
	}, plain, err
}

// Gateways lists the credentials, revoked ones too.
func (d *Desk) Gateways(ctx context.Context, by models.Actor) (gs []models.Gateway, err error) {
	if !by.MayAnywhere(models.GatewaysManage) {
		return nil, forbidden(models.GatewaysManage)
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		gs, err = tx.Gateways()
		return err
	})
	return gs, err
}

// Gateway reads one credential.
func (d *Desk) Gateway(ctx context.Context, by models.Actor, id string) (g models.Gateway, err error) {
	if !by.MayAnywhere(models.GatewaysManage) {
		return g, forbidden(models.GatewaysManage)
	}
	if !models.IsID(id) {
		return g, models.Missing("gateway")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		g, err = tx.Gateway(id)
		return err
	})
	return g, err
}

// RevokeGateway ends a credential for good. A revoked one is a Precondition.
func (d *Desk) RevokeGateway(ctx context.Context, by models.Actor, id string) (c Confirmation, err error) {
	o := d.op(by, "gateway.revoke", "gateway", id)
	return d.change(ctx, o, func(tx *store.Tx) error {
		if !by.MayAnywhere(models.GatewaysManage) {
			return forbidden(models.GatewaysManage)
		}
		if !models.IsID(id) {
			return models.Missing("gateway")
		}
		g, err := tx.Gateway(id)
		if err != nil {
			return err
		}
		o.objectName = g.Name
		tx.Change(models.ChangeGateway, id)
		done, err := tx.RevokeGateway(id, o.at, by.Label())
		if err == nil && !done {
			err = precondition("gateway_revoked", "This credential is revoked already.")
		}
		return err
	})
}
