package iamv1

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/manage"
)

// request is one that the method can do, on an account and a key that are made for it.
func (c caller) request(method string, p pair) proto.Message {
	c.t.Helper()
	a := c.anAccount()
	for _, requests := range []map[string]func() proto.Message{c.keyRequests(a), c.accountRequests(a), c.tokenRequests(a, p), c.folderRequests()} {
		if req, known := requests[method]; known {
			return req()
		}
	}
	c.t.Fatalf("there is no request for %s", method)
	return nil
}

func (c caller) keyRequests(a models.Account) map[string]func() proto.Message {
	key := func() string { return c.key(a, "yc.postbox.send").Key.ID }
	return map[string]func() proto.Message{
		iam.ApiKeyService_Create_FullMethodName:         func() proto.Message { return &iam.CreateApiKeyRequest{ServiceAccountId: a.ID} },
		iam.ApiKeyService_Delete_FullMethodName:         func() proto.Message { return &iam.DeleteApiKeyRequest{ApiKeyId: key()} },
		iam.ApiKeyService_Get_FullMethodName:            func() proto.Message { return &iam.GetApiKeyRequest{ApiKeyId: key()} },
		iam.ApiKeyService_List_FullMethodName:           func() proto.Message { return &iam.ListApiKeysRequest{ServiceAccountId: a.ID} },
		iam.ApiKeyService_ListOperations_FullMethodName: func() proto.Message { return &iam.ListApiKeyOperationsRequest{ApiKeyId: key()} },
		iam.ApiKeyService_ListScopes_FullMethodName:     func() proto.Message { return &iam.ListApiKeyScopesRequest{} },
		iam.ApiKeyService_Update_FullMethodName: func() proto.Message {
			return &iam.UpdateApiKeyRequest{ApiKeyId: key(), Scopes: []string{"yc.logging.write"}}
		},
	}
}

func (c caller) accountRequests(a models.Account) map[string]func() proto.Message {
	return map[string]func() proto.Message{
		iam.ServiceAccountService_Create_FullMethodName: func() proto.Message {
			return &iam.CreateServiceAccountRequest{FolderId: defaultFolder, Name: "made-" + c.slug()}
		},
		iam.ServiceAccountService_Delete_FullMethodName: func() proto.Message { return &iam.DeleteServiceAccountRequest{ServiceAccountId: a.ID} },
		iam.ServiceAccountService_Get_FullMethodName:    func() proto.Message { return &iam.GetServiceAccountRequest{ServiceAccountId: a.ID} },
		iam.ServiceAccountService_List_FullMethodName:   func() proto.Message { return &iam.ListServiceAccountsRequest{FolderId: defaultFolder} },
		iam.ServiceAccountService_ListAccessBindings_FullMethodName: func() proto.Message {
			return &access.ListAccessBindingsRequest{ResourceId: a.ID}
		},
		iam.ServiceAccountService_ListOperations_FullMethodName: func() proto.Message {
			return &iam.ListServiceAccountOperationsRequest{ServiceAccountId: a.ID}
		},
		iam.ServiceAccountService_Reactivate_FullMethodName: func() proto.Message {
			_, _, err := c.desk.SuspendAccount(c.t.Context(), onHost, a.ID, manage.Stop{Reason: models.ReasonOther})
			c.ok(err)
			return &iam.ReactivateServiceAccountRequest{ServiceAccountId: a.ID}
		},
		iam.ServiceAccountService_SetAccessBindings_FullMethodName: func() proto.Message { return c.setting(a.ID) },
		iam.ServiceAccountService_Suspend_FullMethodName:           func() proto.Message { return &iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID} },
		iam.ServiceAccountService_Update_FullMethodName: func() proto.Message {
			return &iam.UpdateServiceAccountRequest{ServiceAccountId: a.ID, Name: "renamed-" + c.slug()}
		},
		iam.ServiceAccountService_UpdateAccessBindings_FullMethodName: func() proto.Message { return c.updating(a.ID) },
	}
}

// setting binds a role, of which there is more than none to set.
func (c caller) setting(resource string) proto.Message {
	return &access.SetAccessBindingsRequest{ResourceId: resource, AccessBindings: []*access.AccessBinding{grant(models.RoleViewer, c.anAccount())}}
}

func (c caller) updating(resource string) proto.Message {
	return &access.UpdateAccessBindingsRequest{
		ResourceId: resource, AccessBindingDeltas: []*access.AccessBindingDelta{delta(add, grant(models.RoleViewer, c.anAccount()))},
	}
}

func (c caller) tokenRequests(a models.Account, p pair) map[string]func() proto.Message {
	return map[string]func() proto.Message{
		endpoint.ApiEndpointService_Get_FullMethodName:   func() proto.Message { return &endpoint.GetApiEndpointRequest{ApiEndpointId: "iam"} },
		endpoint.ApiEndpointService_List_FullMethodName:  func() proto.Message { return &endpoint.ListApiEndpointsRequest{} },
		operation.OperationService_Get_FullMethodName:    func() proto.Message { return &operation.GetOperationRequest{OperationId: c.anOperation(a)} },
		operation.OperationService_Cancel_FullMethodName: func() proto.Message { return &operation.CancelOperationRequest{OperationId: c.anOperation(a)} },
		iam.IamTokenService_Create_FullMethodName: func() proto.Message {
			return &iam.CreateIamTokenRequest{Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: c.jwt(p)}}
		},
		iam.IamTokenService_CreateForServiceAccount_FullMethodName: func() proto.Message {
			return &iam.CreateIamTokenForServiceAccountRequest{ServiceAccountId: a.ID}
		},
		iam.IamTokenService_Revoke_FullMethodName:    func() proto.Message { return &iam.RevokeIamTokenRequest{IamToken: c.accountToken(a)} },
		iam.KeyService_Create_FullMethodName:         func() proto.Message { return &iam.CreateKeyRequest{ServiceAccountId: a.ID} },
		iam.KeyService_Delete_FullMethodName:         func() proto.Message { return &iam.DeleteKeyRequest{KeyId: p.id} },
		iam.KeyService_Get_FullMethodName:            func() proto.Message { return &iam.GetKeyRequest{KeyId: p.id} },
		iam.KeyService_List_FullMethodName:           func() proto.Message { return &iam.ListKeysRequest{ServiceAccountId: p.account.ID} },
		iam.KeyService_ListOperations_FullMethodName: func() proto.Message { return &iam.ListKeyOperationsRequest{KeyId: p.id} },
		iam.KeyService_Update_FullMethodName:         func() proto.Message { return &iam.UpdateKeyRequest{KeyId: p.id, Description: "changed"} },
	}
}

// anOperation is one of an administrator, about the account.
func (c caller) anOperation(a models.Account) string {
	c.t.Helper()
	by := c.admin(c.t, overGRPC)
	o := call(by, iam.ServiceAccountService_Suspend_FullMethodName, &iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID}, &operation.Operation{})
	return o.GetId()
}

// jwt is what the clients make of a key pair.
func (c caller) jwt(p pair) string {
	c.t.Helper()
	j := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.RegisteredClaims{
		Issuer: p.account.ID, Audience: jwt.ClaimStrings{manage.TokenAudience}, IssuedAt: jwt.NewNumericDate(c.now()),
		ExpiresAt: jwt.NewNumericDate(c.now().Add(time.Hour)),
	})
	j.Header["kid"] = p.id
	signed, err := j.SignedString(p.private)
	c.ok(err)
	return signed
}

func (c caller) folderRequests() map[string]func() proto.Message {
	policy := &access.AccessPolicyBinding{AccessPolicyTemplateId: "iam.denyServiceAccountApiKeysCreation"}
	return map[string]func() proto.Message{
		resourcemanager.FolderService_Create_FullMethodName: func() proto.Message {
			return &resourcemanager.CreateFolderRequest{CloudId: cloudID, Name: "made-" + c.slug()}
		},
		resourcemanager.FolderService_Delete_FullMethodName: func() proto.Message {
			return &resourcemanager.DeleteFolderRequest{FolderId: defaultFolder}
		},
		resourcemanager.FolderService_Get_FullMethodName:  func() proto.Message { return &resourcemanager.GetFolderRequest{FolderId: defaultFolder} },
		resourcemanager.FolderService_List_FullMethodName: func() proto.Message { return &resourcemanager.ListFoldersRequest{CloudId: cloudID} },
		resourcemanager.FolderService_ListOperations_FullMethodName: func() proto.Message {
			return &resourcemanager.ListFolderOperationsRequest{FolderId: defaultFolder}
		},
		resourcemanager.FolderService_Update_FullMethodName: func() proto.Message {
			return &resourcemanager.UpdateFolderRequest{FolderId: defaultFolder, Name: "renamed"}
		},
		resourcemanager.FolderService_ListAccessBindings_FullMethodName: func() proto.Message {
			return &access.ListAccessBindingsRequest{ResourceId: defaultFolder}
		},
		resourcemanager.FolderService_SetAccessBindings_FullMethodName:    c.settingAll,
		resourcemanager.FolderService_UpdateAccessBindings_FullMethodName: func() proto.Message { return c.updating(defaultFolder) },
		resourcemanager.FolderService_ListAccessPolicyBindings_FullMethodName: func() proto.Message {
			return &access.ListAccessPolicyBindingsRequest{ResourceId: defaultFolder}
		},
		resourcemanager.FolderService_BindAccessPolicy_FullMethodName: func() proto.Message {
			return &access.BindAccessPolicyRequest{ResourceId: defaultFolder, AccessPolicyBinding: policy}
		},
		resourcemanager.FolderService_UnbindAccessPolicy_FullMethodName: func() proto.Message {
			return &access.UnbindAccessPolicyRequest{ResourceId: defaultFolder, AccessPolicyTemplateId: policy.GetAccessPolicyTemplateId()}
		},
		resourcemanager.FolderService_UpdateAccessPolicyBindingParameters_FullMethodName: func() proto.Message {
			return &access.UpdateAccessPolicyBindingParametersRequest{ResourceId: defaultFolder, AccessPolicyBinding: policy}
		},
	}
}

// settingAll leaves in the folder what is bound there already, and one role more: the credentials of the other cells stay.
func (c caller) settingAll() proto.Message {
	req := &access.SetAccessBindingsRequest{ResourceId: defaultFolder, AccessBindings: []*access.AccessBinding{grant(models.RoleViewer, c.anAccount())}}
	page, err := c.desk.FolderBindings(c.t.Context(), onHost, defaultFolder, models.Cursor{}, manage.MaxBindings)
	c.ok(err)
	for _, b := range page.Rows {
		req.AccessBindings = append(req.AccessBindings, wireBinding(b))
	}
	return req
}
