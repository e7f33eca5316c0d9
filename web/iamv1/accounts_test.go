package iamv1

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"keydesk/models"
)

func (c caller) getAccount(id string) *iam.ServiceAccount {
	c.t.Helper()
	return call(c, iam.ServiceAccountService_Get_FullMethodName, &iam.GetServiceAccountRequest{ServiceAccountId: id}, &iam.ServiceAccount{})
}

func (c caller) listAccounts(filter string) *iam.ListServiceAccountsResponse {
	c.t.Helper()
	req := &iam.ListServiceAccountsRequest{FolderId: defaultFolder, Filter: filter}
	return call(c, iam.ServiceAccountService_List_FullMethodName, req, &iam.ListServiceAccountsResponse{})
}

func TestLifeOfAnAccount(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		c.account("another", c.folder("elsewhere-"+c.slug()).ID)
		name := "robot-" + c.slug()
		ends := c.in(48 * time.Hour)
		create := &iam.CreateServiceAccountRequest{
			FolderId: defaultFolder, Name: name, Description: "builds", Labels: map[string]string{"team": "ci"}, ExpiresAt: ends,
		}
		a := change(c, iam.ServiceAccountService_Create_FullMethodName, create, &iam.ServiceAccount{})
		want := &iam.ServiceAccount{
			Id: a.GetId(), FolderId: defaultFolder, CreatedAt: a.GetCreatedAt(), Name: name, Description: "builds",
			Labels: map[string]string{"team": "ci"}, Status: iam.ServiceAccount_ACTIVE, ExpiresAt: ends,
		}
		alike(t, "the account", a, want)
		alike(t, "the account that is read", c.getAccount(a.GetId()), want)
		alike(t, "the filtered list", c.listAccounts(`name="`+name+`"`), &iam.ListServiceAccountsResponse{ServiceAccounts: []*iam.ServiceAccount{want}})
		fails(c, iam.ServiceAccountService_Create_FullMethodName, create, codes.AlreadyExists)

		want.Description, want.ExpiresAt = "builds and tests", nil
		alike(t, "the account that a mask changed", change(c, iam.ServiceAccountService_Update_FullMethodName, &iam.UpdateServiceAccountRequest{
			ServiceAccountId: a.GetId(), Name: name, Description: "builds and tests", Labels: map[string]string{"not": "named"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"expires_at", "description"}},
		}, &iam.ServiceAccount{}), want)
		want.Name, want.Description, want.Labels = name+"-2", "", nil
		alike(t, "the account that was changed without one", change(c, iam.ServiceAccountService_Update_FullMethodName,
			&iam.UpdateServiceAccountRequest{ServiceAccountId: a.GetId(), Name: name + "-2"}, &iam.ServiceAccount{}), want)

		k := c.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: a.GetId(), Scopes: twoScopes}).GetApiKey()
		change(c, iam.ServiceAccountService_Delete_FullMethodName, &iam.DeleteServiceAccountRequest{ServiceAccountId: a.GetId()}, &emptypb.Empty{})
		for method, req := range ofDeleted(a.GetId(), k.GetId()) {
			fails(c, method, req, codes.NotFound)
		}
		alike(t, "the filtered list", c.listAccounts(`name="`+want.GetName()+`"`), &iam.ListServiceAccountsResponse{})
	})
}

// ofDeleted are requests about an account that is deleted, and about the key that it had.
func ofDeleted(id, key string) map[string]proto.Message {
	return map[string]proto.Message{
		iam.ServiceAccountService_Get_FullMethodName:                &iam.GetServiceAccountRequest{ServiceAccountId: id},
		iam.ServiceAccountService_ListOperations_FullMethodName:     &iam.ListServiceAccountOperationsRequest{ServiceAccountId: id},
		iam.ServiceAccountService_Update_FullMethodName:             &iam.UpdateServiceAccountRequest{ServiceAccountId: id, Name: "again"},
		iam.ServiceAccountService_Delete_FullMethodName:             &iam.DeleteServiceAccountRequest{ServiceAccountId: id},
		iam.ServiceAccountService_Suspend_FullMethodName:            &iam.SuspendServiceAccountRequest{ServiceAccountId: id},
		iam.ServiceAccountService_Reactivate_FullMethodName:         &iam.ReactivateServiceAccountRequest{ServiceAccountId: id},
		iam.ServiceAccountService_ListAccessBindings_FullMethodName: &access.ListAccessBindingsRequest{ResourceId: id},
		iam.ServiceAccountService_SetAccessBindings_FullMethodName:  &access.SetAccessBindingsRequest{ResourceId: id},
		iam.ApiKeyService_Get_FullMethodName:                        &iam.GetApiKeyRequest{ApiKeyId: key},
		iam.ApiKeyService_Update_FullMethodName:                     &iam.UpdateApiKeyRequest{ApiKeyId: key, Scopes: twoScopes},
		iam.ApiKeyService_List_FullMethodName:                       &iam.ListApiKeysRequest{ServiceAccountId: id},
		iam.ApiKeyService_Create_FullMethodName:                     &iam.CreateApiKeyRequest{ServiceAccountId: id},
		iam.KeyService_List_FullMethodName:                          &iam.ListKeysRequest{ServiceAccountId: id},
		iam.KeyService_Create_FullMethodName:                        &iam.CreateKeyRequest{ServiceAccountId: id},
		iam.IamTokenService_CreateForServiceAccount_FullMethodName:  &iam.CreateIamTokenForServiceAccountRequest{ServiceAccountId: id},
	}
}

// slug tells apart what is named in one database.
func (c caller) slug() string { return strings.ToLower(rand.Text()) }

func TestSuspension(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		suspend := func(req *iam.SuspendServiceAccountRequest) {
			req.ServiceAccountId = a.ID
			change(c, iam.ServiceAccountService_Suspend_FullMethodName, req, &iam.SuspendServiceAccountResponse{})
		}
		status := func(want iam.ServiceAccount_Status) {
			t.Helper()
			if got := c.getAccount(a.ID).GetStatus(); got != want {
				t.Errorf("it is %v, want %v", got, want)
			}
		}
		suspend(&iam.SuspendServiceAccountRequest{Reason: "an incident"})
		status(iam.ServiceAccount_SUSPENDED)
		kept, err := c.desk.Account(t.Context(), onHost, a.ID)
		c.ok(err)
		if kept.Suspended.Note != "an incident" || kept.Suspended.Reason != "other" {
			t.Errorf("kept as %+v", kept.Suspended)
		}
		reactivate := &iam.ReactivateServiceAccountRequest{ServiceAccountId: a.ID}
		change(c, iam.ServiceAccountService_Reactivate_FullMethodName, reactivate, &iam.ReactivateServiceAccountResponse{})
		status(iam.ServiceAccount_ACTIVE)
		fails(c, iam.ServiceAccountService_Reactivate_FullMethodName, reactivate, codes.FailedPrecondition)

		suspend(&iam.SuspendServiceAccountRequest{ExpiresAt: c.in(time.Hour)})
		c.pass(2 * time.Hour)
		c.as.token = c.token(c.person("later", models.Administrator))
		status(iam.ServiceAccount_ACTIVE)
		change(c, iam.ServiceAccountService_Update_FullMethodName, &iam.UpdateServiceAccountRequest{
			ServiceAccountId: a.ID, Name: a.Name, ExpiresAt: c.in(time.Minute), UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"expires_at"}},
		}, &iam.ServiceAccount{})
		c.pass(2 * time.Minute)
		status(iam.ServiceAccount_SUSPENDED)
		same(t, "a reason that is too long", fields(fails(c, iam.ServiceAccountService_Suspend_FullMethodName,
			&iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID, Reason: text(257)}, codes.InvalidArgument)), []string{"reason"})
		same(t, "an end in the past", fields(fails(c, iam.ServiceAccountService_Suspend_FullMethodName,
			&iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID, ExpiresAt: c.in(-time.Hour)}, codes.InvalidArgument)), []string{"expires_at"})
	})
}

func TestOperationsOfAnAccount(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		change(c, iam.ServiceAccountService_Suspend_FullMethodName, &iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID}, &iam.SuspendServiceAccountResponse{})
		c.pass(time.Second)
		change(c, iam.ServiceAccountService_Reactivate_FullMethodName, &iam.ReactivateServiceAccountRequest{ServiceAccountId: a.ID}, &iam.ReactivateServiceAccountResponse{})
		var said []string
		req := &iam.ListServiceAccountOperationsRequest{ServiceAccountId: a.ID, PageSize: 1}
		for {
			page := call(c, iam.ServiceAccountService_ListOperations_FullMethodName, req, &iam.ListServiceAccountOperationsResponse{})
			for _, o := range page.GetOperations() {
				if !o.GetDone() || o.GetMetadata().GetTypeUrl() == "" || o.GetResponse().GetTypeUrl() == "" {
					t.Errorf("listed as %v", o)
				}
				said = append(said, o.GetDescription())
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		same(t, "the list", said, []string{"Reactivate service account", "Suspend service account"})
	})
}

// Accounts are listed by name within their folder, page by page.
func TestAccountsArePaged(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		f := c.folder("team-" + c.slug())
		for _, name := range []string{"delta", "alpha", "charlie", "bravo", "echo"} {
			c.account(name, f.ID)
		}
		var found []string
		req := &iam.ListServiceAccountsRequest{FolderId: f.ID, PageSize: 2}
		for {
			page := call(c, iam.ServiceAccountService_List_FullMethodName, req, &iam.ListServiceAccountsResponse{})
			for _, a := range page.GetServiceAccounts() {
				found = append(found, a.GetName())
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		same(t, "the list", found, []string{"alpha", "bravo", "charlie", "delta", "echo"})
		fails(c, iam.ServiceAccountService_List_FullMethodName, &iam.ListServiceAccountsRequest{FolderId: "b1gnosuchfolder00000"}, codes.NotFound)
	})
}
