package web

import "keydesk/models"

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
		{"GET", "/settings/folders", models.FoldersView, c.Folders},
		{"GET", "/settings/folders/new", models.FoldersCreate, c.NewFolder},
		{"POST", "/settings/folders/new", models.FoldersCreate, c.CreateFolder},
		{"GET", "/settings/folders/:id", models.FoldersView, c.Folder},
		{"GET", "/settings/gates", models.KeysView, c.Gates},
		{"GET", "/settings/policy", models.SettingsManage, c.Policy},
		{"POST", "/settings/policy", models.SettingsManage, c.UpdatePolicy},
		{"GET", "/settings/about", models.KeysView, c.About},
		{"GET", "/settings/about/licence", models.KeysView, c.Licence},
		{"GET", "/settings/about/third-party", models.KeysView, c.ThirdParty},
	}
}
