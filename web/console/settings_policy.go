package console

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/settings"
	"keydesk/web/render"
	"keydesk/web/session"
)

var policyFields = fields{"version": once, "default": once, "max": once, "never": once}

// Policy shows the key policy as a form, and the keys that break it.
func (h *Handler) Policy(c echo.Context) error {
	if err := onlyParams(c, paramDone); err != nil {
		return err
	}
	policy, err := h.Desk.KeyPolicy(c.Request().Context())
	if err != nil {
		return err
	}
	m := settings.PolicyPage{Version: policy.Version, Default: strconv.Itoa(policy.DefaultDays), Max: maxText(policy), Never: neverText(policy)}
	return h.policyForm(c, http.StatusOK, m)
}

func maxText(p models.KeyPolicy) string {
	if p.MaxDays == 0 {
		return ""
	}
	return strconv.Itoa(p.MaxDays)
}

func neverText(p models.KeyPolicy) string {
	if p.Never {
		return settings.NeverAllowed
	}
	return settings.NeverRefused
}

// UpdatePolicy saves the policy. One of an older version comes back with what somebody else made of it meanwhile.
func (h *Handler) UpdatePolicy(c echo.Context) error {
	f, err := readForm(c, policyFields)
	if err != nil {
		return err
	}
	in := models.KeyPolicy{Version: f.catalogueVersion(), DefaultDays: f.days("default")}
	if f.one("max") != "" {
		in.MaxDays = f.days("max")
	}
	switch f.one("never") {
	case settings.NeverAllowed:
		in.Never = true
	case settings.NeverRefused:
	default:
		f.problem("never", "Choose one of these")
	}
	if err := f.err(); err != nil {
		return h.policyAgain(c, f, in.Version, h.refuse(c, "policy.update", "policy", "key", err))
	}
	if _, err := h.Desk.SetKeyPolicy(c.Request().Context(), session.Actor(c), in); err != nil {
		return h.policyAgain(c, f, in.Version, err)
	}
	return done(c, settings.PolicyPath, "The key policy is saved. It holds for every key that is made or gets a new expiry from now on.")
}

// days reads a number of days, at least one.
func (f *form) days(name string) int {
	n, err := strconv.Atoi(f.one(name))
	if err != nil || n < 1 || n > models.MaxPolicyDays {
		f.problem(name, "Enter whole days, from 1 to "+strconv.Itoa(models.MaxPolicyDays))
	}
	return n
}

// policyAgain answers a refused form as it was typed; what is no problem of the form goes on.
func (h *Handler) policyAgain(c echo.Context, f *form, version int64, err error) error {
	m := settings.PolicyPage{Version: version, Default: f.one("default"), Max: f.one("max"), Never: f.one("never")}
	if models.ReasonOf(err) == "changed_meanwhile" {
		now, err := h.Desk.KeyPolicy(c.Request().Context())
		if err != nil {
			return err
		}
		m.Version, m.Problems = now.Version, policyChanged(now, m)
		return h.policyForm(c, http.StatusConflict, m)
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	m.Problems = problems
	return h.policyForm(c, http.StatusUnprocessableEntity, m)
}

// policyChanged says beside each field what somebody else made of it meanwhile.
func policyChanged(now models.KeyPolicy, m settings.PolicyPage) models.Fields {
	p := models.Fields{"": changedMeanwhile}
	for _, d := range []struct{ field, typed, now string }{
		{"default", m.Default, strconv.Itoa(now.DefaultDays)}, {"max", m.Max, maxText(now)}, {"never", m.Never, neverText(now)},
	} {
		if d.typed != d.now {
			p[d.field] = "It says now: " + orNone(d.now)
		}
	}
	return p
}

func (h *Handler) policyForm(c echo.Context, status int, m settings.PolicyPage) error {
	found, err := h.Desk.KeysBeyondPolicy(c.Request().Context(), session.Actor(c))
	if err != nil {
		return err
	}
	m.Can, m.Beyond = settingsCan(c), settings.Beyond{Now: h.now(), Latest: found.Latest, Late: keysText(found.Late), Endless: keysText(found.Endless)}
	for _, k := range found.First {
		m.Beyond.First = append(m.Beyond.First, settings.BeyondKey{
			ID: k.ID, Name: models.Key{ID: k.ID, Description: k.Description}.Name(), AccountID: k.AccountID, Account: k.AccountName, ExpiresAt: k.ExpiresAt,
		})
	}
	return render.Page(c, status, settings.Policy(h.page(c), m))
}

// keysText is a count of keys in words; "" for none.
func keysText(n manage.Counted) string {
	switch n.N {
	case 0:
		return ""
	case 1:
		return "1 key"
	}
	return shownCount(n) + " keys"
}
