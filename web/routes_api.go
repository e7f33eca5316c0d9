package web

import (
	"keydesk/models"
	"keydesk/web/session"
)

// apiRoutes are the pages that lead to the management API: tokens of people, keys by which accounts get theirs, and
// what those may do in other folders.
func (s *server) apiRoutes() []Route {
	c := s.Console
	return []Route{
		{"GET", "/api-access", session.SignedIn, c.APIAccess},
		{"POST", "/api-access", session.SignedIn, c.CreateToken},
		{"POST", "/api-access/revoke", session.SignedIn, c.RevokeToken},
		{"GET", "/api-access/end", session.SignedIn, c.EndTokens},
		{"POST", "/api-access/end", session.SignedIn, c.DoEndTokens},
		{"GET", "/service-accounts/:id/authorized-keys/new", models.AuthorizedKeysManage, c.NewAuthorizedKey},
		{"POST", "/service-accounts/:id/authorized-keys/new", models.AuthorizedKeysManage, c.CreateAuthorizedKey},
		{"GET", "/authorized-keys/:id/delete", models.AuthorizedKeysManage, c.DeleteAuthorizedKey},
		{"POST", "/authorized-keys/:id/delete", models.AuthorizedKeysManage, c.DoDeleteAuthorizedKey},
		{"GET", "/service-accounts/:id/end-tokens", models.AuthorizedKeysManage, c.EndAccountTokens},
		{"POST", "/service-accounts/:id/end-tokens", models.AuthorizedKeysManage, c.DoEndAccountTokens},
		{"GET", "/service-accounts/:id/folder-roles", models.RolesBind, c.FolderRoles},
		{"POST", "/service-accounts/:id/folder-roles", models.RolesBind, c.DoFolderRoles},
	}
}
