package iamv1

import (
	"fmt"
	"maps"
	"slices"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/grpc"

	"keydesk/models"
)

// What a method asks for that is no permission of an object.
const (
	open     models.Permission = "open"      // answered without looking at who asks
	signedIn models.Permission = "signed in" // whoever has a good IAM token
)

// effect is what a method does beside answering.
type effect string

const (
	reads    effect = "reads"
	works    effect = "works"    // changes something, and answers with an Operation
	creates  effect = "creates"  // makes something in the answer itself: see method.makes
	exchange effect = "exchange" // makes or ends an IAM token: a second one does no harm, so no Idempotency-Key is kept
)

// method is a line of the table.
type method struct {
	asks  models.Permission // at the door, in any folder: the object's own place is the desk's business
	does  effect
	makes string // type of what a method that creates makes
}

// changes reports whether a refusal of it is worth an event.
func (m method) changes() bool { return m.does != reads }

const (
	apiKeyType        = "yandex.cloud.iam.v1.ApiKey"
	authorizedKeyType = "yandex.cloud.iam.v1.Key"
)

// methods is the one table of what the API answers. A registered method that it lacks, or a line without a method, stops
// the server from being made. Methods that Keydesk does not have answer UNIMPLEMENTED, to who may do the like.
var methods = map[string]method{
	endpoint.ApiEndpointService_Get_FullMethodName:  {asks: open, does: reads},
	endpoint.ApiEndpointService_List_FullMethodName: {asks: open, does: reads},

	operation.OperationService_Get_FullMethodName:    {asks: signedIn, does: reads},
	operation.OperationService_Cancel_FullMethodName: {asks: signedIn, does: reads},

	iam.IamTokenService_Create_FullMethodName:                  {asks: open, does: exchange},
	iam.IamTokenService_CreateForServiceAccount_FullMethodName: {asks: models.TokensImpersonate, does: exchange},
	iam.IamTokenService_Revoke_FullMethodName:                  {asks: open, does: exchange}, // to hold the token is enough

	iam.ApiKeyService_List_FullMethodName:           {asks: models.KeysView, does: reads},
	iam.ApiKeyService_Get_FullMethodName:            {asks: models.KeysView, does: reads},
	iam.ApiKeyService_Create_FullMethodName:         {asks: models.KeysCreate, does: creates, makes: apiKeyType},
	iam.ApiKeyService_Update_FullMethodName:         {asks: models.KeysUpdate, does: works},
	iam.ApiKeyService_Delete_FullMethodName:         {asks: models.KeysRevoke, does: works},
	iam.ApiKeyService_ListOperations_FullMethodName: {asks: models.KeysView, does: reads},
	iam.ApiKeyService_ListScopes_FullMethodName:     {asks: signedIn, does: reads}, // the catalogue names no object

	iam.ServiceAccountService_Get_FullMethodName:                  {asks: models.AccountsView, does: reads},
	iam.ServiceAccountService_List_FullMethodName:                 {asks: models.AccountsView, does: reads},
	iam.ServiceAccountService_Create_FullMethodName:               {asks: models.AccountsCreate, does: works},
	iam.ServiceAccountService_Update_FullMethodName:               {asks: models.AccountsUpdate, does: works},
	iam.ServiceAccountService_Delete_FullMethodName:               {asks: models.AccountsDelete, does: works},
	iam.ServiceAccountService_ListAccessBindings_FullMethodName:   {asks: models.AccountsView, does: reads},
	iam.ServiceAccountService_SetAccessBindings_FullMethodName:    {asks: models.RolesBind, does: works},
	iam.ServiceAccountService_UpdateAccessBindings_FullMethodName: {asks: models.RolesBind, does: works},
	iam.ServiceAccountService_ListOperations_FullMethodName:       {asks: models.AccountsView, does: reads},
	iam.ServiceAccountService_Suspend_FullMethodName:              {asks: models.AccountsSuspend, does: works},
	// Who may suspend may ask to reactivate: a responder lifts what a responder set.
	iam.ServiceAccountService_Reactivate_FullMethodName: {asks: models.AccountsSuspend, does: works},

	iam.KeyService_Get_FullMethodName:            {asks: models.KeysView, does: reads},
	iam.KeyService_List_FullMethodName:           {asks: models.KeysView, does: reads},
	iam.KeyService_Create_FullMethodName:         {asks: models.AuthorizedKeysManage, does: creates, makes: authorizedKeyType},
	iam.KeyService_Update_FullMethodName:         {asks: models.AuthorizedKeysManage, does: works},
	iam.KeyService_Delete_FullMethodName:         {asks: models.AuthorizedKeysManage, does: works},
	iam.KeyService_ListOperations_FullMethodName: {asks: models.KeysView, does: reads},

	resourcemanager.FolderService_Get_FullMethodName:                                 {asks: models.FoldersView, does: reads},
	resourcemanager.FolderService_List_FullMethodName:                                {asks: models.FoldersView, does: reads},
	resourcemanager.FolderService_Create_FullMethodName:                              {asks: models.FoldersCreate, does: works},
	resourcemanager.FolderService_Update_FullMethodName:                              {asks: models.FoldersCreate, does: works},
	resourcemanager.FolderService_Delete_FullMethodName:                              {asks: models.FoldersCreate, does: works},
	resourcemanager.FolderService_ListOperations_FullMethodName:                      {asks: models.FoldersView, does: reads},
	resourcemanager.FolderService_ListAccessBindings_FullMethodName:                  {asks: models.FoldersView, does: reads},
	resourcemanager.FolderService_SetAccessBindings_FullMethodName:                   {asks: models.RolesBind, does: works},
	resourcemanager.FolderService_UpdateAccessBindings_FullMethodName:                {asks: models.RolesBind, does: works},
	resourcemanager.FolderService_ListAccessPolicyBindings_FullMethodName:            {asks: models.FoldersView, does: reads},
	resourcemanager.FolderService_BindAccessPolicy_FullMethodName:                    {asks: models.RolesBind, does: works},
	resourcemanager.FolderService_UnbindAccessPolicy_FullMethodName:                  {asks: models.RolesBind, does: works},
	resourcemanager.FolderService_UpdateAccessPolicyBindingParameters_FullMethodName: {asks: models.RolesBind, does: works},
}

// complete reports a registered method that a table lacks, a line that no method has, and a line that nobody can pass.
func complete(table map[string]method, services map[string]grpc.ServiceInfo) error {
	left := maps.Clone(table)
	for service, info := range services {
		for _, m := range info.Methods {
			name := "/" + service + "/" + m.Name
			line, known := table[name]
			if !known {
				return fmt.Errorf("iamv1: %s declares no permission: add it to the table of methods", name)
			}
			if line.asks != open && line.asks != signedIn && !models.KnownPermission(line.asks) || line.does == "" || (line.does == creates) != (line.makes != "") {
				return fmt.Errorf("iamv1: the table's line of %s is incomplete", name)
			}
			delete(left, name)
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("iamv1: the table of methods names what no service has: %q", slices.Sorted(maps.Keys(left)))
	}
	return nil
}
