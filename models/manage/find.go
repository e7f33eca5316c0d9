package manage

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// FindRows is how many of each kind are found at most: whoever sees more looks for something narrower.
const FindRows = 20

// Found is what somebody looked for. How says by what; where it is FoundBySecret, there was a whole secret in the text.
type Found struct {
	Keys     []store.FoundKey
	Accounts []store.AccountRow
	How      FoundBy
	Gateway  models.Gateway // with FoundGateway
}

// FoundBy says what a text was taken for.
type FoundBy string

// What a text can be taken for.
const (
	FoundBySecret FoundBy = "secret"  // or its hash
	FoundGateway  FoundBy = "gateway" // the same, but it is a gateway's credential
	FoundByTail   FoundBy = "mask"
	FoundByID     FoundBy = "id"
	FoundByText   FoundBy = "text"
	FoundTypo     FoundBy = "typo" // it looks like a secret, but is none that was ever made
)

var (
	mask   = regexp.MustCompile(`^\*{2,}([0-9A-Za-z]{6})$`)
	tail   = regexp.MustCompile(`^[0-9A-Za-z]{6}$`)
	almost = regexp.MustCompile(`keydesk(gw)?_[0-9A-Za-z]{24}`) // no name has such a part; a secret that was cut off does
)

// Find looks for keys and accounts: by a secret, a mask, an id, or by how a name, an owner or a description begins. What is
// looked for is kept nowhere.
func (d *Desk) Find(ctx context.Context, by models.Actor, text string) (Found, error) {
	text = strings.TrimSpace(text)
	if sum, ok := secret.FirstSum(text); ok {
		return d.FindBySum(ctx, by, sum)
	}
	if almost.MatchString(text) {
		return Found{How: FoundTypo}, nil
	}
	if utf8.RuneCountInString(text) > models.MaxText {
		return Found{}, models.FieldProblems(models.Fields{"q": fmt.Sprintf("What is looked for has %d characters at most: shorten it", models.MaxText)})
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
			return d.findGateway(tx, digests, &f)
		}
		if err != nil {
			return err
		}
		f.Keys, err = tx.KeysByID(by.Folders(models.KeysView), s.KeyID)
		return err
	})
	return f, err
}

func (d *Desk) findGateway(tx *store.Tx, digests [][]byte, f *Found) error {
	g, err := tx.GatewayByDigest(digests...)
	if models.CodeOf(err) == models.NotFound {
		return nil
	}
	f.How, f.Gateway = FoundGateway, g
	return err
}
