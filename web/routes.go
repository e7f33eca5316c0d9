// Package web is the console's server and the table of every route: who asks, for what, and which handler answers.
package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/static"
	"keydesk/web/session"
)

// Open routes are answered without looking at who asks, so that they answer while the database does not.
const Open models.Permission = "open"

// Gateway routes of the gate ask for a gateway's credential, where the gate listens beyond loopback.
const Gateway models.Permission = "gateway"

// Route is one line of the table. The zero permission is held by nobody: a route that forgets to declare one is shut.
type Route struct {
	Method string
	Path   string
	For    models.Permission
	Do     echo.HandlerFunc
}

// routes is the console listener's table. A permission here opens the door in any folder; the object's own folder, and
// what may be lifted by whom, is checked by the desk.
func (s *server) routes() []Route {
	c, in := s.Console, s.SignIn
	return append([]Route{
		{"GET", "/healthz", Open, healthz},
		{"GET", static.Prefix + "*", Open, echo.WrapHandler(static.Handler())},

		{"GET", "/signin", session.Anyone, in.SignInForm},
		{"POST", "/signin", session.Anyone, in.SignIn},
		{"POST", "/signout", session.SignedIn, in.SignOut},
		{"GET", "/setup", session.Anyone, in.SetupForm},
		{"GET", "/setup/:token", session.Anyone, in.SetupLink},
		{"POST", "/setup", session.Anyone, in.Setup},
		{"GET", "/reset", session.Anyone, in.ResetForm},
		{"GET", "/reset/:token", session.Anyone, in.ResetLink},
		{"POST", "/reset", session.Anyone, in.Reset},

		{"GET", "/", session.SignedIn, c.Home},
		{"POST", "/theme", session.SignedIn, c.Theme},
		{"GET", "/service-accounts", models.AccountsView, c.Accounts},
		{"GET", "/service-accounts/new", models.AccountsCreate, c.NewAccount},
		{"POST", "/service-accounts/new", models.AccountsCreate, c.CreateAccount},
		{"GET", "/service-accounts/:id", models.AccountsView, c.Account},
		{"GET", "/service-accounts/:id/edit", models.AccountsUpdate, c.EditAccount},
		{"POST", "/service-accounts/:id/edit", models.AccountsUpdate, c.UpdateAccount},
		{"GET", "/service-accounts/:id/suspend", models.AccountsSuspend, c.SuspendAccount},
		{"POST", "/service-accounts/:id/suspend", models.AccountsSuspend, c.DoSuspendAccount},
		// Who may suspend may ask to reactivate: a responder lifts what a responder set.
		{"GET", "/service-accounts/:id/reactivate", models.AccountsSuspend, c.ReactivateAccount},
		{"POST", "/service-accounts/:id/reactivate", models.AccountsSuspend, c.DoReactivateAccount},
		{"GET", "/service-accounts/:id/note", models.AccountsSuspend, c.AccountNote},
		{"POST", "/service-accounts/:id/note", models.AccountsSuspend, c.EditAccountNote},
		{"GET", "/service-accounts/:id/delete", models.AccountsDelete, c.DeleteAccount},
		{"POST", "/service-accounts/:id/delete", models.AccountsDelete, c.DoDeleteAccount},
		{"GET", "/service-accounts/:id/keys", models.KeysView, c.AccountKeys},
		{"GET", "/service-accounts/:id/keys/new", models.KeysCreate, c.NewKey},
		{"POST", "/service-accounts/:id/keys/new", models.KeysCreate, c.CreateKey},

		{"GET", "/keys/:id", models.KeysView, c.Key},
		{"GET", "/keys/:id/use", models.KeysView, c.KeyUse},
		{"GET", "/keys/:id/edit", models.KeysUpdate, c.EditKey},
		{"POST", "/keys/:id/edit", models.KeysUpdate, c.UpdateKey},
		{"GET", "/keys/:id/reissue", models.KeysReissue, c.ReissueKey},
		{"POST", "/keys/:id/reissue", models.KeysReissue, c.DoReissueKey},
		{"GET", "/keys/:id/retire", models.KeysReissue, c.RetireSecret},
		{"POST", "/keys/:id/retire", models.KeysReissue, c.DoRetireSecret},
		{"GET", "/keys/:id/disable", models.KeysDisable, c.DisableKey},
		{"POST", "/keys/:id/disable", models.KeysDisable, c.DoDisableKey},
		{"GET", "/keys/:id/enable", models.KeysDisable, c.EnableKey}, // as with reactivate
		{"POST", "/keys/:id/enable", models.KeysDisable, c.DoEnableKey},
		{"GET", "/keys/:id/revoke", models.KeysRevoke, c.RevokeKey},
		{"POST", "/keys/:id/revoke", models.KeysRevoke, c.DoRevokeKey},
		{"GET", "/keys/:id/revoked", models.KeysView, c.RevokedKey},
		{"GET", "/keys/:id/note", models.KeysDisable, c.KeyNote},
		{"POST", "/keys/:id/note", models.KeysDisable, c.EditKeyNote},
		{"GET", "/keys/:id/replace", models.KeysCreate, c.ReplaceKey},
	}, s.settingsRoutes()...)
}

// settingsRoutes are those of the settings: whoever sees keys may read the catalogue, the gates and what runs here.
func (s *server) settingsRoutes() []Route {
	c := s.Console
	return []Route{
		{"GET", "/settings", models.KeysView, c.Settings},
		{"GET", "/settings/scopes", models.KeysView, c.Scopes},
		{"GET", "/settings/scopes/built-in", models.SettingsManage, c.BuiltIn},
		{"POST", "/settings/scopes/built-in", models.SettingsManage, c.SwitchBuiltIn},
		{"GET", "/settings/scopes/new", models.SettingsManage, c.NewService},
		{"POST", "/settings/scopes/new", models.SettingsManage, c.CreateService},
		{"GET", "/settings/scopes/:service/edit", models.SettingsManage, c.EditService},
		{"POST", "/settings/scopes/:service/edit", models.SettingsManage, c.UpdateService},
		{"GET", "/settings/scopes/:service/remove", models.SettingsManage, c.RemoveService},
		{"POST", "/settings/scopes/:service/remove", models.SettingsManage, c.DoRemoveService},
		{"GET", "/settings/gateways", models.GatewaysManage, c.Gateways},
		{"GET", "/settings/gateways/new", models.GatewaysManage, c.NewGateway},
		{"POST", "/settings/gateways/new", models.GatewaysManage, c.CreateGateway},
		{"GET", "/settings/gateways/:id/revoke", models.GatewaysManage, c.RevokeGateway},
		{"POST", "/settings/gateways/:id/revoke", models.GatewaysManage, c.DoRevokeGateway},
		{"GET", "/settings/gates", models.KeysView, c.Gates},
		{"GET", "/settings/policy", models.SettingsManage, c.Policy},
		{"POST", "/settings/policy", models.SettingsManage, c.UpdatePolicy},
		{"GET", "/settings/about", models.KeysView, c.About},
		{"GET", "/settings/about/licence", models.KeysView, c.Licence},
		{"GET", "/settings/about/third-party", models.KeysView, c.ThirdParty},
	}
}

// GateRoutes is the gate listener's table. Its handlers are plain net/http, in web/gate, which finds them by the exact
// path; a test holds the two together.
var GateRoutes = []Route{
	{Method: "GET, HEAD, POST", Path: "/gate/check", For: Gateway},
	{Method: "POST", Path: "/gate/verify", For: Gateway},
	{Method: "POST", Path: "/gate/verify:batch", For: Gateway},
	{Method: "GET, HEAD", Path: "/readyz", For: Open},
	{Method: "GET, HEAD", Path: "/healthz", For: Open},
	{Method: "GET, HEAD", Path: "/metrics", For: Open},
}

// mount puts the table on the router. What is read is also answered to HEAD.
func (s *server) mount(e *echo.Echo) {
	for _, r := range s.routes() {
		s.exports[r.Path] = r.For == models.Export
		var door []echo.MiddlewareFunc
		if r.For != Open {
			door = slices.Concat([]echo.MiddlewareFunc{s.Sessions.Load}, s.limits, []echo.MiddlewareFunc{s.Sessions.Require(r.For)})
		}
		methods := []string{r.Method}
		if r.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		for _, method := range methods {
			e.Add(method, r.Path, r.Do, door...)
			s.mounted[method+" "+r.Path] = true
		}
	}
}

// healthz says that the process runs and serves; whether the database answers is /readyz of the gate's listener.
func healthz(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }
