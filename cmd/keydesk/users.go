package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/models/store"
)

type userCmd struct {
	Add     userAdd     `cmd:"" help:"Let a person sign in. Without a password they get a one-time link."`
	List    userList    `cmd:"" help:"List people."`
	Access  userAccess  `cmd:"" help:"Give a person another access in place of theirs; their sessions end at once."`
	Reset   userReset   `cmd:"" help:"Print a one-time link by which a person sets a new password."`
	Disable userDisable `cmd:"" help:"Keep a person out; their sessions end at once."`
	Enable  userEnable  `cmd:"" help:"Let a disabled person in again."`
	Unlock  userUnlock  `cmd:"" help:"Let a person try again at once who typed too many wrong passwords."`
}

type userAdd struct {
	Email         string   `required:"" help:"Their mail address, with which they sign in."`
	Access        []string `required:"" enum:"administrator,operator,responder,reviewer" help:"administrator, operator, responder or reviewer; may be given several times."`
	PasswordStdin bool     `help:"Read the password from standard input, one line."`
	JSON          bool     `name:"json" help:"Print JSON."`
}

// Run adds the person.
func (c *userAdd) Run(ctx context.Context, std stdio, set *Settings) error {
	password := ""
	if c.PasswordStdin {
		var err error
		if password, err = readLine(std.In); err != nil {
			return err
		}
	}
	return makingHost(ctx, set, std, func(h *host, by models.Actor) error {
		p, token, err := h.People.AddPerson(ctx, by, c.Email, c.Access, password)
		if err != nil {
			return err
		}
		return h.answerLink(ctx, std, p, token, c.JSON)
	})
}

// readLine reads one line, without its end.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxSecretInput)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", errors.New("the password could not be read from standard input")
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usageError{"--password-stdin: standard input is empty"}
	}
	return line, nil
}

type userReset struct {
	Email string `arg:"" help:"Their mail address."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run makes the link.
func (c *userReset) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		token, err := h.People.ResetLink(ctx, by, c.Email)
		if err != nil {
			return err
		}
		return h.answerLink(ctx, std, models.Person{Email: c.Email}, token, c.JSON)
	})
}

// answerLink prints a person and, where there is one, the link that is theirs alone.
func (h *host) answerLink(ctx context.Context, std stdio, p models.Person, token string, asJSON bool) error {
	link := ""
	if token != "" {
		base, err := h.publicURL(ctx)
		if err != nil {
			return err
		}
		link = base + "/reset/" + token
	}
	if asJSON {
		return printJSON(std.Out, struct {
			ID    string `json:"id,omitempty"`
			Email string `json:"email"`
			Link  string `json:"link,omitempty"`
		}{p.ID, p.Email, link})
	}
	if link == "" {
		_, _ = fmt.Fprintf(std.Out, "%s  %s\n", p.ID, p.Email)
		return nil
	}
	if _, err := fmt.Fprintln(std.Out, link); err != nil {
		return fmt.Errorf("the link could not be written, and is kept nowhere; make another with \"keydesk user reset\": %w", err)
	}
	_, _ = fmt.Fprintf(std.Err, "Give this link to %s. It works once, for 24 hours.\n", p.Email)
	return nil
}

// publicURLSetting is where a server leaves the address that people reach it by, for links that a command prints.
const publicURLSetting = "public_url"

func (h *host) publicURL(ctx context.Context) (base string, err error) {
	err = h.Store.Read(ctx, func(tx *store.Tx) error {
		base, err = tx.Setting(publicURLSetting)
		return err
	})
	if base == "" && (err == nil || models.CodeOf(err) == models.NotFound) {
		return "http://localhost:8080", nil
	}
	return base, err
}

type userList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

type personJSON struct {
	ID           string   `json:"id"`
	Email        string   `json:"email"`
	Access       []string `json:"access"`
	Disabled     bool     `json:"disabled"`
	CreatedAt    *string  `json:"created_at"`
	LastSignInAt *string  `json:"last_sign_in_at"`
}

// Run lists people.
func (c *userList) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		people, err := h.People.People(ctx, by)
		if err != nil {
			return err
		}
		out, rows := []personJSON{}, [][]string{}
		for _, p := range people {
			out = append(out, personJSON{p.ID, p.Email, append([]string{}, p.Access...), !p.DisabledAt.IsZero(), stamp(p.CreatedAt), stamp(p.LastSignInAt)})
			rows = append(rows, []string{p.ID, p.Email, strings.Join(p.Access, ","), shown(p.DisabledAt, "-"), shown(p.LastSignInAt, "never")})
		}
		if c.JSON {
			return printJSON(std.Out, out)
		}
		return table(std.Out, "ID\tEMAIL\tACCESS\tDISABLED\tLAST SIGN-IN", rows)
	})
}

type userAccess struct {
	Email  string   `arg:"" help:"Their mail address."`
	Access []string `required:"" enum:"administrator,operator,responder,reviewer" help:"All that they may be from now on: administrator, operator, responder or reviewer; may be given several times."`
	JSON   bool     `name:"json" help:"Print JSON."`
}

// Run changes the access.
func (c *userAccess) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		people, err := h.People.People(ctx, by)
		if err != nil {
			return err
		}
		var seen []string
		for _, p := range people {
			if signin.EmailKey(p.Email) == signin.EmailKey(c.Email) {
				seen = p.Access
			}
		}
		if err := h.People.ChangeAccess(ctx, by, c.Email, seen, c.Access); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				Email  string   `json:"email"`
				Access []string `json:"access"`
			}{c.Email, c.Access})
		}
		_, _ = fmt.Fprintf(std.Out, "%s is %s now; their sessions are ended.\n", c.Email, strings.Join(c.Access, ", "))
		return nil
	})
}

type userDisable struct {
	Email string `arg:"" help:"Their mail address."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run disables the person.
func (c *userDisable) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		if err := h.People.DisablePerson(ctx, by, c.Email); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, disabledJSON{c.Email, true})
		}
		_, _ = fmt.Fprintf(std.Out, "%s is disabled; their sessions are ended.\n", c.Email)
		return nil
	})
}

// disabledJSON says whether a person is kept out now.
type disabledJSON struct {
	Email    string `json:"email"`
	Disabled bool   `json:"disabled"`
}

type userEnable struct {
	Email string `arg:"" help:"Their mail address."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run enables the person.
func (c *userEnable) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		if err := h.People.EnablePerson(ctx, by, c.Email); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, disabledJSON{c.Email, false})
		}
		_, _ = fmt.Fprintf(std.Out, "%s may sign in again.\n", c.Email)
		return nil
	})
}

type userUnlock struct {
	Email string `arg:"" help:"Their mail address."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run ends the lock-out.
func (c *userUnlock) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		if err := h.People.Unlock(ctx, by, c.Email); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				Email  string `json:"email"`
				Locked bool   `json:"locked"`
			}{c.Email, false})
		}
		_, _ = fmt.Fprintf(std.Out, "%s may try again at once.\n", c.Email)
		return nil
	})
}
