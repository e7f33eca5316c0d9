package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

type keyCmd struct {
	Create  keyCreate  `cmd:"" help:"Create a key and print its secret, once."`
	List    keyList    `cmd:"" help:"List keys with their last-used dates."`
	Disable keyDisable `cmd:"" help:"Refuse a key until it is enabled."`
	Enable  keyEnable  `cmd:"" help:"Lift a disable."`
	Reissue keyReissue `cmd:"" help:"Give a key a new secret; id, scopes and expiry stay."`
	Revoke  keyRevoke  `cmd:"" help:"End a key for good."`
	Find    keyFind    `cmd:"" help:"Find the key of a secret that is read from standard input."`
}

// viaCLI marks keys that the command line made.
const viaCLI = "cli"

// rowsAtATime is how many rows a list command reads in one query.
const rowsAtATime = 1000

type keyCreate struct {
	Account     string   `required:"" help:"ID or name of the service account."`
	Scope       []string `help:"A scope; may be given several times. Without any the key gets the default scopes." sep:"none"`
	ExpiresIn   span     `xor:"expiry" help:"How long it is valid (default: what the key policy says, 90d unless it was changed)." placeholder:"90d"`
	ExpiresAt   moment   `xor:"expiry" help:"Until when it is valid: 2027-02-21 (00:00 UTC) or 2027-02-21T09:00:00Z." placeholder:"TIME"`
	Never       bool     `xor:"expiry" help:"It does not expire."`
	Description string   `help:"Where the key will live."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

type keyJSON struct {
	ID               string       `json:"id"`
	ServiceAccountID string       `json:"service_account_id"`
	Description      string       `json:"description"`
	Scopes           []string     `json:"scopes"`
	DefaultScopes    bool         `json:"default_scopes"`
	CreatedAt        *string      `json:"created_at"`
	ExpiresAt        *string      `json:"expires_at"`
	LastUsedAt       *string      `json:"last_used_at"`
	LastUsed         *requestJSON `json:"last_used"`
	LastRefused      *requestJSON `json:"last_refused"`
	MaskedSecret     string       `json:"masked_secret"`
	State            string       `json:"state"`
}

// requestJSON is one request, as the last-used date shows it.
type requestJSON struct {
	At      *string `json:"at"`
	Scope   string  `json:"scope"`
	Address string  `json:"address"`
	Agent   string  `json:"agent"`
	Reason  string  `json:"reason,omitempty"`
}

func sighting(s models.Sighting) *requestJSON {
	if s.At.IsZero() {
		return nil
	}
	out := &requestJSON{At: stamp(s.At), Scope: s.Scope, Address: s.Address, Agent: s.Agent}
	if s.Reason != models.Allowed {
		out.Reason = string(s.Reason)
	}
	return out
}

func keyAsJSON(k models.Key, used models.LastUsed, now time.Time) keyJSON {
	return keyJSON{
		ID: k.ID, ServiceAccountID: k.AccountID, Description: k.Description, Scopes: append([]string{}, k.Scopes...), DefaultScopes: k.DefaultScopes,
		CreatedAt: stamp(k.CreatedAt), ExpiresAt: stamp(k.ExpiresAt), LastUsedAt: stamp(used.Allowed.At), LastUsed: sighting(used.Allowed),
		LastRefused: sighting(used.Refused), MaskedSecret: k.Mask(), State: string(k.State(now)),
	}
}

// Run creates the key.
func (c *keyCreate) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		made, err := h.Desk.CreateKey(ctx, by, manage.NewKey{
			AccountID: a.ID, Description: c.Description, Scopes: c.Scope, Via: viaCLI,
			Expiry: manage.Expiry{At: time.Time(c.ExpiresAt), In: time.Duration(c.ExpiresIn), Never: c.Never},
		})
		if err := answerSecret(std, made, err, c.JSON); err != nil {
			return err
		}
		return h.warnOfRoles(ctx, std, made)
	})
}

// warnOfRoles names the scopes of a new key that no role of its account permits: the gate refuses them.
func (h *host) warnOfRoles(ctx context.Context, std stdio, made manage.Issued) error {
	cat, err := h.Desk.Catalogue(ctx)
	if err != nil {
		return err
	}
	permitted := cat.Permitted(made.Account.Roles)
	refused := slices.DeleteFunc(slices.Clone(made.Key.Scopes), func(s string) bool { return slices.Contains(permitted, s) })
	if len(refused) > 0 {
		_, _ = fmt.Fprintf(std.Err, "No role of %s permits these, so the gate refuses them: %s\n", made.Account.Name, strings.Join(refused, ", "))
	}
	return nil
}

// answerSecret prints a new secret: alone on stdout, so that it can be piped; all else goes to stderr.
func answerSecret(std stdio, made manage.Issued, err error, asJSON bool) error {
	if err != nil {
		return err
	}
	if asJSON {
		warn(std.Err, made.Confirmation)
		return printJSON(std.Out, struct {
			ID            string       `json:"id"`
			Secret        string       `json:"secret"`
			Scopes        []string     `json:"scopes"`
			DefaultScopes bool         `json:"default_scopes"`
			ExpiresAt     *string      `json:"expires_at"`
			MaskedSecret  string       `json:"masked_secret"`
			Confirmation  confirmation `json:"confirmation"`
		}{made.Key.ID, made.Secret.Reveal(), made.Key.Scopes, made.Key.DefaultScopes, stamp(made.Key.ExpiresAt), made.Key.Mask(), confirmed(made.Confirmation)})
	}
	if _, err := fmt.Fprintln(std.Out, made.Secret.Reveal()); err != nil {
		return fmt.Errorf("the secret could not be written, and is kept nowhere; reissue key %s for another: %w", made.Key.ID, err)
	}
	_, _ = fmt.Fprintf(std.Err, "Key %s of %s, valid until %s, for:\n", made.Key.ID, made.Account.Name, shown(made.Key.ExpiresAt, "revoked (no expiry)"))
	for _, s := range made.Key.Scopes {
		_, _ = fmt.Fprintf(std.Err, "  %s\n", s)
	}
	if made.Key.DefaultScopes {
		_, _ = fmt.Fprintln(std.Err, "No scope was named, so the key has the default scopes.")
	}
	for _, s := range made.Key.Secrets[1:] {
		if s.Live(time.Now()) {
			_, _ = fmt.Fprintf(std.Err, "The old secret %s is accepted until %s.\n", s.Mask(), shown(s.RetiresAt, "it is retired"))
		}
	}
	_, _ = fmt.Fprintln(std.Err, "The secret is on standard output, this once.")
	say(std.Err, made.Confirmation)
	return nil
}

type keyList struct {
	Account string `help:"ID or name of a service account (default: all)."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run lists the keys, newest first.
func (c *keyList) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		names, err := accountNames(ctx, h, by)
		if err != nil {
			return err
		}
		list := newListing(std.Out, c.JSON, "ID\tDESCRIPTION\tACCOUNT\tMASK\tSTATE\tSCOPES\tEXPIRES\tLAST USED\tLAST REFUSED")
		err = c.each(ctx, h, by, func(r store.KeyRow) error {
			k := keyAsJSON(r.Key, r.LastUsed, time.Now())
			return list.row(k, k.ID, r.Description, cmp.Or(names[r.AccountID], r.AccountID), k.MaskedSecret, k.State, strings.Join(k.Scopes, ","),
				shown(r.ExpiresAt, "never"), lastUse(r.LastUsed.Allowed), lastRefusal(r.LastUsed.Refused))
		})
		if err != nil {
			return err
		}
		return list.close()
	})
}

// accountNames are the names of the accounts that are not deleted.
func accountNames(ctx context.Context, h *host, by models.Actor) (map[string]string, error) {
	names := map[string]string{}
	err := eachAccount(ctx, h, by, func(r store.AccountRow) error { names[r.ID] = r.Name; return nil })
	return names, err
}

func lastUse(s models.Sighting) string {
	if s.At.IsZero() {
		return "never used"
	}
	return fmt.Sprintf("%s %s from %s (%s)", shown(s.At, ""), s.Scope, s.Address, s.Agent)
}

func lastRefusal(s models.Sighting) string {
	if s.At.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%s %s %s from %s (%s)", shown(s.At, ""), s.Reason, s.Scope, s.Address, s.Agent)
}

func (c *keyList) each(ctx context.Context, h *host, by models.Actor, do func(store.KeyRow) error) error {
	account := ""
	if c.Account != "" {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		account = a.ID
	}
	for after := (models.Cursor{}); ; {
		p, err := h.Desk.AllKeys(ctx, by, account, after, rowsAtATime)
		if err != nil {
			return err
		}
		for _, r := range p.Rows {
			if err := do(r); err != nil {
				return err
			}
		}
		if !p.More {
			return nil
		}
		after = p.Next
	}
}

type keyEnable struct {
	ID   string `arg:"" help:"Key ID."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run enables the key.
func (c *keyEnable) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		k, conf, err := h.Desk.EnableKey(ctx, by, c.ID)
		return answerKey(ctx, std, h, by, k, conf, err, c.JSON)
	})
}

type keyReissue struct {
	ID        string `arg:"" help:"Key ID."`
	Overlap   span   `xor:"overlap" help:"How long the old secret is accepted beside the new one (default: not at all)." placeholder:"24h"`
	RetiresAt moment `xor:"overlap" help:"Until when the old secret is accepted: 2027-02-21 (00:00 UTC) or 2027-02-21T09:00:00Z." placeholder:"TIME"`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Run reissues the key.
func (c *keyReissue) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		made, err := h.Desk.ReissueKey(ctx, by, c.ID, manage.Reissue{Overlap: time.Duration(c.Overlap), RetiresAt: time.Time(c.RetiresAt)})
		return answerSecret(std, made, err, c.JSON)
	})
}

// answerKey tells of a changed key, its last requests, and what the gates said.
func answerKey(ctx context.Context, std stdio, h *host, by models.Actor, k models.Key, conf manage.Confirmation, err error, asJSON bool) error {
	if err != nil {
		return err
	}
	used := models.LastUsed{}
	if detail, err := h.Desk.Key(ctx, by, k.ID); err == nil { // the change is done: what cannot be read beside it is left out
		used = detail.LastUsed
	}
	o := outcome{Confirmation: conf}
	if !k.Revoked.At.IsZero() || k.State(time.Now()) == models.KeyDisabled {
		around, err := h.Desk.KeyAftermath(ctx, by, k.ID)
		o = stopped(conf, around, err)
	}
	if asJSON {
		o.warn(std.Err)
		return printJSON(std.Out, struct {
			keyJSON
			Confirmation confirmation `json:"confirmation"`
		}{keyAsJSON(k, used, time.Now()), o.json()})
	}
	_, _ = fmt.Fprintf(std.Out, "%s  %s  %s\n", k.ID, k.Name(), k.State(time.Now()))
	_, _ = fmt.Fprintf(std.Err, "Last used: %s\n", lastUse(used.Allowed))
	o.say(std.Err)
	return nil
}

type keyFind struct {
	Stdin bool `required:"" help:"Read the secret from standard input: an argument would be in the shell's history and in the process list."`
	JSON  bool `name:"json" help:"Print JSON."`
}

// maxSecretInput is more than any secret; a longer input is none.
const maxSecretInput = 4096

// Run finds the key.
func (c *keyFind) Run(ctx context.Context, std stdio, set *Settings) error {
	text, err := io.ReadAll(io.LimitReader(std.In, maxSecretInput))
	if err != nil {
		return errors.New("the secret could not be read from standard input")
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		k, err := h.Desk.FindKey(ctx, by, strings.TrimSpace(string(text)))
		if err != nil {
			return err
		}
		detail, err := h.Desk.Key(ctx, by, k.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, keyAsJSON(detail.Key, detail.LastUsed, time.Now()))
		}
		_, _ = fmt.Fprintf(std.Out, "%s  %s  %s  of %s\n", k.ID, k.Name(), k.State(time.Now()), detail.Account.Name)
		return nil
	})
}
