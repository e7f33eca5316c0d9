package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

type accountCmd struct {
	Create     accountCreate     `cmd:"" help:"Create a service account."`
	List       accountList       `cmd:"" help:"List service accounts."`
	Suspend    accountSuspend    `cmd:"" help:"Refuse all keys of an account until it is reactivated."`
	Reactivate accountReactivate `cmd:"" help:"Lift a suspension."`
	Delete     accountDelete     `cmd:"" help:"Delete an account and revoke its keys; the records stay."`

	AuthorizedKey authorizedKeyCmd `cmd:"" help:"The key pairs by which an account itself gets IAM tokens."`
}

type accountCreate struct {
	Name        string   `required:"" help:"3 to 63 characters: a-z, 0-9 and -."`
	Description string   `help:"What it is for."`
	Role        []string `help:"A role that the account has; may be given several times." sep:"none"`
	Owner       string   `help:"Mail address of the person or team that answers for it."`
	Folder      string   `help:"ID of the folder, as 'keydesk folder list' shows it (default: the default folder)."`
	ExpiresAt   moment   `help:"When the account ends; after it all its keys are refused: 2027-02-21 (00:00 UTC) or 2027-02-21T09:00:00Z." placeholder:"TIME"`
	JSON        bool     `name:"json" help:"Print JSON."`
}

type accountJSON struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	FolderID    string   `json:"folder_id"`
	Description string   `json:"description"`
	Owner       string   `json:"owner"`
	Roles       []string `json:"roles"`
	State       string   `json:"state"`
	CreatedAt   *string  `json:"created_at"`
	ExpiresAt   *string  `json:"expires_at"`
}

func accountAsJSON(a models.Account, now time.Time) accountJSON {
	return accountJSON{
		a.ID, a.Name, a.FolderID, a.Description, a.Owner, append([]string{}, a.Roles...), string(a.State(now)), stamp(a.CreatedAt), stamp(a.ExpiresAt),
	}
}

// Run creates the account.
func (c *accountCreate) Run(ctx context.Context, std stdio, set *Settings) error {
	return makingHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, conf, err := h.Desk.CreateAccount(ctx, by, manage.NewAccount{
			Name: c.Name, Description: c.Description, Roles: c.Role, Owner: c.Owner, FolderID: c.Folder, ExpiresAt: time.Time(c.ExpiresAt),
		})
		if err != nil {
			return err
		}
		if c.JSON {
			warn(std.Err, conf)
			return printJSON(std.Out, accountAsJSON(a, time.Now()))
		}
		_, _ = fmt.Fprintf(std.Out, "%s  %s\n", a.ID, a.Name)
		say(std.Err, conf)
		return nil
	})
}

type accountList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists all accounts that are not deleted.
func (c *accountList) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		list := newListing(std.Out, c.JSON, "ID\tNAME\tSTATE\tOWNER\tROLES\tKEYS\tLAST USED\tFOLDER")
		err := eachAccount(ctx, h, by, func(r store.AccountRow) error {
			a := accountAsJSON(r.Account, time.Now())
			return list.row(a, a.ID, a.Name, a.State, a.Owner, strings.Join(a.Roles, ","), fmt.Sprint(r.LiveKeys), shown(r.LastUsed, "never used"), a.FolderID)
		})
		if err != nil {
			return err
		}
		return list.close()
	})
}

func eachAccount(ctx context.Context, h *host, by models.Actor, do func(store.AccountRow) error) error {
	for f := (manage.AccountFilter{Limit: rowsAtATime}); ; {
		l, err := h.Desk.Accounts(ctx, by, f)
		if err != nil {
			return err
		}
		for _, r := range l.Page.Rows {
			if err := do(r); err != nil {
				return err
			}
		}
		if !l.Page.More {
			return nil
		}
		f.After = l.Page.Next
	}
}

// stopFlags are shared by everything that disables, suspends, revokes or deletes.
type stopFlags struct {
	Reason string `enum:"leaked,unused,superseded,owner-left,other" default:"other" help:"leaked, unused, superseded, owner-left or other."`
	Note   string `help:"A note for those who read this later."`
}

func (s stopFlags) stop() manage.Stop {
	return manage.Stop{Reason: models.Reason(s.Reason), Note: s.Note}
}

type accountSuspend struct {
	Account string `arg:"" help:"ID or name."`
	stopFlags
	Until moment `help:"When the suspension ends by itself: 2027-02-21 (00:00 UTC) or 2027-02-21T09:00:00Z." placeholder:"TIME"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run suspends the account.
func (c *accountSuspend) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		s := c.stop()
		s.Until = time.Time(c.Until)
		a, conf, err := h.Desk.SuspendAccount(ctx, by, a.ID, s)
		return answerAccount(ctx, std, h, by, a, conf, err, c.JSON)
	})
}

type accountReactivate struct {
	Account string `arg:"" help:"ID or name."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run lifts the suspension.
func (c *accountReactivate) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		a, conf, err := h.Desk.ReactivateAccount(ctx, by, a.ID)
		return answerAccount(ctx, std, h, by, a, conf, err, c.JSON)
	})
}

type accountDelete struct {
	Account string `arg:"" help:"ID or name."`
	Name    string `required:"" help:"The account's name again, so that the wrong one is not deleted by a slip."`
	stopFlags
	JSON bool `name:"json" help:"Print JSON."`
}

// Run deletes the account.
func (c *accountDelete) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		conf, err := h.Desk.DeleteAccount(ctx, by, a.ID, c.Name, c.stop())
		if err != nil {
			return err
		}
		a, err = h.Desk.Account(ctx, by, a.ID)
		return answerAccount(ctx, std, h, by, a, conf, err, c.JSON)
	})
}

// answerAccount tells of a changed account, what happened around a stop, and what the gates said.
func answerAccount(ctx context.Context, std stdio, h *host, by models.Actor, a models.Account, conf manage.Confirmation, err error, asJSON bool) error {
	if err != nil {
		return err
	}
	o := outcome{Confirmation: conf}
	if state := a.State(time.Now()); state == models.AccountSuspended || state == models.AccountDeleted {
		around, err := h.Desk.AccountAftermath(ctx, by, a.ID)
		o = stopped(conf, around, err)
	}
	if asJSON {
		o.warn(std.Err)
		return printJSON(std.Out, struct {
			accountJSON
			Confirmation confirmation `json:"confirmation"`
		}{accountAsJSON(a, time.Now()), o.json()})
	}
	_, _ = fmt.Fprintf(std.Out, "%s  %s  %s\n", a.ID, a.Name, a.State(time.Now()))
	o.say(std.Err)
	return nil
}
