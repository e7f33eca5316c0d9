package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/layout"
	"keydesk/views/settings"
	"keydesk/web/render"
	"keydesk/web/session"
)

const (
	purposeGateway = "gateway.create"
	paramGateway   = "gateway"
)

var gatewayFields = fields{"form_id": once, "name": once}

// Gateways lists the credentials of gateways.
func (h *Handler) Gateways(c echo.Context) error {
	if err := onlyParams(c, paramGateway, paramDone, paramRevision, paramMillis); err != nil {
		return err
	}
	list, err := h.Desk.Gateways(c.Request().Context(), session.Actor(c))
	if err != nil {
		return err
	}
	m := settings.GatewaysPage{Now: h.now(), Can: settingsCan(c)}
	p := h.page(c)
	for _, g := range list {
		if g.RevokedAt.IsZero() {
			m.Live = append(m.Live, g)
			continue
		}
		m.Revoked = append(m.Revoked, g)
		if err := h.gatewayFlash(c, &p, g); err != nil {
			return err
		}
	}
	return render.Page(c, http.StatusOK, settings.Gateways(p, m))
}

// gatewayFlash says what a revoke came to that the address names.
func (h *Handler) gatewayFlash(c echo.Context, p *layout.Page, g models.Gateway) error {
	ref := readChange(c)
	if ref.done != doneRevoked || c.QueryParam(paramGateway) != g.ID {
		return nil
	}
	f, err := h.flash(c, subject{models.ChangeGateway, g.ID}, ref, "The credential of "+g.Name+" is revoked: every request with it is refused.", nil)
	if f != nil {
		p.Flash = f
	}
	return err
}

// NewGateway shows the form of a new credential.
func (h *Handler) NewGateway(c echo.Context) error {
	return render.Page(c, http.StatusOK, settings.NewGateway(h.page(c), settings.GatewayForm{FormID: session.FormID(c, purposeGateway)}))
}

// CreateGateway makes a credential and shows it in this response alone.
func (h *Handler) CreateGateway(c echo.Context) error {
	f, err := readForm(c, gatewayFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeGateway, f.one("form_id")) {
		return h.refuse(c, "gateway.create", "gateway", "", foreignForm())
	}
	if err := f.err(); err != nil {
		return h.gatewayAgain(c, f, h.refuse(c, "gateway.create", "gateway", "", err))
	}
	ctx, by := c.Request().Context(), session.Actor(c)
	g, plain, conf, err := h.Desk.CreateGateway(ctx, by, manage.NewGateway{FormID: f.one("form_id"), Name: f.one("name")})
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		made, err := h.Desk.Gateway(ctx, by, before.ObjectID)
		if err != nil {
			return err
		}
		return render.Page(c, http.StatusConflict, settings.GatewayShownOnce(h.page(c), made))
	case err != nil:
		return h.gatewayAgain(c, f, err)
	}
	m := settings.GatewayIssued{Gateway: g, GateURL: h.GateURL}
	if conf.Revision > 0 {
		shown := confirmation(conf)
		m.Confirmation = &shown
	}
	p := h.page(c)
	p.ThemeAction = "" // its way back is a page without the secret
	return render.Page(c, http.StatusCreated, settings.GatewayIssuedPage(p, m, plain.Reveal()))
}

func (h *Handler) gatewayAgain(c echo.Context, f *form, err error) error {
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	m := settings.GatewayForm{FormID: f.one("form_id"), Name: f.raw("name"), Problems: problems}
	return render.Page(c, http.StatusUnprocessableEntity, settings.NewGateway(h.page(c), m))
}

// RevokeGateway asks whether a credential may end.
func (h *Handler) RevokeGateway(c echo.Context) error {
	g, err := h.Desk.Gateway(c.Request().Context(), session.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	if !g.RevokedAt.IsZero() {
		return stateError("gateway_revoked", "This credential is revoked already. Create another for its gateway.")
	}
	return render.Page(c, http.StatusOK, settings.RevokeGateway(h.page(c), settings.RevokeGatewayPage{Gateway: g}))
}

// DoRevokeGateway ends a credential for good.
func (h *Handler) DoRevokeGateway(c echo.Context) error {
	if err := h.plain(c, "gateway.revoke", "gateway"); err != nil {
		return err
	}
	id := c.Param("id")
	conf, err := h.Desk.RevokeGateway(c.Request().Context(), session.Actor(c), id)
	if err != nil {
		return err
	}
	q := changeRef{done: doneRevoked, revision: conf.Revision, millis: conf.Took.Milliseconds()}.query()
	q.Set(paramGateway, id)
	return c.Redirect(http.StatusSeeOther, settings.GatewaysPath+"?"+q.Encode())
}
