package store

import (
	"context"
	"slices"

	"keydesk/models"
)

// FeedMax is the most rows of the change feed that one Feed covers.
const FeedMax = 1000

// Feed reads what changed after a revision: the rows in order, and the final state of everything that they touch, in one
// snapshot. From is the row of that revision as it stands now; where nothing followed, Last is that row too.
func (s *Store) Feed(ctx context.Context, after int64) (models.Feed, error) {
	var feed models.Feed
	err := s.hotRead(ctx, func(tx *Tx) error {
		var err error
		feed, err = tx.feed(after)
		return err
	})
	return feed, err
}

func (tx *Tx) feed(after int64) (models.Feed, error) {
	now, err := tx.Clock()
	if err != nil {
		return models.Feed{}, err
	}
	feed := models.Feed{Now: now}
	if feed.Origin, err = tx.origin(); err != nil {
		return models.Feed{}, err
	}
	if feed.Epoch, err = tx.Epoch(); err != nil {
		return models.Feed{}, err
	}
	var changes []models.Change
	err = tx.db.Where("revision >= ?", after).Order("revision").Limit(FeedMax + 1).Find(&changes).Error
	if err != nil {
		return models.Feed{}, translate(err)
	}
	if len(changes) > 0 && changes[0].Revision == after {
		feed.From, changes = changes[0], changes[1:]
	}
	feed.Last = feed.From
	if len(changes) > 0 {
		feed.More = len(changes) >= FeedMax
		feed.Last = changes[len(changes)-1]
	}
	return feed, tx.touched(&feed, changes)
}

// touched adds the final state of what the rows name. An object that is no more cannot be: nothing is ever deleted.
func (tx *Tx) touched(feed *models.Feed, changes []models.Change) error {
	ids := map[models.ChangeKind][]string{}
	for _, c := range changes {
		if !slices.Contains(ids[c.Kind], c.ObjectID) {
			ids[c.Kind] = append(ids[c.Kind], c.ObjectID)
		}
	}
	feed.Peppers = len(ids[models.ChangePepper]) > 0
	if len(ids[models.ChangeCatalogue]) > 0 {
		own, err := tx.Catalogue()
		if err != nil {
			return err
		}
		feed.Catalogue = &own
	}
	var err error
	if feed.Accounts, err = tx.gateAccounts(ids[models.ChangeAccount]); err != nil {
		return err
	}
	if feed.Keys, err = tx.gateKeys(ids[models.ChangeKey]); err != nil {
		return err
	}
	if len(ids[models.ChangeGateway]) > 0 {
		err = tx.db.Where("id IN ?", ids[models.ChangeGateway]).Order("id").Find(&feed.Gateways).Error
	}
	return translate(err)
}

func (tx *Tx) gateAccounts(ids []string) ([]models.GateAccount, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var found []models.Account
	if err := tx.db.Where("id IN ?", ids).Order("id").Find(&found).Error; err != nil {
		return nil, translate(err)
	}
	roles, err := tx.RolesOf(ids...)
	list := make([]models.GateAccount, len(found))
	for i, a := range found {
		list[i] = models.GateAccount{
			ID: a.ID, FolderID: a.FolderID, Suspended: !a.Suspended.At.IsZero(), SuspendedUntil: a.Suspended.Until,
			ExpiresAt: a.ExpiresAt, Deleted: !a.DeletedAt.IsZero(), Roles: roles[a.ID],
		}
	}
	return list, err
}

func (tx *Tx) gateKeys(ids []string) ([]models.GateKey, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var found []models.Key
	if err := tx.db.Where("id IN ?", ids).Order("id").Find(&found).Error; err != nil {
		return nil, translate(err)
	}
	keys := make([]*models.Key, len(found))
	for i := range found {
		keys[i] = &found[i]
	}
	if err := tx.fillKeys(keys); err != nil {
		return nil, err
	}
	last, err := tx.lastUsedOf(ids)
	list := make([]models.GateKey, len(found))
	for i, k := range found {
		list[i] = gateKey(k, last[k.ID])
	}
	return list, err
}

func gateKey(k models.Key, last models.LastUsed) models.GateKey {
	g := models.GateKey{
		ID: k.ID, AccountID: k.AccountID, ExpiresAt: k.ExpiresAt, Disabled: !k.Disabled.At.IsZero(), DisabledUntil: k.Disabled.Until,
		Revoked: !k.Revoked.At.IsZero(), Scopes: k.Scopes, UsedBefore: !last.Allowed.At.IsZero(),
	}
	for _, s := range k.Secrets {
		secret := models.GateSecret{ID: s.ID, PepperVersion: s.PepperVersion, RetiresAt: s.RetiresAt, Retired: !s.RetiredAt.IsZero()}
		copy(secret.Digest[:], s.Digest)
		g.Secrets = append(g.Secrets, secret)
	}
	return g
}
