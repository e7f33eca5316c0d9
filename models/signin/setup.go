package signin

import (
	"context"
	"errors"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// linkLife is how long a one-time link works.
const linkLife = 24 * time.Hour

// ErrLinkDead is the one answer to a link that was used, has expired, was replaced, or never was.
var ErrLinkDead = models.NewError(models.NotFound, "link_dead",
	"This link does not work: it was used, has expired, or was not copied whole. Each link works once.")

// SetupLink makes the token of the link by which the first administrator is made; older ones stop working. Once a person
// exists there is none: the token is "".
func (s *Service) SetupLink(ctx context.Context) (token string, err error) {
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		token = ""
		people, err := tx.CountPeople()
		if err != nil || people > 0 {
			return err
		}
		token, err = s.link(tx, models.LinkSetup, "")
		return err
	})
	return token, err
}

// link replaces the links of one kind and person by a new one.
func (s *Service) link(tx *store.Tx, kind, personID string) (string, error) {
	token, digest, err := newToken(s.rand)
	if err != nil {
		return "", err
	}
	if err := tx.DeleteLinks(kind, personID); err != nil {
		return "", err
	}
	now := s.now()
	return token, tx.InsertLink(models.SignInLink{
		Digest: digest, Kind: kind, PersonID: personID, CreatedAt: now, ExpiresAt: now.Add(linkLife),
	})
}

// Link answers the link of a token without using it up, or ErrLinkDead. The person is zero for a set-up link.
func (s *Service) Link(ctx context.Context, kind, token string) (models.Person, error) {
	var person models.Person
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		person, err = s.linked(tx, kind, token)
		return err
	})
	if errors.Is(err, ErrLinkDead) {
		s.count(ctx, countLink)
	}
	return person, err
}

// linked checks that a link works now, and whose it is.
func (s *Service) linked(tx *store.Tx, kind, token string) (models.Person, error) {
	if !IsToken(token) {
		return models.Person{}, ErrLinkDead
	}
	link, err := tx.Link(digestOf(token))
	if models.CodeOf(err) == models.NotFound {
		return models.Person{}, ErrLinkDead
	}
	if err != nil {
		return models.Person{}, err
	}
	if link.Kind != kind || !link.UsedAt.IsZero() || models.Expired(link.ExpiresAt, s.now()) {
		return models.Person{}, ErrLinkDead
	}
	if kind == models.LinkSetup {
		return models.Person{}, nobodyYet(tx)
	}
	return tx.Person(link.PersonID)
}

func nobodyYet(tx *store.Tx) error {
	people, err := tx.CountPeople()
	if err == nil && people > 0 {
		return ErrLinkDead
	}
	return err
}

// use takes the link inside a transaction: of two requests at once, one gets it.
func (s *Service) use(tx *store.Tx, kind, token string) (models.Person, error) {
	person, err := s.linked(tx, kind, token)
	if err != nil {
		return person, err
	}
	err = tx.UseLink(digestOf(token), s.now())
	if code := models.CodeOf(err); err != nil && (code == models.NotFound || code == models.Conflict) {
		return person, ErrLinkDead
	}
	return person, err
}

// Setup makes the first administrator by the one-time link and signs them in.
func (s *Service) Setup(ctx context.Context, meta Meta, token, email, password string) (Granted, error) {
	if _, err := s.Link(ctx, models.LinkSetup, token); err != nil {
		return Granted{}, err // before any hash is computed: without a link nobody may have one
	}
	person, err := s.draft(ctx, newPerson{email: email, password: password, access: []string{models.Administrator}})
	if err != nil {
		return Granted{}, err
	}
	var g Granted
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.use(tx, models.LinkSetup, token); err != nil {
			return err
		}
		// Of two links of two processes, too, one wins: each waits for the other's row here.
		if err := errors.Join(tx.DeleteLinks(models.LinkSetup, ""), nobodyYet(tx)); err != nil {
			return err
		}
		if err := insert(tx, meta.person(person, "setup_link"), person); err != nil {
			return err
		}
		g, err = s.open(tx, meta, person, "setup_link", person.CreatedAt)
		return err
	})
	if err != nil {
		return Granted{}, err
	}
	return g, nil
}
