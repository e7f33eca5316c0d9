package api

// block is text to copy that reads the token from the environment, so that it stands in no file and no history.
type block struct{ ID, Label, Text string }

// blocks are the ways to use a token, the first of which takes it into the environment.
func blocks(at Endpoint) []block {
	return []block{
		{"shell", "First, in a shell: run this, paste the token, press Enter. It is neither shown nor kept in the history", "read -rs YC_TOKEN && export YC_TOKEN"},
		{"curl", "curl", `curl -H "Authorization: Bearer $YC_TOKEN" \` + "\n  '" + at.URL + "/iam/v1/serviceAccounts?folderId=" + at.Folder + "'"},
		{"go", "Go", goBlock(at)},
		{"terraform", "Terraform: it reads YC_TOKEN by itself", terraform(at)},
	}
}

func goBlock(at Endpoint) string {
	plain := ""
	if !at.TLS {
		plain = "\n\tPlaintext:   true,"
	}
	return "sdk, err := ycsdk.Build(ctx, ycsdk.Config{\n\tCredentials: ycsdk.NewIAMTokenCredentials(os.Getenv(\"YC_TOKEN\")),\n\tEndpoint:    \"" +
		at.Address + "\"," + plain + "\n})"
}

// terraform says what stops the provider where it would: it never speaks plaintext.
func terraform(at Endpoint) string {
	text := "provider \"yandex\" {\n  endpoint  = \"" + at.Address + "\"\n  folder_id = \"" + at.Folder + "\"\n}"
	if !at.TLS {
		text = "# The provider speaks TLS alone: serve Keydesk with --tls-cert and --tls-key.\n" + text
	}
	return text
}
