package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"keydesk/models/manage"
)

// openSigner reads the key that signs heads, or makes it where the log has no signed head yet.
func openSigner(ctx context.Context, h *host) (manage.Signer, error) {
	path := h.set.auditKeyPath()
	b, err := os.ReadFile(path) //nolint:gosec // beside the pepper
	if errors.Is(err, os.ErrNotExist) {
		signed, err := h.signed(ctx)
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

// signed reports whether a head was ever signed: then the key that signed it has to be there.
func (h *host) signed(ctx context.Context) (bool, error) {
	stored, err := h.Desk.LastHead(ctx)
	if err != nil || stored.Number > 0 {
		return err == nil, err
	}
	kept, err := readHead(h.set.auditHeadPath())
	return kept.Number > 0, err
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
