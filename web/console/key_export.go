package console

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/web/render"
	"keydesk/web/session"
)

// KeysCSV sends the keys that the list's address selects as CSV.
func (h *Handler) KeysCSV(c echo.Context) error { return h.exportKeys(c, render.CSV) }

// KeysJSON sends them as JSON, one object a line.
func (h *Handler) KeysJSON(c echo.Context) error { return h.exportKeys(c, render.JSON) }

// keyColumns are the fields of a key in a file.
var keyColumns = []string{
	"id", "description", "masked_secret", "state", "attention", "service_account_id", "service_account", "owner", "scopes", "default_scopes",
	"created_at", "created_by", "created_via", "expires_at", "last_used_at", "last_used_scope", "last_used_address",
	"last_refused_at", "last_refused_reason", "disabled_at", "disabled_until", "revoked_at", "reason", "folder_id", "folder",
}

// exportKeys streams what the list's address selects.
func (h *Handler) exportKeys(c echo.Context, format string) error {
	q, err := readKeyQuery(c)
	if err != nil {
		return err
	}
	if len(q.problems) > 0 {
		return models.FieldProblems(q.problems)
	}
	by, now := session.Actor(c), h.now()
	folders, err := h.allFolderNames(c.Request().Context(), by)
	if err != nil {
		return err
	}
	file := sheet{
		what: "keys", name: "keydesk-keys-" + now.Format(fileTime), format: format, filter: keyListAt(keys.ListPath, q.values()), columns: keyColumns,
		needs: models.Export,
	}
	return h.export(c, file, func(ctx context.Context, row rowFunc) error {
		return h.Desk.ExportKeys(ctx, by, q.search, func(k *manage.ListedKey) error {
			in := folders[k.FolderID]
			return row(func() []string { return keyCells(k, in, now) }, func() any { return keyObject(k, in, now) })
		})
	})
}

func keyCells(k *manage.ListedKey, folder string, now time.Time) []string {
	return []string{
		k.ID, k.Description, k.Mask(), string(k.State(now)), strings.Join(attentionWords(k, now), ", "), k.AccountID, k.Account.Name, k.Account.Owner,
		strings.Join(k.Scopes, " "), strconv.FormatBool(k.DefaultScopes),
		keyTime(k.CreatedAt), k.CreatedBy, k.CreatedVia, keyTime(k.ExpiresAt),
		keyTime(k.LastUsed.Allowed.At), k.LastUsed.Allowed.Scope, k.LastUsed.Allowed.Address,
		keyTime(k.LastUsed.Refused.At), string(k.LastUsed.Refused.Reason),
		keyTime(k.Disabled.At), keyTime(k.Disabled.Until), keyTime(k.Revoked.At), string(stoppedFor(k)), k.FolderID, folder,
	}
}

// stoppedFor is the reason of the revoke, else of the disable.
func stoppedFor(k *manage.ListedKey) models.Reason {
	if !k.Revoked.At.IsZero() {
		return k.Revoked.Reason
	}
	return k.Disabled.Reason
}

func attentionWords(k *manage.ListedKey, now time.Time) []string {
	words := []string{}
	for _, a := range k.Attention(k.LastUsed, now) {
		words = append(words, string(a))
	}
	return words
}

// keyTime is RFC 3339 in UTC; "" is none.
func keyTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// keyLine is a key as one line of JSON. A time that there is none of is null, as in the command line's.
type keyLine struct {
	ID               string          `json:"id"`
	ServiceAccountID string          `json:"service_account_id"`
	ServiceAccount   string          `json:"service_account"`
	Owner            string          `json:"owner"`
	FolderID         string          `json:"folder_id"`
	Folder           string          `json:"folder"`
	Description      string          `json:"description"`
	MaskedSecret     string          `json:"masked_secret"`
	State            models.KeyState `json:"state"`
	Attention        []string        `json:"attention"`
	Scopes           []string        `json:"scopes"`
	DefaultScopes    bool            `json:"default_scopes"`
	CreatedAt        *string         `json:"created_at"`
	CreatedBy        string          `json:"created_by"`
	CreatedVia       string          `json:"created_via"`
	ExpiresAt        *string         `json:"expires_at"`
	LastUsedAt       *string         `json:"last_used_at"`
	LastUsedScope    string          `json:"last_used_scope,omitempty"`
	LastUsedAddress  string          `json:"last_used_address,omitempty"`
	LastRefusedAt    *string         `json:"last_refused_at"`
	LastRefused      models.Outcome  `json:"last_refused_reason,omitempty"`
	DisabledAt       *string         `json:"disabled_at"`
	DisabledUntil    *string         `json:"disabled_until"`
	RevokedAt        *string         `json:"revoked_at"`
	Reason           models.Reason   `json:"reason,omitempty"`
}

func keyObject(k *manage.ListedKey, folder string, now time.Time) keyLine {
	at := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		text := keyTime(t)
		return &text
	}
	return keyLine{
		ID: k.ID, ServiceAccountID: k.AccountID, ServiceAccount: k.Account.Name, Owner: k.Account.Owner, FolderID: k.FolderID, Folder: folder,
		Description: k.Description, MaskedSecret: k.Mask(), State: k.State(now), Attention: attentionWords(k, now), Scopes: k.Scopes,
		DefaultScopes: k.DefaultScopes, CreatedAt: at(k.CreatedAt), CreatedBy: k.CreatedBy, CreatedVia: k.CreatedVia, ExpiresAt: at(k.ExpiresAt),
		LastUsedAt: at(k.LastUsed.Allowed.At), LastUsedScope: k.LastUsed.Allowed.Scope, LastUsedAddress: k.LastUsed.Allowed.Address,
		LastRefusedAt: at(k.LastUsed.Refused.At), LastRefused: k.LastUsed.Refused.Reason,
		DisabledAt: at(k.Disabled.At), DisabledUntil: at(k.Disabled.Until), RevokedAt: at(k.Revoked.At), Reason: stoppedFor(k),
	}
}
