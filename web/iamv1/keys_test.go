package iamv1

import (
	"slices"
	"testing"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/secret"
)

var (
	twoScopes = []string{"yc.postbox.send", "yc.logging.write"} // in no order of any kind
	tenScopes = []string{
		"yc.ai.imageGeneration.execute", "yc.ai.languageModels.execute", "yc.ai.speechkitStt.execute", "yc.ai.speechkitTts.execute",
		"yc.ai.translate.execute", "yc.ai.vision.execute", "yc.monitoring.manage", "yc.search-api.execute",
		"yc.serverless.containers.invoke", "yc.serverless.functions.invoke",
	}
)

// in is a time as a client would send it: whole seconds.
func (c caller) in(d time.Duration) *timestamppb.Timestamp {
	return timestamppb.New(c.now().Add(d).Truncate(time.Second))
}

func (c caller) createKey(req *iam.CreateApiKeyRequest) *iam.CreateApiKeyResponse {
	c.t.Helper()
	return call(c, iam.ApiKeyService_Create_FullMethodName, req, &iam.CreateApiKeyResponse{})
}

func (c caller) getKey(id string) *iam.ApiKey {
	c.t.Helper()
	return call(c, iam.ApiKeyService_Get_FullMethodName, &iam.GetApiKeyRequest{ApiKeyId: id}, &iam.ApiKey{})
}

func (c caller) listKeys(req *iam.ListApiKeysRequest) *iam.ListApiKeysResponse {
	c.t.Helper()
	return call(c, iam.ApiKeyService_List_FullMethodName, req, &iam.ListApiKeysResponse{})
}

// alike fails the test where two messages differ.
func alike(t testing.TB, what string, got, want proto.Message) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Errorf("%s is\n%v\nwant\n%v", what, got, want)
	}
}

func TestLifeOfAKey(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		ends := c.in(48 * time.Hour)
		made := c.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Description: "nightly", Scopes: twoScopes, ExpiresAt: ends})
		k := made.GetApiKey()
		if _, is := secret.Sum(made.GetSecret()); !is {
			t.Fatalf("the secret has not the form of one")
		}
		same(t, "scopes", k.GetScopes(), twoScopes)
		if older(k) != "" || k.GetLastUsedAt() != nil || k.GetMaskedSecret() != "****"+made.GetSecret()[len(made.GetSecret())-6:] {
			t.Errorf("made as %v", k)
		}
		if !proto.Equal(k.GetExpiresAt(), ends) || k.GetServiceAccountId() != a.ID || k.GetDescription() != "nightly" {
			t.Errorf("made as %v", k)
		}
		alike(t, "the key that is read", c.getKey(k.GetId()), k)
		alike(t, "the list", c.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: a.ID}), &iam.ListApiKeysResponse{ApiKeys: []*iam.ApiKey{k}})

		k.Description, k.ExpiresAt = "hourly", nil
		updated := change(c, iam.ApiKeyService_Update_FullMethodName, &iam.UpdateApiKeyRequest{
			ApiKeyId: k.GetId(), Description: "hourly", UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description", "expires_at"}},
		}, &iam.ApiKey{})
		alike(t, "the key that the mask changed", updated, k)
		k.Description, k.Scopes = "", []string{"yc.monitoring.read"}
		updated = change(c, iam.ApiKeyService_Update_FullMethodName, &iam.UpdateApiKeyRequest{ApiKeyId: k.GetId(), Scopes: k.GetScopes()}, &iam.ApiKey{})
		alike(t, "the key that was changed without a mask", updated, k)
		alike(t, "the changed key that is read", c.getKey(k.GetId()), k)

		list := &iam.ListApiKeyOperationsRequest{ApiKeyId: k.GetId()}
		ops := call(c, iam.ApiKeyService_ListOperations_FullMethodName, list, &iam.ListApiKeyOperationsResponse{})
		if len(ops.GetOperations()) != 2 || ops.GetOperations()[0].GetDescription() != "Update API key" {
			t.Errorf("its operations are %v", ops)
		}
		change(c, iam.ApiKeyService_Delete_FullMethodName, &iam.DeleteApiKeyRequest{ApiKeyId: k.GetId()}, &emptypb.Empty{})
		fails(c, iam.ApiKeyService_Get_FullMethodName, &iam.GetApiKeyRequest{ApiKeyId: k.GetId()}, codes.NotFound)
		fails(c, iam.ApiKeyService_Delete_FullMethodName, &iam.DeleteApiKeyRequest{ApiKeyId: k.GetId()}, codes.NotFound)
		fails(c, iam.ApiKeyService_Update_FullMethodName, &iam.UpdateApiKeyRequest{ApiKeyId: k.GetId(), Scopes: twoScopes}, codes.NotFound)
		fails(c, iam.ApiKeyService_ListOperations_FullMethodName, list, codes.NotFound)
		alike(t, "the list", c.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: a.ID}), &iam.ListApiKeysResponse{})
	})
}

func TestKeysWithoutScopesHaveTheDefaults(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		for name, scopes := range map[string][]string{"none": nil, "an empty list": {}} {
			made := c.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Scopes: scopes})
			same(t, "with "+name+" the scopes", made.GetApiKey().GetScopes(), tenScopes)
			if made.GetApiKey().GetExpiresAt() != nil {
				t.Errorf("it ends at %v, want never", made.GetApiKey().GetExpiresAt())
			}
			k, err := c.desk.StandingKey(t.Context(), onHost, made.GetApiKey().GetId())
			c.ok(err)
			if !k.DefaultScopes || k.CreatedVia != manage.ViaAPI {
				t.Errorf("kept as %+v", k.Key)
			}
		}
	})
}

func (c caller) anAccount(roles ...string) models.Account {
	c.t.Helper()
	return c.account("robot-"+c.slug(), defaultFolder, roles...)
}

// older is the scope of the deprecated field, and asking asks for one by it.
func older(k *iam.ApiKey) string { return k.GetScope() } //nolint:staticcheck // what is deprecated is served all the same

func asking(scope string, req *iam.CreateApiKeyRequest) *iam.CreateApiKeyRequest {
	req.Scope = scope //nolint:staticcheck // as above
	return req
}

func TestTheOlderScope(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		for name, tc := range map[string]struct {
			scope         string
			scopes, wants []string
		}{
			"alone":          {"yc.postbox.send", nil, []string{"yc.postbox.send"}},
			"one of several": {"yc.postbox.send", twoScopes, twoScopes},
		} {
			k := c.createKey(asking(tc.scope, &iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Scopes: tc.scopes})).GetApiKey()
			same(t, name+": the scopes", k.GetScopes(), tc.wants)
			if older(k) != tc.scope || older(c.getKey(k.GetId())) != tc.scope {
				t.Errorf("%s: scope is %q, want %q", name, older(k), tc.scope)
			}
		}
		for field, req := range map[string]*iam.CreateApiKeyRequest{
			"scope":  asking("yc.monitoring.read", &iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Scopes: twoScopes}),
			"scopes": {ServiceAccountId: a.ID, Scopes: []string{"yc.no.such"}},
		} {
			same(t, field, fields(fails(c, iam.ApiKeyService_Create_FullMethodName, req, codes.InvalidArgument)), []string{field})
		}
		same(t, "an unknown one", fields(fails(c, iam.ApiKeyService_Create_FullMethodName,
			asking("yc.no.such", &iam.CreateApiKeyRequest{ServiceAccountId: a.ID}), codes.InvalidArgument)), []string{"scope"})
	})
}

func TestScopesAreListed(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		var all []string
		req := &iam.ListApiKeyScopesRequest{PageSize: 10}
		for {
			page := call(c, iam.ApiKeyService_ListScopes_FullMethodName, req, &iam.ListApiKeyScopesResponse{})
			all = append(all, page.GetScopes()...)
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		cat, err := c.desk.Catalogue(t.Context())
		c.ok(err)
		if len(all) != cat.Len() || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Errorf("%d scopes, want %d: %v", len(all), cat.Len(), all)
		}
	})
}

// An account asks for its own keys without naming itself; a person has none.
func TestKeysOfWhoAsks(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount(models.RoleKeyAdmin)
		self := c
		self.as.token = c.accountToken(a)
		k := self.createKey(&iam.CreateApiKeyRequest{Scopes: twoScopes}).GetApiKey()
		if k.GetServiceAccountId() != a.ID {
			t.Errorf("it is of %s, want %s", k.GetServiceAccountId(), a.ID)
		}
		alike(t, "the list", self.listKeys(&iam.ListApiKeysRequest{}), &iam.ListApiKeysResponse{ApiKeys: []*iam.ApiKey{k}})
		for method, req := range map[string]proto.Message{
			iam.ApiKeyService_List_FullMethodName:   &iam.ListApiKeysRequest{},
			iam.ApiKeyService_Create_FullMethodName: &iam.CreateApiKeyRequest{},
			iam.KeyService_List_FullMethodName:      &iam.ListKeysRequest{},
			iam.KeyService_Create_FullMethodName:    &iam.CreateKeyRequest{},
		} {
			same(t, method, fields(fails(c, method, req, codes.InvalidArgument)), []string{"service_account_id"})
		}
	})
}

func TestKeysArePaged(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		var made, found []string
		for range 5 {
			made = append(made, c.key(a, "yc.postbox.send").Key.ID)
			c.pass(time.Second)
		}
		gone := c.key(a, "yc.postbox.send").Key.ID
		change(c, iam.ApiKeyService_Delete_FullMethodName, &iam.DeleteApiKeyRequest{ApiKeyId: gone}, &emptypb.Empty{})
		slices.Reverse(made)
		sizes := []int{}
		for req := (&iam.ListApiKeysRequest{ServiceAccountId: a.ID, PageSize: 2}); ; {
			page := c.listKeys(req)
			sizes = append(sizes, len(page.GetApiKeys()))
			for _, k := range page.GetApiKeys() {
				found = append(found, k.GetId())
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		same(t, "the list", found, made)
		same(t, "the pages", sizes, []int{2, 2, 1})
	})
}

// A use is told as the gates flush it, and a refusal is none.
func TestLastUse(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		k := c.key(a, "yc.postbox.send").Key
		at := models.Instant(c.now())
		last := models.LastUsed{KeyID: k.ID, AccountID: a.ID, FolderID: a.FolderID, Refused: models.Sighting{At: at, Reason: models.InsufficientScope}}
		c.ok(c.desk.Store.Flush(t.Context(), models.Flush{GateID: "gat1", Sequence: c.now().UnixNano(), Last: []models.LastUsed{last}}))
		if used := c.getKey(k.ID).GetLastUsedAt(); used != nil {
			t.Errorf("a refusal counts as a use at %v", used)
		}
		last.Refused, last.Allowed = models.Sighting{}, models.Sighting{At: at, Scope: "yc.postbox.send", Reason: models.Allowed}
		c.ok(c.desk.Store.Flush(t.Context(), models.Flush{GateID: "gat1", Sequence: c.now().UnixNano(), Last: []models.LastUsed{last}}))
		alike(t, "the last use", c.getKey(k.ID).GetLastUsedAt(), timestamppb.New(at))
		alike(t, "the last use in the list", c.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: a.ID}).GetApiKeys()[0], c.getKey(k.ID))
		account := call(c, iam.ServiceAccountService_Get_FullMethodName, &iam.GetServiceAccountRequest{ServiceAccountId: a.ID}, &iam.ServiceAccount{})
		alike(t, "the account's", account.GetLastAuthenticatedAt(), timestamppb.New(at))
	})
}
