package iamv1

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"keydesk/models"
)

// text is one of so many characters, each of two bytes: limits count characters.
func text(n int) string { return strings.Repeat("й", n) }

// scopes are so many names, none twice.
func scopes(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("yc.scope", i))
	}
	return list
}

// limit is a request that breaks one limit, and the field that the refusal has to name.
type limit struct {
	method string
	req    proto.Message
	field  string
}

var (
	beforeTime = timestamppb.New(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC))
	afterTime  = timestamppb.New(time.Date(2106, 1, 1, 0, 0, 0, 0, time.UTC))
)

func createLimits(a models.Account) map[string]limit {
	create := func(change func(*iam.CreateApiKeyRequest), field string) limit {
		req := &iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Scopes: []string{"yc.postbox.send"}}
		change(req)
		return limit{iam.ApiKeyService_Create_FullMethodName, req, field}
	}
	return map[string]limit{
		"101 scopes":               create(func(r *iam.CreateApiKeyRequest) { r.Scopes = scopes(101) }, "scopes"),
		"a scope twice":            create(func(r *iam.CreateApiKeyRequest) { r.Scopes = append(r.Scopes, r.Scopes...) }, "scopes"),
		"an unknown scope":         create(func(r *iam.CreateApiKeyRequest) { r.Scopes = []string{"yc.none"} }, "scopes"),
		"a long scope":             create(func(r *iam.CreateApiKeyRequest) { r.Scopes = []string{text(257)} }, "scopes[0]"),
		"a long older scope":       create(func(r *iam.CreateApiKeyRequest) { asking(text(257), r) }, "scope"),
		"a long description":       create(func(r *iam.CreateApiKeyRequest) { r.Description = text(257) }, "description"),
		"a description in lines":   create(func(r *iam.CreateApiKeyRequest) { r.Description = "one\ntwo" }, "description"),
		"a long account id":        create(func(r *iam.CreateApiKeyRequest) { r.ServiceAccountId = text(51) }, "service_account_id"),
		"an expiry before 1970":    create(func(r *iam.CreateApiKeyRequest) { r.ExpiresAt = beforeTime }, "expires_at"),
		"an expiry after 2105":     create(func(r *iam.CreateApiKeyRequest) { r.ExpiresAt = afterTime }, "expires_at"),
		"an expiry in the past":    create(func(r *iam.CreateApiKeyRequest) { r.ExpiresAt = timestamppb.New(time.Unix(1, 0)) }, "expires_at"),
		"an expiry in the year 1":  create(func(r *iam.CreateApiKeyRequest) { r.ExpiresAt = timestamppb.New(time.Time{}) }, "expires_at"),
		"a bad name of an account": {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{FolderId: defaultFolder, Name: "Robot"}, "name"},
		"a short name":             {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{FolderId: defaultFolder, Name: "ab"}, "name"},
		"no name":                  {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{FolderId: defaultFolder}, "name"},
		"no folder":                {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{Name: "robot"}, "folder_id"},
		"a label's name": {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{
			FolderId: defaultFolder, Name: "robot", Labels: map[string]string{"Team": "ci"},
		}, "labels"},
		"65 labels": {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{
			FolderId: defaultFolder, Name: "robot", Labels: labels(65),
		}, "labels"},
		"a folder's name": {iam.ServiceAccountService_Create_FullMethodName, &iam.CreateServiceAccountRequest{FolderId: text(51), Name: "robot"}, "folder_id"},
		"no cloud":        {resourcemanager.FolderService_Create_FullMethodName, &resourcemanager.CreateFolderRequest{Name: "team"}, "cloud_id"},
		"a long description of an authorized key": {
			iam.KeyService_Create_FullMethodName, &iam.CreateKeyRequest{ServiceAccountId: a.ID, Description: text(257)}, "description",
		},
	}
}

func labels(n int) map[string]string {
	l := map[string]string{}
	for i := range n {
		l[fmt.Sprint("l", i)] = "x"
	}
	return l
}

func updateLimits(a models.Account, k models.Key) map[string]limit {
	list := map[string]limit{}
	mask := func(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }
	masks := map[string]*fieldmaskpb.FieldMask{
		"an empty mask": mask(), "an unknown field in the mask": mask("description", "folder_id"),
		"a field twice in the mask": mask("description", "description"), "the secret in the mask": mask("secret"),
	}
	for name, m := range masks {
		list[name+" of a key"] = limit{iam.ApiKeyService_Update_FullMethodName, &iam.UpdateApiKeyRequest{ApiKeyId: k.ID, UpdateMask: m}, "update_mask"}
		list[name+" of an account"] = limit{
			iam.ServiceAccountService_Update_FullMethodName, &iam.UpdateServiceAccountRequest{ServiceAccountId: a.ID, Name: a.Name, UpdateMask: m}, "update_mask",
		}
		list[name+" of an authorized key"] = limit{iam.KeyService_Update_FullMethodName, &iam.UpdateKeyRequest{KeyId: k.ID, UpdateMask: m}, "update_mask"}
	}
	update := func(field string, req *iam.UpdateApiKeyRequest) limit {
		req.ApiKeyId = k.ID
		return limit{iam.ApiKeyService_Update_FullMethodName, req, field}
	}
	list["101 scopes in a change"] = update("scopes", &iam.UpdateApiKeyRequest{Scopes: scopes(101), UpdateMask: mask("scopes")})
	list["no scopes in a change"] = update("scopes", &iam.UpdateApiKeyRequest{UpdateMask: mask("scopes")})
	list["no scopes without a mask"] = update("scopes", &iam.UpdateApiKeyRequest{Description: "x"})
	list["a scope twice in a change"] = update("scopes", &iam.UpdateApiKeyRequest{Scopes: []string{"yc.postbox.send", "yc.postbox.send"}, UpdateMask: mask("scopes")})
	list["a long description in a change"] = update("description", &iam.UpdateApiKeyRequest{Description: text(257), UpdateMask: mask("description")})
	list["an expiry after 2105 in a change"] = update("expires_at", &iam.UpdateApiKeyRequest{ExpiresAt: afterTime, UpdateMask: mask("expires_at")})
	list["an expiry in the past in a change"] = update("expires_at", &iam.UpdateApiKeyRequest{ExpiresAt: timestamppb.New(time.Unix(1, 0)), UpdateMask: mask("expires_at")})
	list["a long id"] = limit{iam.ApiKeyService_Update_FullMethodName, &iam.UpdateApiKeyRequest{ApiKeyId: text(51), UpdateMask: mask("description")}, "api_key_id"}
	list["no name in a change"] = limit{
		iam.ServiceAccountService_Update_FullMethodName, &iam.UpdateServiceAccountRequest{ServiceAccountId: a.ID, UpdateMask: mask("name")}, "name",
	}
	return list
}

// pagedRequest makes the request for a page of each list.
func pagedRequests(a models.Account, k models.Key, authorized string) map[string]func(size int64, token string) proto.Message {
	return map[string]func(size int64, token string) proto.Message{
		iam.ApiKeyService_List_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListApiKeysRequest{ServiceAccountId: a.ID, PageSize: size, PageToken: token}
		},
		iam.ApiKeyService_ListScopes_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListApiKeyScopesRequest{PageSize: size, PageToken: token}
		},
		iam.ApiKeyService_ListOperations_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListApiKeyOperationsRequest{ApiKeyId: k.ID, PageSize: size, PageToken: token}
		},
		iam.ServiceAccountService_List_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListServiceAccountsRequest{FolderId: defaultFolder, PageSize: size, PageToken: token}
		},
		iam.ServiceAccountService_ListOperations_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListServiceAccountOperationsRequest{ServiceAccountId: a.ID, PageSize: size, PageToken: token}
		},
		iam.ServiceAccountService_ListAccessBindings_FullMethodName: func(size int64, token string) proto.Message {
			return &access.ListAccessBindingsRequest{ResourceId: a.ID, PageSize: size, PageToken: token}
		},
		iam.KeyService_List_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListKeysRequest{ServiceAccountId: a.ID, PageSize: size, PageToken: token}
		},
		iam.KeyService_ListOperations_FullMethodName: func(size int64, token string) proto.Message {
			return &iam.ListKeyOperationsRequest{KeyId: authorized, PageSize: size, PageToken: token}
		},
		resourcemanager.FolderService_List_FullMethodName: func(size int64, token string) proto.Message {
			return &resourcemanager.ListFoldersRequest{CloudId: cloudID, PageSize: size, PageToken: token}
		},
		resourcemanager.FolderService_ListOperations_FullMethodName: func(size int64, token string) proto.Message {
			return &resourcemanager.ListFolderOperationsRequest{FolderId: defaultFolder, PageSize: size, PageToken: token}
		},
		resourcemanager.FolderService_ListAccessBindings_FullMethodName: func(size int64, token string) proto.Message {
			return &access.ListAccessBindingsRequest{ResourceId: defaultFolder, PageSize: size, PageToken: token}
		},
	}
}

// token is where a list goes on after a first page of one row.
func (c caller) firstToken(method string, req proto.Message) string {
	c.t.Helper()
	got := newAnswer(c.t, method)
	token := call(c, method, req, got).ProtoReflect()
	return token.Get(token.Descriptor().Fields().ByName("next_page_token")).String()
}

func filterLimits() map[string]limit {
	list := map[string]limit{}
	for _, filter := range []string{
		`description="x"`, `name!="robot"`, `name = robot`, `name="robot" AND name="x"`, `name="Robot"`, `name=""`, `status="ACTIVE"`, `name`,
		`name IN ("a", "b")`, text(1001),
	} {
		list["accounts "+filter] = limit{
			iam.ServiceAccountService_List_FullMethodName, &iam.ListServiceAccountsRequest{FolderId: defaultFolder, Filter: filter}, "filter",
		}
		list["folders "+filter] = limit{
			resourcemanager.FolderService_List_FullMethodName, &resourcemanager.ListFoldersRequest{CloudId: cloudID, Filter: filter}, "filter",
		}
	}
	return list
}

// Every limit is refused alike in both ways, by the field's name.
func TestLimits(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		k := c.key(a, "yc.postbox.send").Key
		for _, list := range []map[string]limit{createLimits(a), updateLimits(a, k), filterLimits()} {
			for name, l := range list {
				t.Run(name, func(t *testing.T) {
					c := c.within(t)
					same(t, "what is named", fields(fails(c, l.method, l.req, codes.InvalidArgument)), []string{l.field})
				})
			}
		}
		kept, err := c.desk.StandingKey(t.Context(), onHost, k.ID)
		c.ok(err)
		if kept.Version != k.Version {
			t.Errorf("a refused change was made: version %d, want %d", kept.Version, k.Version)
		}
	})
}

// 100 scopes and 256 characters are allowed, as far as they go.
func TestLimitsThemselvesAreAllowed(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		own := models.OwnService{Name: "many", Title: "Many"}
		for i := range 100 {
			own.Scopes = append(own.Scopes, models.OwnScope{Name: fmt.Sprint("many.scope", i), Description: "One of many"})
		}
		_, err := c.desk.SetCatalogue(t.Context(), onHost, models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{own}})
		c.ok(err)
		var all []string
		for _, s := range own.Scopes {
			all = append([]string{s.Name}, all...)
		}
		last := timestamppb.New(time.Date(2105, 12, 31, 23, 59, 59, 0, time.UTC))
		k := c.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: c.anAccount().ID, Scopes: all, Description: text(256), ExpiresAt: last}).GetApiKey()
		same(t, "the scopes", c.getKey(k.GetId()).GetScopes(), all)
		if k.GetDescription() != text(256) || !proto.Equal(k.GetExpiresAt(), last) {
			t.Errorf("made as %v", k)
		}
	})
}

func TestPageSizes(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		k := c.key(a, "yc.postbox.send").Key
		for method, req := range pagedRequests(a, k, c.authorizedKey(a)) {
			for _, size := range []int64{0, 1000} {
				call(c, method, req(size, ""), newAnswer(t, method))
			}
			for _, size := range []int64{-1, 1001} {
				same(t, fmt.Sprint(method, size), fields(fails(c, method, req(size, ""), codes.InvalidArgument)), []string{"page_size"})
			}
		}
	})
}

// A token is good for the next page of the very list that answered with it, to the very one who asked for it.
func TestPageTokens(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a, b := c.anAccount(), c.anAccount()
		ofA, ofB := pagedRequests(a, models.Key{ID: a.ID}, a.ID), pagedRequests(b, models.Key{ID: b.ID}, b.ID)
		c.key(a, "yc.postbox.send")
		c.pass(time.Second)
		c.key(a, "yc.postbox.send")
		method := iam.ApiKeyService_List_FullMethodName
		token := c.firstToken(method, ofA[method](1, ""))
		if token == "" {
			t.Fatal("two keys are on a page of one")
		}
		call(c, method, ofA[method](1, token), newAnswer(t, method))
		other := c
		other.as.token = c.token(c.person("other", models.Administrator))
		middle := len(token) / 2
		forged := token[:middle] + flipped(token[middle]) + token[middle+1:]
		for name, tc := range map[string]struct {
			by     caller
			method string
			req    proto.Message
		}{
			"forged":                  {c, method, ofA[method](1, forged)},
			"cut":                     {c, method, ofA[method](1, token[:len(token)-4])},
			"no token at all":         {c, method, ofA[method](1, "2")},
			"too long":                {c, method, ofA[method](1, strings.Repeat("A", 2001))},
			"of another account":      {c, method, ofB[method](1, token)},
			"of another caller":       {other, method, ofA[method](1, token)},
			"of another list":         {c, iam.KeyService_List_FullMethodName, ofA[iam.KeyService_List_FullMethodName](1, token)},
			"of a list without owner": {c, iam.ApiKeyService_ListScopes_FullMethodName, ofA[iam.ApiKeyService_ListScopes_FullMethodName](1, token)},
			"of another filter": {c, iam.ServiceAccountService_List_FullMethodName, &iam.ListServiceAccountsRequest{
				FolderId: defaultFolder, Filter: `name="robot"`,
				PageToken: c.firstToken(iam.ServiceAccountService_List_FullMethodName, ofA[iam.ServiceAccountService_List_FullMethodName](1, "")),
			}},
		} {
			same(t, name, fields(fails(tc.by, tc.method, tc.req, codes.InvalidArgument)), []string{"page_token"})
		}
	})
}

func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}
