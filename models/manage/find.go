package manage

import (
	"context"
	"regexp"
	"strings"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// FindRows is how many of each kind are found at most: whoever sees more looks for something narrower.
const FindRows = 20

// Found is what somebody looked for. How says by what; where it is FoundBySecret, the text was a whole secret.
type Found struct {
	Keys     []store.FoundKey
	Accounts []store.AccountRow
	How      FoundBy
}

// FoundBy says what a text was taken for.
type FoundBy string

// What a text can be taken for.
const (
	FoundBySecret FoundBy = "secret" // or its hash
	FoundByTail   FoundBy = "mask"
	FoundByID     FoundBy = "id"
	FoundByText   FoundBy = "text"
	FoundTypo     FoundBy = "typo" // it begins like a secret, but its checksum fails
)

var (
	mask   = regexp.MustCompile(`^\*{2,}([0-9A-Za-z]{6})$`)
	tail   = regexp.MustCompile(`^[0-9A-Za-z]{6}$`)
	begins = regexp.MustCompile(`keydesk(gw)?_`)
)

// Find looks for keys and accounts: by a secret, a mask, an id, or by how a name, an owner or a description begins. What is
// looked for is kept nowhere.
func (d *Desk) Find(ctx context.Context, by models.Actor, text string) (Found, error) {
	text = strings.TrimSpace(text)
	if sum, ok := secret.Sum(text); ok {
		return d.FindBySum(ctx, by, sum)
	}
	if begins.MatchString(text) {
		return Found{How: FoundTypo}, nil
	}
	f := Found{How: FoundByText}
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		scope := by.Folders(models.KeysView)
		switch m := mask.FindStringSubmatch(text); {
		case text == "":
			return nil
		case m != nil:
			f.How = FoundByTail
			f.Keys, err = tx.KeysByTail(scope, m[1], FindRows)
			return err
		case models.IsID(text):
			f.How = FoundByID
			if f.Keys, err = tx.KeysByID(scope, text); err != nil || len(f.Keys) > 0 {
				return err
			}
		}
		return d.findText(tx, by, text, &f)
	})
	return f, err
}

// findText looks for what begins like the text; six characters may be the end of a secret, too.
func (d *Desk) findText(tx *store.Tx, by models.Actor, text string, f *Found) (err error) {
	if f.Keys, err = tx.KeysByDescription(by.Folders(models.KeysView), text, FindRows); err != nil {
		return err
	}
	if tail.MatchString(text) {
		byTail, err := tx.KeysByTail(by.Folders(models.KeysView), text, FindRows)
		if err != nil {
			return err
		}
		f.Keys = append(byTail, f.Keys...)
	}
	page, err := tx.Accounts(store.AccountQuery{
		Scope: by.Folders(models.AccountsView), Search: text, Limit: FindRows, Now: d.now(),
	})
	f.Accounts = page.Rows
	return err
}

// FindBySum looks for the key of a secret by the SHA-256 of its text, so that the secret itself need not travel.
func (d *Desk) FindBySum(ctx context.Context, by models.Actor, sum [32]byte) (Found, error) {
	var digests [][]byte
	for _, v := range d.Peppers.Versions() {
		if digest, ok := d.Peppers.Digest(v, sum); ok {
			digests = append(digests, digest[:])
		}
	}
	f := Found{How: FoundBySecret}
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		s, err := tx.KeySecretByDigest(digests...)
		if models.CodeOf(err) == models.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		f.Keys, err = tx.KeysByID(by.Folders(models.KeysView), s.KeyID)
		return err
	})
	return f, err
}
