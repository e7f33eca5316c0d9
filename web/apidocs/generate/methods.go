package generate

// services are those of the management API, in the order in which they are read.
var services = []struct{ proto, tag, text string }{
	{"yandex.cloud.iam.v1.ApiKeyService", "API keys", "Keys of service accounts. The secret of a key is in the answer to its creation, and nowhere else."},
	{"yandex.cloud.iam.v1.ServiceAccountService", "Service accounts", "The programs that keys are made for. What an account may do is said by its roles, which are bound on its folder."},
	{"yandex.cloud.resourcemanager.v1.FolderService", "Folders", "Where accounts live, and where their roles are bound."},
	{"yandex.cloud.iam.v1.IamTokenService", tokensTag, "Credentials of this API, good for 12 hours at most."},
	{"yandex.cloud.iam.v1.KeyService", "Authorized keys", "Key pairs by which a service account gets IAM tokens without a person. Only the public key is kept."},
	{"yandex.cloud.operation.OperationService", "Operations", "What changes answer. One is done once every gate knows the change, or once it is known by when. It can be read for 90 days from then on; the audit log keeps what was changed for good."},
	{"yandex.cloud.endpoint.ApiEndpointService", "Endpoints", "Where the services of this API are, for clients that look it up."},
}

// method is what no descriptor says.
type method struct {
	summary string // "" for what is not served
	text    string
	open    bool // needs no token
}

var notServed = method{}

var methods = map[string]method{
	"ApiKeyService.List":           {summary: "List the keys of a service account", text: "Without an account, those of the caller."},
	"ApiKeyService.Get":            {summary: "Read a key"},
	"ApiKeyService.Create":         {summary: "Make a key", text: "The answer has its secret, this once. Without scopes the key gets the ten default scopes, and the answer names them. A repeat under the same Idempotency-Key makes no second key: it is refused, and names the first."},
	"ApiKeyService.Update":         {summary: "Change a key's description, scopes or expiry", text: "The secret stays. Scopes that are taken away are refused by every gate once the operation is done."},
	"ApiKeyService.Delete":         {summary: "Revoke a key", text: "Final. Once the operation is done, every gate refuses the key."},
	"ApiKeyService.ListOperations": {summary: "List the operations on a key"},
	"ApiKeyService.ListScopes":     {summary: "List the scopes that a key can have"},

	"ServiceAccountService.Get":                  {summary: "Read a service account"},
	"ServiceAccountService.List":                 {summary: "List the service accounts of a folder", text: "The filter finds one by its name: name=\"report-reader\"."},
	"ServiceAccountService.Create":               {summary: "Make a service account"},
	"ServiceAccountService.Update":               {summary: "Change a service account"},
	"ServiceAccountService.Delete":               {summary: "Delete a service account", text: "Its keys are revoked with it."},
	"ServiceAccountService.ListAccessBindings":   {summary: "List who has roles on a service account"},
	"ServiceAccountService.SetAccessBindings":    {summary: "Replace the roles on a service account"},
	"ServiceAccountService.UpdateAccessBindings": {summary: "Add and remove roles on a service account"},
	"ServiceAccountService.ListOperations":       {summary: "List the operations on a service account"},
	"ServiceAccountService.Suspend":              {summary: "Suspend a service account", text: "All its keys are refused until it is reactivated; nothing else about them changes."},
	"ServiceAccountService.Reactivate":           {summary: "Lift the suspension of a service account"},

	"FolderService.Get":                                 {summary: "Read a folder"},
	"FolderService.List":                                {summary: "List the folders"},
	"FolderService.Create":                              {summary: "Make a folder"},
	"FolderService.ListAccessBindings":                  {summary: "List who has which roles in a folder", text: "These are the roles that service accounts have: a scope passes only where a role in the account's own folder permits it."},
	"FolderService.SetAccessBindings":                   {summary: "Replace the roles in a folder"},
	"FolderService.UpdateAccessBindings":                {summary: "Add and remove roles in a folder"},
	"FolderService.Update":                              notServed,
	"FolderService.Delete":                              notServed,
	"FolderService.ListOperations":                      {summary: "List the operations on a folder"},
	"FolderService.ListAccessPolicyBindings":            notServed,
	"FolderService.BindAccessPolicy":                    notServed,
	"FolderService.UnbindAccessPolicy":                  notServed,
	"FolderService.UpdateAccessPolicyBindingParameters": notServed,

	"IamTokenService.Create":                  {summary: "Exchange a signed JWT for an IAM token", text: "The JWT is signed with an authorized key of a service account (PS256). OAuth tokens of Yandex Passport are nobody's here, and refused.", open: true},
	"IamTokenService.CreateForServiceAccount": {summary: "Get an IAM token of a service account"},
	"IamTokenService.Revoke":                  {summary: "Revoke an IAM token", text: "Who holds a token may revoke it: no other is needed.", open: true},

	"KeyService.Get":            {summary: "Read an authorized key"},
	"KeyService.List":           {summary: "List the authorized keys of a service account"},
	"KeyService.Create":         {summary: "Make an authorized key", text: "The answer has the private key, this once."},
	"KeyService.Update":         {summary: "Change an authorized key's description"},
	"KeyService.Delete":         {summary: "Delete an authorized key", text: "What was signed with it is refused from then on, and so are the tokens that were got by it."},
	"KeyService.ListOperations": {summary: "List the operations on an authorized key"},

	"OperationService.Get":    {summary: "Read an operation"},
	"OperationService.Cancel": {summary: "Cancel an operation", text: "Stops nothing: a change is made before it is answered, and only the word of a gate may be missing. Also served to POST."},

	"ApiEndpointService.Get":  {summary: "Read an endpoint", open: true},
	"ApiEndpointService.List": {summary: "List the endpoints", open: true},
}

// words say what a field means, where its name does not.
var words = map[string]string{
	"yandex.cloud.iam.v1.ApiKey.masked_secret":                                      "**** and the last six characters of the secret.",
	"yandex.cloud.iam.v1.ApiKey.last_used_at":                                       "The last request that a gate allowed. Missing until then.",
	"yandex.cloud.iam.v1.ApiKey.expires_at":                                         "Missing where the key does not expire.",
	"yandex.cloud.iam.v1.ApiKey.scope":                                              "Only where the request that made the key used it.",
	"yandex.cloud.iam.v1.CreateApiKeyResponse.secret":                               "The secret, in this answer alone.",
	"yandex.cloud.iam.v1.CreateApiKeyRequest.service_account_id":                    "Without it: the caller.",
	"yandex.cloud.iam.v1.ListApiKeysRequest.service_account_id":                     "Without it: the caller.",
	"yandex.cloud.iam.v1.CreateApiKeyRequest.scopes":                                "Without any: the ten default scopes.",
	"yandex.cloud.iam.v1.CreateKeyResponse.private_key":                             "The private key, in this answer alone.",
	"yandex.cloud.iam.v1.CreateIamTokenRequest.jwt":                                 "Header: alg PS256, kid the key's id. Claims: iss the account's id, aud https://iam.api.cloud.yandex.net/iam/v1/tokens, iat, exp at most an hour later.",
	"yandex.cloud.iam.v1.ListServiceAccountsRequest.filter":                         "name=\"report-reader\": that name alone.",
	"yandex.cloud.operation.Operation.done":                                         "Then error or response is there.",
	"yandex.cloud.iam.v1.ServiceAccount.last_authenticated_at":                      "The last request of one of its keys that a gate allowed.",
	"yandex.cloud.iam.v1.ListApiKeysResponse.next_page_token":                       nextPage,
	"yandex.cloud.iam.v1.ListApiKeyScopesResponse.next_page_token":                  nextPage,
	"yandex.cloud.iam.v1.ListApiKeyOperationsResponse.next_page_token":              nextPage,
	"yandex.cloud.iam.v1.ListServiceAccountsResponse.next_page_token":               nextPage,
	"yandex.cloud.iam.v1.ListServiceAccountOperationsResponse.next_page_token":      nextPage,
	"yandex.cloud.iam.v1.ListKeysResponse.next_page_token":                          nextPage,
	"yandex.cloud.iam.v1.ListKeyOperationsResponse.next_page_token":                 nextPage,
	"yandex.cloud.access.ListAccessBindingsResponse.next_page_token":                nextPage,
	"yandex.cloud.resourcemanager.v1.ListFoldersResponse.next_page_token":           nextPage,
	"yandex.cloud.access.Subject.type":                                              "serviceAccount, for all that this API binds.",
	"yandex.cloud.access.AccessBinding.role_id":                                     "A role of the page Settings, Scopes, such as postbox.sender.",
	"yandex.cloud.access.AccessBindingDelta.action":                                 "ADD or REMOVE.",
	"yandex.cloud.iam.v1.CreateIamTokenRequest.yandex_passport_oauth_token":         "Refused: nobody here has one.",
	"yandex.cloud.resourcemanager.v1.ListFoldersRequest.cloud_id":                   "That of the one cloud, which Folder.cloudId names.",
	"yandex.cloud.resourcemanager.v1.CreateFolderRequest.cloud_id":                  "That of the one cloud, which Folder.cloudId names.",
	"yandex.cloud.iam.v1.SuspendServiceAccountRequest.expires_at":                   "When the suspension ends by itself.",
	"yandex.cloud.iam.v1.UpdateApiKeyRequest.expires_at":                            "With the mask and without a value the key never expires.",
	"yandex.cloud.iam.v1.CreateServiceAccountRequest.folder_id":                     "Where the account will live.",
	"yandex.cloud.iam.v1.CreateApiKeyRequest.expires_at":                            "Without it the key does not expire.",
	"yandex.cloud.iam.v1.CreateServiceAccountRequest.expires_at":                    "Without it the account does not expire.",
	"yandex.cloud.operation.Operation.created_by":                                   "The id of who asked.",
	"yandex.cloud.operation.Operation.error":                                        "Why it failed.",
	"yandex.cloud.operation.Operation.response":                                     "What it made or changed, once it is done.",
	"yandex.cloud.operation.Operation.metadata":                                     "What it is about.",
	"yandex.cloud.endpoint.ApiEndpoint.address":                                     "Host and port.",
	"yandex.cloud.iam.v1.CreateIamTokenResponse.iam_token":                          "The token: t1.….…",
	"yandex.cloud.iam.v1.RevokeIamTokenResponse.subject_id":                         "Whose token it was.",
	"yandex.cloud.iam.v1.RevokeIamTokenRequest.iam_token":                           "The token to revoke.",
	"yandex.cloud.iam.v1.CreateIamTokenForServiceAccountRequest.service_account_id": "Of which account.",
}

const tokensTag = "IAM tokens"

const nextPage = "For the next request's pageToken; empty on the last page."
