package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

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

// auditHeadPath is where the newest signed head is kept outside the database, beside the key that signed it: who can write
// the database alone can neither cut the log's end off nor write it anew unseen.
func (s Settings) auditHeadPath() string {
	return filepath.Join(filepath.Dir(s.auditKeyPath()), auditHeadFile)
}

// signHead signs how far the log goes, after the head that is kept outside the database, and keeps the new one there.
func (h *host) signHead(ctx context.Context, s manage.Signer) (models.Head, error) {
	path := h.set.auditHeadPath()
	kept, err := readHead(path)
	if err != nil {
		return models.Head{}, err
	}
	head, err := h.Desk.SignHead(ctx, s, kept)
	if err != nil || head.Number <= kept.Number {
		return head, err
	}
	return head, writeHead(path, head)
}

// setHeadAside takes a kept head out of the way whose event the database has forgotten, after the database was accepted:
// no log could be signed after it. It stays beside as the proof of what was there.
func (h *host) setHeadAside(ctx context.Context) error {
	path := h.set.auditHeadPath()
	kept, err := readHead(path)
	if err != nil || kept.Number == 0 {
		return err
	}
	if has, err := h.Desk.HasEvent(ctx, kept); err != nil || has {
		return err
	}
	aside := fmt.Sprintf("%s.forgotten-%d", path, kept.Number)
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("setting the audit log's head aside: %w", err)
	}
	h.Log.Warn("the audit log lost its end when the database went back in time: the signed head that knows it is set aside as a proof",
		"event", kept.Number, "head", within(aside))
	return nil
}

// witness is the key of the signed heads, and the newest head that is kept beside it.
func (h *host) witness(s manage.Signer) (manage.Witness, error) {
	w := manage.Witness{Public: s.Public()}
	kept, err := readHead(h.set.auditHeadPath())
	if kept.Number > 0 {
		w.Kept = append(w.Kept, kept)
	}
	return w, err
}

// readHead reads what "audit head" printed; where the file of our own is not there yet, that is the zero head.
func readHead(path string) (models.Head, error) {
	b, err := os.ReadFile(path) //nolint:gosec // beside the pepper, or the operator names it
	if errors.Is(err, os.ErrNotExist) {
		return models.Head{}, nil
	}
	if err != nil {
		return models.Head{}, err
	}
	var j headJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err = d.Decode(&j)
	h, damaged := j.head()
	if err != nil || damaged != nil || d.More() || h.Number < 1 {
		return models.Head{}, fmt.Errorf("%s is not what \"keydesk audit head\" printed", path)
	}
	return h, nil
}

// writeHead replaces the file in one step: half a head would stop the next signing.
func writeHead(path string, head models.Head) error {
	var text bytes.Buffer
	if err := printJSON(&text, headAsJSON(head)); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".head-*") // 0600
	if err != nil {
		return fmt.Errorf("keeping the audit log's head: %w", err)
	}
	_, err = tmp.Write(text.Bytes())
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("keeping the audit log's head: %w", err)
	}
	return nil
}
