package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Exported says what left as a file, for its event. Complete is false where the reader left before the end.
type Exported struct {
	What     string // the list: "keys", "accounts", "audit"
	Format   string
	Filter   string // the list's address, as text
	Rows     int64
	SHA256   string // of what was sent, in hex
	Complete bool
}

// exportEventFor bounds how long the event of an export may take: its reader may be gone.
const exportEventFor = 5 * time.Second

// RecordExport makes an event of an export. It is written after the file, whatever became of the reader: the rows that left
// are part of it.
func (d *Desk) RecordExport(ctx context.Context, by models.Actor, x Exported) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportEventFor)
	defer cancel()
	o := d.op(by, x.What+".export", x.What, "")
	o.after = models.Facts{"format": x.Format, "filter": x.Filter, "rows": x.Rows, "sha256": x.SHA256, "complete": x.Complete}
	_, err := d.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Record(o.event())
		return nil
	})
	return err
}
