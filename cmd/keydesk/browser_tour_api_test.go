package main

// apiPages are those by which programs get at the management API. They come last: from the second folder on, the pages
// before them would speak of folders, too.
func (c *company) apiPages() []stop {
	robot := c.accountAt("log-shipper")
	authorized, create := robot+"?tab=authorized-keys", c.accountAt("log-shipper", "authorized-keys", "new")
	return []stop{
		{"api-access", "/api-access", nil},
		{"api-access-problems", "/api-access", func(b *tab) { b.fill("IAM token", "t1.nothing"); b.follow("Revoke") }},
		{"api-tokens-end", "/api-access/end", nil},
		{"api-token-made", "/api-access", func(b *tab) { b.tick("4 hours"); b.follow("Create IAM token") }},
		{"api-token-shown-once", "", func(b *tab) { b.reload() }},
		{"authorized-keys-none", authorized, nil},
		{"authorized-key-new", create, nil},
		{"authorized-key-issued", create, func(b *tab) { b.fill("Description", "Terraform in CI"); b.follow("Create authorized key") }},
		{"authorized-key-shown-once", "", func(b *tab) { b.reload() }},
		{"authorized-keys", authorized, nil},
		{"authorized-key-delete", authorized, func(b *tab) {
			b.press("Delete Terraform in CI")
			b.until(`document.querySelector("dialog[open]")`)
		}},
		{"account-tokens-end", c.accountAt("log-shipper", "end-tokens"), nil},
		{"account-tokens-end-dialog", authorized, func(b *tab) {
			b.press("End all IAM tokens")
			b.until(`document.querySelector("dialog[open]")`)
		}},
		{"api-docs", "/api/docs", nil},
		{"api-docs-keys", "/api/docs/api-keys", nil},
		{"api-docs-accounts", "/api/docs/service-accounts", nil},
		{"api-docs-gate", "/api/docs/gate", nil},
		{"settings-folders-one", "/settings/folders", nil},
		{"settings-folder-new", "/settings/folders/new", nil},
		{"settings-folder", "/settings/folders/new", func(b *tab) { b.fill("Name", "staging"); b.follow("Create folder") }},
		{"settings-folders", "/settings/folders", nil},
		{"account-new-folders", "/service-accounts/new", nil},
		{"account-roles-folders", robot + "?tab=roles", nil},
		{"account-folder-choose", c.accountAt("log-shipper", "folder-roles"), nil},
		{"account-folder-roles", c.accountAt("log-shipper", "folder-roles"), func(b *tab) { b.follow("Continue") }},
		{"accounts-folders", "/service-accounts", nil},
		{"keys-folders", "/keys", nil},
	}
}
