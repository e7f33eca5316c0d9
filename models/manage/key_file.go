package manage

import (
	"encoding/json"
	"strings"
	"time"
)

// File writes a made key as the file that the published clients read, and its private half alone, with the line before it by
// which they know whose it is.
func (m MadeAuthorizedKey) File() (file, private string, err error) {
	k := m.Key
	private = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <" + k.ID + ">\n" + m.PrivateKey
	var text strings.Builder
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false) // people read the file, and no page takes it for markup
	to.SetIndent("", "  ")
	err = to.Encode(struct { //nolint:gosec // the one answer that has it
		ID        string `json:"id"`
		AccountID string `json:"service_account_id"`
		CreatedAt string `json:"created_at"`
		Algorithm string `json:"key_algorithm"`
		Public    string `json:"public_key"`
		Private   string `json:"private_key"`
	}{k.ID, k.AccountID, k.CreatedAt.Format(time.RFC3339Nano), k.Algorithm, k.PublicKey, private})
	return text.String(), private, err
}
