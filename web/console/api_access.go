package console

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models/manage"
	"keydesk/views/api"
	"keydesk/web/render"
	"keydesk/web/session"
)

const purposeToken = "token.create"

var (
	tokenFields = fields{"form_id": once, "life": once}
	revokeToken = fields{"iam_token": pasted}
)

// APIAccess says what the management API is, and offers tokens for it.
func (h *Handler) APIAccess(c echo.Context) error {
	return h.apiAccess(c, http.StatusOK, api.Page{FormID: session.FormID(c, purposeToken)})
}

func (h *Handler) apiAccess(c echo.Context, status int, m api.Page) (err error) {
	if m.Endpoint, err = h.endpoint(c); err != nil {
		return err
	}
	return render.Page(c, status, api.Access(h.page(c), m))
}

// CreateToken makes an IAM token of whoever asks, and shows it in this response alone.
func (h *Handler) CreateToken(c echo.Context) error {
	f, err := readForm(c, tokenFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeToken, f.one("form_id")) {
		return h.refuse(c, "token.create", "token", "", foreignForm())
	}
	var life api.Life
	for _, l := range api.Lives {
		if l.Value == f.one("life") {
			life = l
		}
	}
	if life.For == 0 {
		f.problem("life", "Choose how long the token is good for")
	}
	by := session.Actor(c)
	if err := f.err(); err != nil {
		return h.tokenAgain(c, f, h.refuse(c, "token.create", "token", "", err))
	}
	made, err := h.Desk.CreateToken(c.Request().Context(), by, f.one("form_id"), by.ID, life.For)
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		return render.Page(c, http.StatusConflict, api.ShownOnce(h.page(c)))
	case err != nil:
		return h.tokenAgain(c, f, err)
	}
	return h.tokenOnce(c, made)
}

// tokenOnce answers with the token: the one place where it leaves the program in a page.
func (h *Handler) tokenOnce(c echo.Context, made manage.MadeToken) error {
	defer afterwards(c)()
	at, err := h.endpoint(c)
	if err != nil {
		return untold(err, "The token was made, but the page with it could not be read, and it is kept nowhere. End all your tokens, and make another.")
	}
	p := h.page(c)
	p.ThemeAction = "" // its way back is a page without the token
	m := api.Made{Endpoint: at, ID: made.ID, Now: h.now(), ExpiresAt: made.ExpiresAt}
	return render.Page(c, http.StatusCreated, api.MadePage(p, m, made.Token))
}

func (h *Handler) tokenAgain(c echo.Context, f *form, err error) error {
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	return h.apiAccess(c, http.StatusUnprocessableEntity, api.Page{FormID: f.one("form_id"), Life: f.one("life"), Problems: problems})
}

// RevokeToken ends the token that was pasted, whoever's it is. It is said back nowhere.
func (h *Handler) RevokeToken(c echo.Context) error {
	f, err := readForm(c, revokeToken)
	if err != nil {
		return err
	}
	if f.one("iam_token") == "" {
		f.problem("iam_token", "Paste the token that is to end")
	}
	if err = f.err(); err == nil {
		_, err = h.Desk.RevokeToken(c.Request().Context(), session.Actor(c), f.one("iam_token"))
	}
	if problems, ok := fieldsOf(err); ok {
		_ = h.refuse(c, "token.revoke", "token", "", err)
		m := api.Page{FormID: session.FormID(c, purposeToken), Problems: problems}
		if typed := f.one("iam_token"); !strings.Contains(typed, "t1.") { // a part of a token goes back nowhere, too
			m.Typed = typed
		}
		return h.apiAccess(c, http.StatusUnprocessableEntity, m)
	}
	if err != nil {
		return err
	}
	return done(c, api.Path, "The token is revoked: it is refused from now on.")
}

// EndTokens asks whether all tokens of whoever is signed in may end.
func (h *Handler) EndTokens(c echo.Context) error {
	return render.Page(c, http.StatusOK, api.End(h.page(c)))
}

// DoEndTokens ends them.
func (h *Handler) DoEndTokens(c echo.Context) error {
	if err := h.plain(c, "token.end_all", "person"); err != nil {
		return err
	}
	by := session.Actor(c)
	if err := h.Desk.EndTokens(c.Request().Context(), by, by.ID); err != nil {
		return err
	}
	return done(c, api.Path, "All your IAM tokens are ended.")
}

// endpoint is where programs find the API: what is advertised, else where the browser found the console.
func (h *Handler) endpoint(c echo.Context) (api.Endpoint, error) {
	base := h.APIURL
	if base == "" {
		base = h.publicURL(c)
	}
	u, err := url.Parse(base)
	if err != nil {
		return api.Endpoint{}, err
	}
	at := api.Endpoint{URL: u.Scheme + "://" + u.Host, TLS: u.Scheme == "https", Address: u.Host}
	if u.Port() == "" {
		port := "80"
		if at.TLS {
			port = "443"
		}
		at.Address = net.JoinHostPort(u.Hostname(), port)
	}
	folder, err := h.Desk.DefaultFolder(c.Request().Context(), session.Actor(c))
	at.Folder = folder.ID
	return at, err
}
