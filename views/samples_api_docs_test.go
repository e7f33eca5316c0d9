package views_test

import (
	"strings"

	"keydesk/views/apidocs"
	"keydesk/views/layout"
)

// apiServices are two services in every shape that their methods have.
func apiServices() []apidocs.Service {
	create := apidocs.Method{
		ID: "ApiKeyService.Create", Verb: "POST", Path: "/iam/v1/apiKeys", Summary: "Make a key", Text: "The answer has its secret, this once.", Credential: "Needs an IAM token.",
		Parameters: []apidocs.Row{{Name: "Idempotency-Key", Where: "header", Type: "text", Text: "Drawn anew for each change."}},
		Body: []apidocs.Row{
			{Name: "serviceAccountId", Type: "text, at most 50 characters", Text: "Without it: the caller."},
			{Name: "scopes[]", Type: "list of text, at most 256 characters, at most 100 entries, each once", Required: true},
			{Name: "accessBindingDeltas[].accessBinding.subject.type", Type: "text, as [a-z]([-a-z0-9]{0,61}[a-z0-9])?", Text: longWord},
		},
		Answers:  []apidocs.Answer{{Status: "200", Text: "Done.", Rows: []apidocs.Row{{Name: "apiKey", Type: "ApiKey"}, {Name: "secret", Type: "text", Text: "In this answer alone."}}}},
		Refusals: []apidocs.Status{{Number: "400"}, {Number: "401"}, {Number: "409"}},
		Curl:     `curl -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/apiKeys" -H "Content-Type: application/json" -d '{"scopes":["orders.read"],"description":"` + strings.Repeat("x", 200) + `"}'`,
	}
	remove := apidocs.Method{
		ID: "ApiKeyService.Delete", Verb: "DELETE", Path: "/iam/v1/apiKeys/{apiKeyId}", Summary: "Revoke a key", Credential: "Needs an IAM token.",
		Parameters: []apidocs.Row{{Name: "apiKeyId", Where: "path", Type: "text, at most 50 characters", Required: true}},
		Answers:    []apidocs.Answer{{Status: "200", Operation: true, Rows: []apidocs.Row{{Name: "metadata.apiKeyId", Type: "text"}}}},
		Refusals:   []apidocs.Status{{Number: "404"}}, Curl: `curl -X DELETE "$KEYDESK/iam/v1/apiKeys/${API_KEY_ID}"`,
	}
	check := apidocs.Method{
		ID: "Gate.Check", Verb: "GET", Path: "/gate/check", Summary: "Ask whether a request's key is good", Credential: "Needs an API key.",
		Answers:  []apidocs.Answer{{Status: "204", Text: "The key is good."}},
		Refusals: []apidocs.Status{{Number: "401", Text: "malformed_key, no_credential, unknown_key"}, {Number: "503", Text: "unavailable"}},
		Curl:     `curl -H "Authorization: Api-Key $SECRET" "$GATE/gate/check?scope=orders.read"`,
	}
	return []apidocs.Service{
		{Name: "API keys", Slug: "api-keys", Text: "Keys of service accounts.", Methods: []apidocs.Method{create, remove}},
		{Name: "Gate", Slug: "gate", Text: "Whether a key is good for a scope, now.", Methods: []apidocs.Method{check}},
	}
}

func apiDocsSamples() []sample {
	all := apiServices()
	overview := apidocs.Overview{
		Text: "The management API, by REST; and the gate.", Services: all,
		Statuses: []apidocs.Status{{Number: "400", Text: "INVALID_ARGUMENT: a value is not allowed."}, {Number: "503", Text: "UNAVAILABLE: " + longWord}},
	}
	return []sample{
		{"api-docs", apidocs.OverviewPage(page(), overview)},
		{"api-docs-nobody", apidocs.OverviewPage(layout.Page{}, overview)},
		{"api-docs-service", apidocs.ServicePage(page(), all[0], all)},
		{"api-docs-gate", apidocs.ServicePage(insecure(layout.Page{}), all[1], all)},
	}
}
