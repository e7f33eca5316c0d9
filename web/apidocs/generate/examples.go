package generate

import "encoding/json"

// examples are a body for each method that takes one: the document's, and that of its line for curl.
var examples = map[string]string{
	"ApiKeyService.Create":                       `{"serviceAccountId":"aje0example0account0","description":"Report of the night","scopes":["orders.read"],"expiresAt":"2027-01-31T00:00:00Z"}`,
	"ApiKeyService.Update":                       `{"updateMask":"description,scopes","description":"Report of the morning","scopes":["orders.read"]}`,
	"ServiceAccountService.Create":               `{"folderId":"b1gdefault0000000000","name":"report-reader","description":"Reads orders for the report","labels":{"team":"billing"}}`,
	"ServiceAccountService.Update":               `{"updateMask":"description","name":"report-reader","description":"Reads orders"}`,
	"ServiceAccountService.SetAccessBindings":    `{"accessBindings":[{"roleId":"iam.serviceAccounts.apiKeyAdmin","subject":{"id":"aje0example0account0","type":"serviceAccount"}}]}`,
	"ServiceAccountService.UpdateAccessBindings": `{"accessBindingDeltas":[{"action":"ADD","accessBinding":{"roleId":"iam.serviceAccounts.apiKeyAdmin","subject":{"id":"aje0example0account0","type":"serviceAccount"}}}]}`,
	"ServiceAccountService.Suspend":              `{"reason":"The owner left"}`,
	"FolderService.Create":                       `{"cloudId":"b1gcloud000000000000","name":"staging"}`,
	"FolderService.SetAccessBindings":            `{"accessBindings":[{"roleId":"orders.user","subject":{"id":"aje0example0account0","type":"serviceAccount"}}]}`,
	"FolderService.UpdateAccessBindings":         `{"accessBindingDeltas":[{"action":"ADD","accessBinding":{"roleId":"orders.user","subject":{"id":"aje0example0account0","type":"serviceAccount"}}}]}`,
	"IamTokenService.Create":                     `{"jwt":"eyJ.eyJ.sig"}`,
	"IamTokenService.CreateForServiceAccount":    `{"serviceAccountId":"aje0example0account0"}`,
	"IamTokenService.Revoke":                     `{"iamToken":"t1.xxx.yyy"}`,
	"KeyService.Create":                          `{"serviceAccountId":"aje0example0account0","description":"Terraform of the pipeline","keyAlgorithm":"RSA_2048"}`,
	"KeyService.Update":                          `{"updateMask":"description","description":"Terraform"}`,
}

// example is a method's body, and nil where there is none.
func example(name string) any {
	if text := examples[name]; text != "" {
		return json.RawMessage(text)
	}
	return nil
}
