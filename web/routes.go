// Package web is the console's server and the table of every route: who asks, for what, and which handler answers.
package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/static"
	"keydesk/web/session"
)

// Open routes are answered without looking at who asks, so that they answer while the database does not.
const Open models.Permission = "open"

// Gateway routes of the gate ask for a gateway's credential, where the gate listens beyond loopback.
const Gateway models.Permission = "gateway"

// confirmPath takes lists of keys.
const confirmPath = "/operations/confirm"

// longForms are the routes whose forms carry lists, and are longer than others.
var longForms = []string{confirmPath, "/settings/scopes/new", "/settings/scopes/:service/edit"}

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
	return slices.Concat([]Route{
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
		// Where this is no demo, these two answer as if they were not there.
		{"GET", "/demo/:token", session.Anyone, c.DemoLink},
		{"POST", "/demo/switch", session.SignedIn, c.DemoSwitch},

		{"GET", "/keys/:id", models.KeysView, c.Key},
		{"GET", "/keys/:id/use", models.KeysView, c.KeyUse},
		{"GET", "/keys/:id/recent", models.KeysView, c.KeyRecent},
		{"GET", "/keys/:id/narrow", models.KeysUpdate, c.RemoveScope},
		{"POST", "/keys/:id/narrow", models.KeysUpdate, c.DoRemoveScope},
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
	}, s.accountRoutes(), s.keyLists(), s.peopleRoutes(), s.apiRoutes(), s.operations(), s.auditRoutes(), s.settingsRoutes())
}

// accountRoutes are those of service accounts, and of the keys of one.
func (s *server) accountRoutes() []Route {
	c := s.Console
	return []Route{
		{"GET", "/service-accounts", models.AccountsView, c.Accounts},
		{"GET", "/service-accounts.csv", models.Export, c.ExportAccounts},
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
		{"GET", "/service-accounts/:id/revoke-all", models.KeysRevoke, c.RevokeAllKeys},
		{"POST", "/service-accounts/:id/revoke-all", models.KeysRevoke, c.DoRevokeAllKeys},
		{"GET", "/service-accounts/:id/recent", models.AccountsView, c.AccountRecent},
		{"GET", "/service-accounts/:id/keys", models.KeysView, c.AccountKeys},
		{"GET", "/service-accounts/:id/keys/new", models.KeysCreate, c.NewKey},
		{"POST", "/service-accounts/:id/keys/new", models.KeysCreate, c.CreateKey},
	}
}

// keyLists are those that lead to the keys of all accounts.
func (s *server) keyLists() []Route {
	c := s.Console
	return []Route{
		{"GET", "/keys", models.KeysView, c.Keys},
		{"GET", "/keys.csv", models.Export, c.KeysCSV},
		{"GET", "/keys.jsonl", models.Export, c.KeysJSON},
		{"GET", "/find", models.KeysView, c.FindForm},
		{"POST", "/find", models.KeysView, c.Find},
	}
}

// peopleRoutes are those of people, and of one's own account.
func (s *server) peopleRoutes() []Route {
	c := s.Console
	return []Route{
		{"GET", "/people", models.PeopleManage, c.People},
		{"GET", "/people.csv", models.PeopleManage, c.ExportPeople},
		{"GET", "/people/new", models.PeopleManage, c.NewPerson},
		{"POST", "/people/new", models.PeopleManage, c.InvitePerson},
		{"GET", "/people/:id", models.PeopleManage, c.Person},
		{"GET", "/people/:id/access", models.PeopleManage, c.PersonAccess},
		{"POST", "/people/:id/access", models.PeopleManage, c.DoPersonAccess},
		{"GET", "/people/:id/disable", models.PeopleManage, c.DisablePerson},
		{"POST", "/people/:id/disable", models.PeopleManage, c.DoDisablePerson},
		{"GET", "/people/:id/enable", models.PeopleManage, c.EnablePerson},
		{"POST", "/people/:id/enable", models.PeopleManage, c.DoEnablePerson},
		{"GET", "/people/:id/sessions", models.PeopleManage, c.PersonSessions},
		{"POST", "/people/:id/sessions", models.PeopleManage, c.DoPersonSessions},
		{"GET", "/people/:id/unlock", models.PeopleManage, c.UnlockPerson},
		{"POST", "/people/:id/unlock", models.PeopleManage, c.DoUnlockPerson},
		{"GET", "/people/:id/link", models.PeopleManage, c.PersonLink},
		{"POST", "/people/:id/link", models.PeopleManage, c.DoPersonLink},
		{"GET", "/people/:id/owner", models.PeopleManage, c.NewOwner},
		{"POST", "/people/:id/owner", models.PeopleManage, c.GiveAccounts},
		{"GET", "/account", session.SignedIn, c.OwnAccount},
		{"POST", "/account/sessions/end", session.SignedIn, c.EndOtherSessions},
		{"POST", "/account/sessions/:session/end", session.SignedIn, c.EndOwnSession},
		{"GET", "/account/password", session.SignedIn, c.OwnPassword},
		{"POST", "/account/password", session.SignedIn, c.ChangeOwnPassword},
	}
}

// operations are the routes of changes of many keys. Who may disable may revoke; the desk asks for each by its own.
func (s *server) operations() []Route {
	c := s.Console
	return []Route{
		{"GET", "/operations", models.KeysView, c.Operations},
		{"GET", "/operations/new", models.KeysDisable, c.NewOperation},
		{"POST", confirmPath, models.KeysDisable, c.ConfirmOperation},
		{"GET", "/operations/:id", models.KeysView, c.Operation},
		{"GET", "/operations/:id/rows.csv", models.Export, c.ExportOperation},
		{"POST", "/operations/:id/start", models.KeysDisable, c.StartOperation},
		{"POST", "/operations/:id/discard", models.KeysDisable, c.DiscardOperation},
		{"POST", "/operations/:id/cancel", models.KeysDisable, c.CancelOperation},
		{"POST", "/operations/:id/retry", models.KeysDisable, c.RetryOperation},
	}
}

// auditRoutes are those of the audit log.
func (s *server) auditRoutes() []Route {
	c := s.Console
	return []Route{
		{"GET", "/audit", models.AuditView, c.Audit},
		{"GET", "/audit/verified", models.AuditView, c.VerifiedAudit},
		{"POST", "/audit/verify", models.AuditView, c.VerifyAudit},
		{"GET", "/audit.csv", models.Export, c.AuditCSV}, // and models.AuditView: the desk asks for both
		{"GET", "/audit.jsonl", models.Export, c.AuditJSON},
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
		s.exports[r.Path] = r.For == models.Export || strings.HasSuffix(r.Path, ".csv")
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
