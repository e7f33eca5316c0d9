package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

type auditCmd struct {
	Verify auditVerify `cmd:"" help:"Check the whole log: nothing rewritten, nothing missing."`
	Head   auditHead   `cmd:"" help:"Sign and print how far the log goes now. Keep it elsewhere: it finds an end that is cut off later."`
}

// headJSON is a signed head as it is kept elsewhere.
type headJSON struct {
	Number    int64  `json:"number"`
	Hash      string `json:"hash"`
	SignedAt  string `json:"signed_at"`
	KeyID     string `json:"key_id"`
	Signature string `json:"signature"`
}

func headAsJSON(h models.Head) headJSON {
	return headJSON{h.Number, hex.EncodeToString(h.Hash), h.SignedAt.UTC().Format(time.RFC3339Nano), h.KeyID, hex.EncodeToString(h.Signature)}
}

func (j headJSON) head() (models.Head, error) {
	hash, err1 := hex.DecodeString(j.Hash)
	sig, err2 := hex.DecodeString(j.Signature)
	at, err3 := time.Parse(time.RFC3339Nano, j.SignedAt)
	return models.Head{Number: j.Number, Hash: hash, SignedAt: at, KeyID: j.KeyID, Signature: sig}, errors.Join(err1, err2, err3)
}

type auditHead struct{}

// Run signs and prints the head.
func (c *auditHead) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, _ models.Actor) error {
		s, err := openSigner(ctx, h, set.auditKeyPath())
		if err != nil {
			return err
		}
		head, err := h.Desk.SignHead(ctx, s)
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
	kept, err := c.kept()
	if err != nil {
		return err
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		s, err := openSigner(ctx, h, set.auditKeyPath())
		if err != nil {
			return err
		}
		r, err := h.Desk.VerifyAudit(ctx, by, s.Public(), kept)
		if err != nil {
			return err
		}
		return c.report(std, r)
	})
}

func (c *auditVerify) kept() (*models.Head, error) {
	if c.Head == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.Head)
	if err != nil {
		return nil, err
	}
	var j headJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return nil, usageError{c.Head + " is not what \"keydesk audit head\" printed"}
	}
	h, err := j.head()
	if err != nil {
		return nil, usageError{c.Head + " is not what \"keydesk audit head\" printed"}
	}
	return &h, nil
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
	}
	return nil
}

// openSigner reads the key that signs heads, or makes it where the log has no signed head yet.
func openSigner(ctx context.Context, h *host, path string) (manage.Signer, error) {
	b, err := os.ReadFile(path) //nolint:gosec // beside the pepper
	if errors.Is(err, os.ErrNotExist) {
		signed, err := h.Desk.HasHeads(ctx)
		if err != nil {
			return manage.Signer{}, err
		}
		if signed {
			return manage.Signer{}, fmt.Errorf("the audit log's signing key %s is missing, and heads were signed with it: bring the file back", path)
		}
		return makeSigner(path)
	}
	if err != nil {
		return manage.Signer{}, err
	}
	return parseSigner(b, path)
}

const signerBlock = "PRIVATE KEY"

func parseSigner(b []byte, path string) (manage.Signer, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != signerBlock {
		return manage.Signer{}, fmt.Errorf("%s holds no private key", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	ed, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return manage.Signer{}, fmt.Errorf("%s holds no Ed25519 key", path)
	}
	return manage.Signer{Key: ed}, nil
}

// makeSigner writes a new key for its owner alone. Where another process was faster, that one's key is taken.
func makeSigner(path string) (manage.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return manage.Signer{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return manage.Signer{}, err
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	text := pem.EncodeToMemory(&pem.Block{Type: signerBlock, Bytes: der})
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return manage.Signer{}, err
	}
	defer func() { _ = os.Remove(tmp) }()
	if err := os.Link(tmp, path); err != nil && !errors.Is(err, os.ErrExist) { // a link, unlike a rename, never overwrites
		return manage.Signer{}, err
	}
	b, err := os.ReadFile(path) //nolint:gosec // beside the pepper
	if err != nil {
		return manage.Signer{}, err
	}
	return parseSigner(b, path)
}
