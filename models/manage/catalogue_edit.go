package manage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/store"
)

// CatalogueEdit is one edit of the catalogue: the built-in one is switched, or one own service is made (Put alone), edited
// (Service and Put) or removed (Service alone).
type CatalogueEdit struct {
	Version int64 // of the catalogue as it was looked at; 0: nothing was stored
	BuiltIn *bool
	Service string
	Put     *models.OwnService
	Agreed  []string // scopes and roles that are in use and may leave the catalogue all the same
}

// Hit is a scope or a role that leaves the catalogue although somebody holds it: gates refuse it from then on.
type Hit struct {
	Name string
	Role bool    // it is held by accounts, not by keys
	Held Counted // live keys, or accounts
}

// InUse refuses an edit that takes away what is in use and was not agreed to.
type InUse struct{ Hits []Hit }

func (e *InUse) Error() string {
	var names []string
	for _, h := range e.Hits {
		names = append(names, h.Name)
	}
	return strings.Join(names, ", ")
}

func (e *InUse) refusal() error {
	return &models.Error{Code: models.Precondition, Reason: "in_use", Err: e,
		Text: "This would remove what is in use. Look at what it hits, and agree to it."}
}

// CatalogueHits checks an edit without making it, and lists what it would take away from keys and accounts.
func (d *Desk) CatalogueHits(ctx context.Context, by models.Actor, in CatalogueEdit) (hits []Hit, err error) {
	o := in.op(d, by)
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		_, hits, err = in.try(tx, o)
		return err
	})
	if err != nil {
		return nil, d.refused(ctx, o, err)
	}
	return hits, nil
}

// EditCatalogue makes an edit. What somebody holds is only taken away where the edit says so by name.
func (d *Desk) EditCatalogue(ctx context.Context, by models.Actor, in CatalogueEdit) (Confirmation, error) {
	o := in.op(d, by)
	return d.change(ctx, o, func(tx *store.Tx) error {
		next, hits, err := in.try(tx, o)
		if err != nil {
			return err
		}
		hits = slices.DeleteFunc(hits, func(h Hit) bool { return slices.Contains(in.Agreed, h.Name) })
		if len(hits) > 0 {
			return (&InUse{hits}).refusal()
		}
		tx.Change(models.ChangeCatalogue, "own")
		return tx.PutCatalogue(next)
	})
}

func (in CatalogueEdit) op(d *Desk, by models.Actor) *op {
	return d.op(by, "catalogue.update", "catalogue", "own")
}

// try makes the edit of what is stored, in memory, and says what it would take away.
func (in CatalogueEdit) try(tx *store.Tx, o *op) (next models.OwnCatalogue, hits []Hit, err error) {
	if !o.by.MayAnywhere(models.SettingsManage) {
		return next, nil, forbidden(models.SettingsManage)
	}
	old, err := tx.Catalogue()
	if err != nil {
		return next, nil, err
	}
	if old.Source == models.SourceFile {
		return next, nil, precondition("managed_by_file", "The catalogue is managed by "+old.File+". Change it there, and start Keydesk again.")
	}
	if in.Version != old.Version {
		return next, nil, changedMeanwhile()
	}
	next, at, err := in.apply(old)
	if err != nil {
		return next, nil, err
	}
	if err := in.check(next, at); err != nil {
		return next, nil, err
	}
	in.facts(o, old)
	hits, err = lost(tx, o, old, next)
	return next, hits, err
}

// apply makes the edit, and says where in the services the edited one stands; -1 where none is.
func (in CatalogueEdit) apply(old models.OwnCatalogue) (next models.OwnCatalogue, at int, err error) {
	next = old
	next.Services = slices.Clone(old.Services)
	at = slices.IndexFunc(next.Services, func(s models.OwnService) bool { return s.Name == in.Service })
	switch {
	case in.BuiltIn != nil:
		next.BuiltIn = *in.BuiltIn
		return next, -1, nil
	case in.Service == "" && in.Put != nil:
		next.Services = append(next.Services, *in.Put)
		return next, len(next.Services) - 1, nil
	case at < 0:
		return next, at, models.Missing("service of this installation")
	case in.Put == nil:
		next.Services = slices.Delete(next.Services, at, at+1)
		return next, -1, nil
	}
	next.Services[at] = *in.Put
	next.Services[at].Name = in.Service // scopes begin with it: another name is another service
	return next, at, nil
}

// check says beside the fields what is wrong. Fields of a scope end in its place among the scopes: "scope_name_0".
func (in CatalogueEdit) check(next models.OwnCatalogue, at int) error {
	p := problems{}
	if at >= 0 {
		s := next.Services[at]
		p.text("title", s.Title)
		for i, sc := range s.Scopes {
			p.text(fmt.Sprintf("scope_description_%d", i), sc.Description)
		}
	}
	found, err := scopes.Problems(next)
	if err != nil {
		return err
	}
	for _, f := range found {
		switch {
		case f.Service != at: // a service that stood alone until the built-in one came beside it
			p.add("", "Service %q: %s", next.Services[f.Service].Name, f.Text)
		case f.Scope < 0:
			p.add(f.Field, "%s", f.Text)
		default:
			p.add(fmt.Sprintf("scope_%s_%d", f.Field, f.Scope), "%s", f.Text)
		}
	}
	return p.err()
}

// facts are those of what is edited alone: the rest of the catalogue stays as it is.
func (in CatalogueEdit) facts(o *op, old models.OwnCatalogue) {
	if in.BuiltIn != nil {
		o.objectName = "built-in catalogue"
		o.before, o.after = models.Facts{"built_in": old.BuiltIn}, models.Facts{"built_in": *in.BuiltIn}
		return
	}
	o.objectName = in.Service
	if was := old.Service(in.Service); was != nil {
		o.before = serviceFacts(*was)
	}
	if in.Put == nil {
		return
	}
	put := *in.Put
	if in.Service != "" {
		put.Name = in.Service
	}
	o.objectName, o.after = put.Name, serviceFacts(put)
}

func serviceFacts(s models.OwnService) models.Facts {
	return models.Facts{"name": s.Name, "title": s.Title, "scopes": s.Scopes}
}

// lost lists what leaves the catalogue and is held. Who counts is the whole desk: a gate refuses it everywhere.
func lost(tx *store.Tx, o *op, old, next models.OwnCatalogue) ([]Hit, error) {
	was, err := scopes.Build(old)
	if err != nil {
		return nil, err
	}
	is, err := scopes.Build(next)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	everywhere := models.FolderScope{All: true}
	for i := range was.Len() {
		if _, stays := is.Scope(was.Name(i)); stays {
			continue
		}
		held, err := counted(tx.CountKeysWithScope(everywhere, was.Name(i), o.at, countCap+1))
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{Name: was.Name(i), Held: held})
	}
	for _, r := range was.Roles() {
		if _, stays := is.Role(r.Name); stays {
			continue
		}
		held, err := counted(tx.CountAccountsWithRole(everywhere, r.Name, countCap+1))
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{Name: r.Name, Role: true, Held: held})
	}
	return slices.DeleteFunc(hits, func(h Hit) bool { return h.Held.N == 0 }), nil
}
