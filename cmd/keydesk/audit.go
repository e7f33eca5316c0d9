package main

import (
	"context"
	"errors"
	"fmt"

	"keydesk/models"
	"keydesk/models/manage"
)

type auditCmd struct {
	Verify auditVerify `cmd:"" help:"Check the whole log: nothing rewritten, nothing missing."`
	Head   auditHead   `cmd:"" help:"Sign and print how far the log goes now. Keep it elsewhere: it finds an end that is cut off later."`
}

type auditHead struct {
	JSON bool `name:"json" help:"Print JSON: it always does." hidden:""`
}

// Run signs and prints the head.
func (c *auditHead) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, _ models.Actor) error {
		s, err := openSigner(ctx, h)
		if err != nil {
			return err
		}
		head, err := h.signHead(ctx, s)
		if err != nil {
			return err
		}
		if head.Number == 0 {
			return errors.New("the audit log is empty: there is nothing to sign")
		}
		return printJSON(std.Out, headAsJSON(head))
	})
}

type auditVerify struct {
	Head string `help:"A file that \"audit head\" printed: the log has to contain what it says." placeholder:"FILE" type:"existingfile"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run verifies the log.
func (c *auditVerify) Run(ctx context.Context, std stdio, set *Settings) error {
	given, err := c.given()
	if err != nil {
		return err
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		s, err := openSigner(ctx, h)
		if err != nil {
			return err
		}
		own, err := readHead(set.auditHeadPath())
		if err != nil {
			return err
		}
		if own.Number > 0 {
			given = append(given, own)
		}
		r, err := h.Desk.VerifyAudit(ctx, by, s.Public(), given...)
		if err != nil {
			return err
		}
		return c.report(std, r)
	})
}

// given is the head that the flag names, if it names one.
func (c *auditVerify) given() ([]models.Head, error) {
	if c.Head == "" {
		return nil, nil
	}
	h, err := readHead(c.Head)
	if err != nil {
		return nil, usageError{err.Error()}
	}
	return []models.Head{h}, nil
}

func (c *auditVerify) report(std stdio, r manage.AuditReport) error {
	if c.JSON {
		err := printJSON(std.Out, struct {
			OK       bool   `json:"ok"`
			Events   int64  `json:"events"`
			UpTo     int64  `json:"verified_up_to"`
			Heads    int    `json:"signed_heads"`
			Problem  string `json:"problem,omitempty"`
			AtNumber int64  `json:"at_event,omitempty"`
		}{r.Problem == "", r.Events, r.UpTo, r.Heads, r.Problem, r.AtNumber})
		if err != nil {
			return err
		}
	}
	if r.Problem != "" {
		return fmt.Errorf("the audit log does NOT verify: %s", r.Problem)
	}
	if !c.JSON {
		_, _ = fmt.Fprintf(std.Out, "Verified: %d events, %d signed heads agree.\n", r.Events, r.Heads)
		if r.Heads == 0 && r.Events > 0 {
			_, _ = fmt.Fprintln(std.Out, "No signed head vouches for them: the events are a chain, but its end may have been cut off, or all of it written anew.")
		}
	}
	return nil
}
