package console

import (
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/find"
	"keydesk/views/settings"
	"keydesk/web/render"
	"keydesk/web/session"
)

// findFields: q may hold a secret, where no script has put its hash into digest.
var findFields = fields{"q": pasted, "digest": once}

// FindForm asks what to look for.
func (h *Handler) FindForm(c echo.Context) error {
	return render.Page(c, http.StatusOK, find.FindPage(h.page(c), find.Page{Now: h.now()}))
}

// Find looks for it. The answer is no redirect: what was looked for must not get into an address.
func (h *Handler) Find(c echo.Context) error {
	f, err := readForm(c, findFields)
	if err != nil {
		return err
	}
	if f.problems[""] != "" {
		return f.err()
	}
	if problem := f.problems["q"]; problem != "" {
		return h.notLookedFor(c, f.one("q"), problem)
	}
	if strings.TrimSpace(f.one("q")) == "" && f.one("digest") == "" {
		return h.notLookedFor(c, "", "Paste a secret, or type what you have of the key")
	}
	if manage.HoldsToken(f.one("q")) {
		return h.notLookedFor(c, "", "This is no key: it is an IAM token of the management API. Revoke it on the page API access")
	}
	m := find.Page{Now: h.now(), Asked: true}
	found, err := h.find(c, f, &m)
	if problems, ok := fieldsOf(err); ok {
		return h.notLookedFor(c, f.one("q"), problems["q"])
	}
	if err != nil {
		return err
	}
	if found.How == manage.FoundGateway && session.Actor(c).MayAnywhere(models.GatewaysManage) {
		m.Gateway, m.GatewayHref = found.Gateway.Name, settings.GatewaysPath
	}
	m.What = foundWords(found, len(found.Keys))
	for _, k := range found.Keys {
		m.Keys = append(m.Keys, find.Key{Row: h.keyRow(c, k.Key, k.Account, k.LastUsed), Owner: k.Account.Owner})
	}
	for _, a := range found.Accounts {
		m.Accounts = append(m.Accounts, find.Account{
			ID: a.ID, Name: a.Name, Owner: a.Owner, State: a.State(m.Now), LiveKeys: int64(a.LiveKeys), LastUsed: a.LastUsed,
		})
	}
	m.More = len(m.Keys) >= manage.FindRows || len(m.Accounts) >= manage.FindRows
	return render.Page(c, http.StatusOK, find.FindPage(h.page(c), m))
}

// notLookedFor gives the text back with its problem, unless there is a secret in it.
func (h *Handler) notLookedFor(c echo.Context, text, problem string) error {
	if manage.HoldsSecret(text) {
		text = ""
	}
	return render.Page(c, http.StatusUnprocessableEntity, find.FindPage(h.page(c), find.Page{Now: h.now(), Text: text, Problem: problem}))
}

// find takes the hash of a secret, or else the text.
func (h *Handler) find(c echo.Context, f *form, m *find.Page) (manage.Found, error) {
	ctx, by, text := c.Request().Context(), session.Actor(c), f.one("q")
	if digest := f.one("digest"); digest != "" {
		raw, err := hex.DecodeString(digest)
		if err != nil || len(raw) != 32 {
			return manage.Found{}, echo.ErrBadRequest
		}
		return h.Desk.FindBySum(ctx, by, [32]byte(raw))
	}
	found, err := h.Desk.Find(ctx, by, text)
	m.Sent = manage.HoldsSecret(text)
	if !m.Sent && found.How != manage.FoundTypo {
		m.Text = text
	}
	return found, err
}

// foundWords says what the text was taken for.
func foundWords(f manage.Found, n int) string {
	switch {
	case f.How == manage.FoundBySecret && n == 0:
		return "No key of this installation has this secret: it was mistyped, made elsewhere, or its pepper was dropped."
	case f.How == manage.FoundBySecret:
		return "This is the secret of the key below."
	case f.How == manage.FoundGateway && f.Gateway.RevokedAt.IsZero():
		return "This is no key's secret: it is the credential of a gateway, which an administrator revokes under Settings, Gateways."
	case f.How == manage.FoundGateway:
		return "This is no key's secret: it is the credential of a gateway, and it is revoked."
	case f.How == manage.FoundTypo:
		return "This looks like a secret, but its checksum fails: a character is missing or mistyped."
	case f.How == manage.FoundByTail && n > 0:
		return "Keys one of whose secrets ends so."
	}
	return ""
}
