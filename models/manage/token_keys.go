package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/store"
)

// ReplaceTokenKey puts a new key for IAM tokens in their file. Tokens of the key before stay good until they end, or are
// useless at once, for when that key leaked. Running servers read the file again by themselves.
func (d *Desk) ReplaceTokenKey(ctx context.Context, by models.Actor, path string, atOnce bool) (version int, err error) {
	o := d.op(by, "token.replace_key", "token_key", "")
	if !by.MayAnywhere(models.SettingsManage) {
		return 0, d.refused(ctx, o, forbidden(models.SettingsManage))
	}
	if version, err = iamtoken.Replace(path, d.Rand, atOnce); err != nil { // the file first: it is what a leak makes urgent
		return 0, err
	}
	_, err = d.change(ctx, o, func(*store.Tx) error {
		o.after = models.Facts{"current": version, "at_once": atOnce}
		return nil
	})
	return version, err
}
