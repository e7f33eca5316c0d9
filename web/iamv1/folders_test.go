package iamv1

import (
	"fmt"
	"testing"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"keydesk/models"
)

func (c caller) getFolder(id string) *resourcemanager.Folder {
	c.t.Helper()
	return call(c, resourcemanager.FolderService_Get_FullMethodName, &resourcemanager.GetFolderRequest{FolderId: id}, &resourcemanager.Folder{})
}

func TestLifeOfAFolder(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		name := "team-" + c.slug()
		f := change(c, resourcemanager.FolderService_Create_FullMethodName, &resourcemanager.CreateFolderRequest{
			CloudId: cloudID, Name: name, Description: "of the team", Labels: map[string]string{"cost": "42"},
		}, &resourcemanager.Folder{})
		alike(t, "the folder", f, &resourcemanager.Folder{
			Id: f.GetId(), CloudId: cloudID, CreatedAt: f.GetCreatedAt(), Name: name, Description: "of the team",
			Labels: map[string]string{"cost": "42"}, Status: resourcemanager.Folder_ACTIVE,
		})
		alike(t, "the folder that is read", c.getFolder(f.GetId()), f)
		list := func(filter string) *resourcemanager.ListFoldersResponse {
			return call(c, resourcemanager.FolderService_List_FullMethodName,
				&resourcemanager.ListFoldersRequest{CloudId: cloudID, Filter: filter}, &resourcemanager.ListFoldersResponse{})
		}
		alike(t, "the list by name", list(`name="`+name+`"`), &resourcemanager.ListFoldersResponse{Folders: []*resourcemanager.Folder{f}})
		if all := list("").GetFolders(); len(all) < 2 || all[0].GetId() != defaultFolder {
			t.Errorf("the list is %v", all)
		}
		operations := call(c, resourcemanager.FolderService_ListOperations_FullMethodName,
			&resourcemanager.ListFolderOperationsRequest{FolderId: f.GetId()}, &resourcemanager.ListFolderOperationsResponse{})
		if len(operations.GetOperations()) != 1 {
			t.Errorf("its operations are %v", operations)
		}
		again := &resourcemanager.CreateFolderRequest{CloudId: cloudID, Name: name}
		fails(c, resourcemanager.FolderService_Create_FullMethodName, again, codes.AlreadyExists)
		again.CloudId = "b1ganothercloud00000"
		fails(c, resourcemanager.FolderService_Create_FullMethodName, again, codes.NotFound)
		for method, req := range map[string]proto.Message{
			resourcemanager.FolderService_Update_FullMethodName: &resourcemanager.UpdateFolderRequest{FolderId: f.GetId(), Name: name},
			resourcemanager.FolderService_Delete_FullMethodName: &resourcemanager.DeleteFolderRequest{FolderId: f.GetId()},
		} {
			fails(c, method, req, codes.Unimplemented)
		}
	})
}

// grant is a role of an account.
func grant(role string, a models.Account) *access.AccessBinding {
	return &access.AccessBinding{RoleId: role, Subject: &access.Subject{Id: a.ID, Type: "serviceAccount"}}
}

func delta(action access.AccessBindingAction, b *access.AccessBinding) *access.AccessBindingDelta {
	return &access.AccessBindingDelta{Action: action, AccessBinding: b}
}

const (
	add    = access.AccessBindingAction_ADD
	remove = access.AccessBindingAction_REMOVE
)

// resource is one that roles are bound on.
type resource struct{ list, set, update, id string }

// resources are one of each kind.
func (c caller) resources() map[string]resource {
	return map[string]resource{
		"folder": {
			resourcemanager.FolderService_ListAccessBindings_FullMethodName, resourcemanager.FolderService_SetAccessBindings_FullMethodName,
			resourcemanager.FolderService_UpdateAccessBindings_FullMethodName, c.folder("team-" + c.slug()).ID,
		},
		"account": {
			iam.ServiceAccountService_ListAccessBindings_FullMethodName, iam.ServiceAccountService_SetAccessBindings_FullMethodName,
			iam.ServiceAccountService_UpdateAccessBindings_FullMethodName, c.anAccount().ID,
		},
	}
}

// bound is what is bound on a resource, read in pages of two.
func (c caller) bound(on resource) (list []*access.AccessBinding) {
	c.t.Helper()
	req := &access.ListAccessBindingsRequest{ResourceId: on.id, PageSize: 2}
	for {
		page := call(c, on.list, req, &access.ListAccessBindingsResponse{})
		list = append(list, page.GetAccessBindings()...)
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return list
		}
	}
}

func wants(t testing.TB, what string, got, want []*access.AccessBinding) {
	t.Helper()
	alike(t, what, &access.ListAccessBindingsResponse{AccessBindings: got}, &access.ListAccessBindingsResponse{AccessBindings: want})
}

func TestBindings(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		for kind, on := range c.resources() {
			t.Run(kind, func(t *testing.T) {
				c := c.within(t)
				a := c.anAccount()
				viewer, editor, admin := grant("viewer", a), grant("editor", a), grant("iam.serviceAccounts.authorizedKeyAdmin", a)
				req := &access.UpdateAccessBindingsRequest{ResourceId: on.id, AccessBindingDeltas: []*access.AccessBindingDelta{
					delta(add, viewer), delta(add, admin), delta(add, viewer), delta(remove, editor), delta(add, editor),
				}}
				done := change(c, on.update, req, &access.AccessBindingsOperationResult{})
				alike(t, "what the change did", done, &access.AccessBindingsOperationResult{EffectiveDeltas: []*access.AccessBindingDelta{
					delta(add, viewer), delta(add, admin), delta(add, editor),
				}})
				wants(t, "the list", c.bound(on), []*access.AccessBinding{editor, admin, viewer})
				done = change(c, on.set, &access.SetAccessBindingsRequest{ResourceId: on.id, AccessBindings: []*access.AccessBinding{viewer}}, done)
				alike(t, "what the set did", done, &access.AccessBindingsOperationResult{EffectiveDeltas: []*access.AccessBindingDelta{
					delta(remove, editor), delta(remove, admin),
				}})
				wants(t, "the list", c.bound(on), []*access.AccessBinding{viewer})

				change(c, iam.ServiceAccountService_Delete_FullMethodName, &iam.DeleteServiceAccountRequest{ServiceAccountId: a.ID}, &emptypb.Empty{})
				wants(t, "the list without the account", c.bound(on), nil)
			})
		}
	})
}

func TestBindingsThatAreRefused(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		for kind, on := range c.resources() {
			a := c.anAccount()
			strange := func(kind string) *access.AccessBinding {
				return &access.AccessBinding{RoleId: "viewer", Subject: &access.Subject{Id: "allUsers", Type: kind}}
			}
			for field, b := range map[string]*access.AccessBinding{
				"access_bindings[1].subject.type": strange("system"),
				"access_bindings[1].subject.id":   {RoleId: "viewer", Subject: &access.Subject{Type: "serviceAccount"}},
				"access_bindings[1].role_id":      {Subject: grant("viewer", a).GetSubject()},
				"access_bindings.role_id":         grant("no.such.role", a),
			} {
				set := &access.SetAccessBindingsRequest{ResourceId: on.id, AccessBindings: []*access.AccessBinding{grant("viewer", a), b}}
				same(t, kind, fields(fails(c, on.set, set, codes.InvalidArgument)), []string{field})
			}
			for field, d := range map[string]*access.AccessBindingDelta{
				"access_binding_deltas[0].access_binding.subject.type": delta(add, strange("federatedUser")),
				"access_binding_deltas[0].action":                      delta(0, grant("viewer", a)),
				"access_binding_deltas.access_binding.role_id":         delta(add, grant("no.such.role", a)),
			} {
				update := &access.UpdateAccessBindingsRequest{ResourceId: on.id, AccessBindingDeltas: []*access.AccessBindingDelta{d}}
				same(t, kind, fields(fails(c, on.update, update, codes.InvalidArgument)), []string{field})
			}
			same(t, kind+" without deltas", fields(fails(c, on.update, &access.UpdateAccessBindingsRequest{ResourceId: on.id}, codes.InvalidArgument)),
				[]string{"access_binding_deltas"})
			nobody := models.Account{ID: "aje00000000000nobody"}
			missing := []*access.AccessBindingDelta{delta(add, grant("viewer", nobody))}
			fails(c, on.update, &access.UpdateAccessBindingsRequest{ResourceId: on.id, AccessBindingDeltas: missing}, codes.NotFound)
			wants(t, "the list", c.bound(on), nil)
		}
	})
}

// A person's role is bound on an account, and not in a folder, where it is their access in the console.
func TestBindingsOfPeople(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		on := c.resources()
		p := c.person("somebody")
		b := &access.AccessBinding{RoleId: "editor", Subject: &access.Subject{Id: p.ID, Type: "userAccount"}}
		deltas := []*access.AccessBindingDelta{delta(add, b)}
		somebody := c
		somebody.as.token = c.token(p)
		get := &iam.GetServiceAccountRequest{ServiceAccountId: on["account"].id}
		fails(somebody, iam.ServiceAccountService_Get_FullMethodName, get, codes.PermissionDenied) // nowhere any role
		change(c, on["account"].update, &access.UpdateAccessBindingsRequest{ResourceId: on["account"].id, AccessBindingDeltas: deltas}, &access.AccessBindingsOperationResult{})
		wants(t, "the list", c.bound(on["account"]), []*access.AccessBinding{b})
		somebody.getAccount(on["account"].id)
		somebody.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: on["account"].id})
		fails(somebody, iam.ServiceAccountService_Get_FullMethodName, &iam.GetServiceAccountRequest{ServiceAccountId: c.anAccount().ID}, codes.NotFound)
		fails(c, on["folder"].update, &access.UpdateAccessBindingsRequest{ResourceId: on["folder"].id, AccessBindingDeltas: deltas}, codes.FailedPrecondition)
	})
}

// Nobody gives a role that permits more than they may themselves: an operator makes no IAM tokens of accounts.
func TestRolesBeyondOwn(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		on := c.resources()
		c.as.token = c.token(c.person("operator", models.Operator))
		for _, on := range on {
			a := c.anAccount()
			give := func(role string) *access.UpdateAccessBindingsRequest {
				return &access.UpdateAccessBindingsRequest{ResourceId: on.id, AccessBindingDeltas: []*access.AccessBindingDelta{delta(add, grant(role, a))}}
			}
			fails(c, on.update, give(models.RoleAccountAdmin), codes.PermissionDenied)
			fails(c, on.set, &access.SetAccessBindingsRequest{
				ResourceId: on.id, AccessBindings: []*access.AccessBinding{grant(models.RoleTokenCreator, a)},
			}, codes.PermissionDenied)
			change(c, on.update, give(models.RoleEditor), &access.AccessBindingsOperationResult{})
			wants(t, "the list", c.bound(on), []*access.AccessBinding{grant(models.RoleEditor, a)})
		}
	})
}

// What is of a folder where an account has no role is not there for it, though it may all in its own.
func TestAnotherFolder(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		stranger := c
		stranger.as.token = c.accountToken(c.account("stranger-"+c.slug(), c.folder("team-"+c.slug()).ID, models.RoleAdmin))
		for _, on := range c.resources() {
			fails(stranger, on.list, &access.ListAccessBindingsRequest{ResourceId: on.id}, codes.NotFound)
			fails(stranger, on.set, &access.SetAccessBindingsRequest{ResourceId: on.id}, codes.NotFound)
			wants(t, "the list", c.bound(on), nil)
		}
	})
}

// More bindings than one request may change are listed whole. What would take them all changes nothing, and names the way.
func TestManyBindings(t *testing.T) {
	eachServed(t, func(t *testing.T, s *served) {
		c := s.admin(t, overGRPC)
		f := c.folder("crowded")
		for i := range 1010 {
			c.account(fmt.Sprintf("robot-%04d", i), f.ID, "viewer")
		}
		on := resource{list: resourcemanager.FolderService_ListAccessBindings_FullMethodName, set: resourcemanager.FolderService_SetAccessBindings_FullMethodName, id: f.ID}
		all := c.bound(on)
		fails(c, on.set, &access.SetAccessBindingsRequest{ResourceId: f.ID}, codes.FailedPrecondition)
		done := change(c, on.set, &access.SetAccessBindingsRequest{ResourceId: f.ID, AccessBindings: all[:20]}, &access.AccessBindingsOperationResult{})
		if len(all) != 1010 || len(done.GetEffectiveDeltas()) != 990 || len(c.bound(on)) != 20 {
			t.Errorf("%d were listed, %d taken, and %d are left", len(all), len(done.GetEffectiveDeltas()), len(c.bound(on)))
		}
	})
}
