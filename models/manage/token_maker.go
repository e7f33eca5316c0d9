package manage

import (
	"time"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/store"
)

// maker refuses a token of an account that somebody made by one of theirs, once that was ended, or they may not make it any
// more: what is taken from somebody is not left to them under another name. by leads to the first of such tokens.
func (d *Desk) maker(tx *store.Tx, meta models.Actor, by *models.TokenLink, accountID string) error {
	for ; by != nil; by, accountID = by.By, by.SubjectID {
		stands, err := tx.TokenStands(by.ID, by.SubjectID, time.UnixMicro(by.IssuedAt).UTC())
		if err != nil {
			return err
		}
		if !stands {
			return errToken("The IAM token by which this one was made was revoked")
		}
		who, err := d.subject(tx, meta, iamtoken.Claims{SubjectType: by.SubjectType, SubjectID: by.SubjectID})
		if err != nil {
			return err
		}
		a, err := tx.Account(models.FolderScope{All: true}, accountID)
		if err != nil {
			return err
		}
		err = forbidden(models.TokensImpersonate)
		if who.MayOn(models.TokensImpersonate, a.FolderID, a.ID) {
			err = mayActAs(tx, who, a)
		}
		switch {
		case models.CodeOf(err) == models.Forbidden && err != nil:
			return errToken("Who made this IAM token may not act as its service account any more")
		case err != nil:
			return err
		}
	}
	return nil
}
