package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"keydesk/models"
	"keydesk/models/journal"
	"keydesk/models/manage"
)

type restoreCmd struct {
	Accept restoreAccept `cmd:"" help:"Accept a database that went back in time: do again what the revocation journal knows, then let gates answer."`
}

type restoreAccept struct {
	JournalFlag
	WithoutJournal bool `help:"Accept the database without its revocation journal, which is lost: what the database has forgotten, such as revokes after its backup, stays forgotten. The audit log says that you did."`
	JSON           bool `name:"json" help:"Print JSON."`
}

// Help is what --help says beside the flags.
func (restoreAccept) Help() string {
	return `A database that is restored from a backup, or a standby that is promoted before it had everything, has forgotten the last
changes. Gates notice, and answer nothing until the database is accepted. "keydesk serve" does that by itself, at its start or
while it runs, where it has its revocation journal; this command does the same by hand.

Keys that were revoked are revoked again, accounts deleted, secrets retired and gateways' credentials revoked, each with its
event. Keys and accounts that were disabled, suspended or narrowed are on hold: disabled or suspended until somebody looks at
them and lifts it. Then the database begins a new epoch, and every gate loads it anew.

Where the journal is lost, revoke by hand what has to stay revoked, then use --without-journal.`
}

// mergedJSON is what a merge came to.
type mergedJSON struct {
	Problem        string `json:"problem"`
	Revoked        int    `json:"revoked_keys"`
	Deleted        int    `json:"deleted_accounts"`
	Suspended      int    `json:"suspended_accounts"`
	Retired        int    `json:"retired_secrets"`
	Gateways       int    `json:"revoked_gateways"`
	HeldKeys       int    `json:"keys_on_hold"`
	HeldAccounts   int    `json:"accounts_on_hold"`
	UnknownObjects int    `json:"unknown_objects"`
	Epoch          int64  `json:"new_epoch"`
}

// Run merges and accepts.
func (c *restoreAccept) Run(ctx context.Context, std stdio, set *Settings) error {
	if c.WithoutJournal && c.RevocationJournal != "" {
		return usageError{"--without-journal is for a journal that is lost: leave --revocation-journal out, or bring the file back"}
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		var said models.Journaled
		if !c.WithoutJournal {
			var err error
			if said, err = journal.Read(c.journalPath(set)); err != nil {
				return err
			}
			if said.Empty() {
				return models.NewError(models.Precondition, "journal_missing", "There is no revocation journal in "+within(c.journalPath(set))+
					", or nothing is in it. Bring the journal back and name it with --revocation-journal. Where it is lost for good, revoke by hand "+
					"what has to stay revoked, then: \"keydesk restore accept --without-journal\".")
			}
		}
		above, err := h.Desk.EpochInAlarm(ctx)
		if err != nil {
			return err
		}
		m, err := h.Desk.MergeJournal(ctx, by, &said, manage.Merge{WithoutJournal: c.WithoutJournal, Above: above})
		if err != nil {
			return err
		}
		h.tellMerged(ctx, m)
		if c.JSON {
			return printJSON(std.Out, mergedJSON(m))
		}
		return sayMerged(std.Out, m)
	})
}

func sayMerged(w io.Writer, m manage.Merged) error {
	if m == (manage.Merged{UnknownObjects: m.UnknownObjects}) {
		_, err := fmt.Fprintln(w, "There is nothing to accept: the database has all that the revocation journal knows.")
		return err
	}
	var did []string
	for _, d := range []struct {
		n    int
		what string
	}{
		{m.Revoked, "keys revoked again"}, {m.Deleted, "accounts deleted again"}, {m.Suspended, "accounts suspended that cannot be deleted"},
		{m.Retired, "keys whose old secrets are retired again"}, {m.Gateways, "gateways' credentials revoked again"},
		{m.HeldKeys, "keys on hold: look at each, then enable it"}, {m.HeldAccounts, "accounts on hold: look at each, then reactivate it"},
		{m.UnknownObjects, "objects of the journal that the database does not have"},
	} {
		if d.n > 0 {
			did = append(did, fmt.Sprintf("  %d %s\n", d.n, d.what))
		}
	}
	end := "The database was accepted already."
	if m.Epoch > 0 {
		end = fmt.Sprintf("The database is accepted: epoch %d. Gates load it anew.", m.Epoch)
	}
	_, err := fmt.Fprintf(w, "%s%s\n", strings.Join(did, ""), end)
	return err
}
