package iamv1

import (
	"context"
	"maps"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"keydesk/models"
	"keydesk/models/manage"
)

// accountService is ServiceAccountService: accounts, without the ones that are deleted.
type accountService struct {
	iam.UnimplementedServiceAccountServiceServer
	core
}

// accountFields are what the desk calls otherwise than the API.
var accountFields = map[string]string{"expires": "expires_at", "note": "reason", "until": "expires_at"}

// Get answers with an account.
func (s accountService) Get(ctx context.Context, req *iam.GetServiceAccountRequest) (*iam.ServiceAccount, error) {
	a, err := s.desk.AccountWithUse(ctx, actor(ctx), req.GetServiceAccountId())
	if err != nil {
		return nil, err
	}
	return wireAccount(a, s.desk.Now()), nil
}

// List pages over the accounts of a folder by name.
func (s accountService) List(ctx context.Context, req *iam.ListServiceAccountsRequest) (*iam.ListServiceAccountsResponse, error) {
	name, err := nameFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	of := []string{"service_accounts", req.GetFolderId(), req.GetFilter()}
	after, rows, err := s.page(ctx, req, of...)
	if err != nil {
		return nil, err
	}
	found, err := s.desk.FolderAccounts(ctx, actor(ctx), req.GetFolderId(), name, after, rows)
	if err != nil {
		return nil, err
	}
	list, now := make([]*iam.ServiceAccount, len(found.Rows)), s.desk.Now()
	for i, a := range found.Rows {
		list[i] = wireAccount(a, now)
	}
	list = cut(&found, list, func(a models.AccountWithUse) models.Cursor { return a.Cursor() })
	return &iam.ListServiceAccountsResponse{ServiceAccounts: list, NextPageToken: s.next(ctx, found.More, found.Next, of...)}, nil
}

// Create makes an account without roles: those are bound in folders.
func (s accountService) Create(ctx context.Context, req *iam.CreateServiceAccountRequest) (*operation.Operation, error) {
	by := answering(ctx, "Create service account", func(id string, account any) (proto.Message, proto.Message) {
		return &iam.CreateServiceAccountMetadata{ServiceAccountId: id}, s.wire(account)
	})
	_, conf, err := s.desk.CreateAccount(ctx, by, manage.NewAccount{
		FolderID: req.GetFolderId(), Name: req.GetName(), Description: req.GetDescription(), Labels: req.GetLabels(),
		ExpiresAt: moment(req.GetExpiresAt()),
	})
	return s.done(ctx, by, conf, renamed(err, accountFields))
}

// wire translates the account that a change leaves.
func (s accountService) wire(account any) *iam.ServiceAccount {
	a, _ := account.(models.AccountWithUse)
	return wireAccount(a, s.desk.Now())
}

// Update sets the fields of an account that the mask names; without one, all of them.
func (s accountService) Update(ctx context.Context, req *iam.UpdateServiceAccountRequest) (*operation.Operation, error) {
	paths, err := readMask(req.GetUpdateMask(), "name", "description", "labels", "expires_at")
	if err != nil {
		return nil, err
	}
	var change manage.AccountChange
	for _, path := range paths {
		switch path {
		case "name":
			change.Name = &req.Name
		case "description":
			change.Description = &req.Description
		case "labels":
			labels := map[string]string{} // to the desk nil would be: as they are
			maps.Copy(labels, req.GetLabels())
			change.Labels = &labels
		case "expires_at":
			ends := moment(req.GetExpiresAt())
			change.ExpiresAt = &ends
		}
	}
	by := answering(ctx, "Update service account", func(id string, account any) (proto.Message, proto.Message) {
		return &iam.UpdateServiceAccountMetadata{ServiceAccountId: id}, s.wire(account)
	})
	_, conf, err := s.desk.ChangeAccount(ctx, by, req.GetServiceAccountId(), change)
	return s.done(ctx, by, conf, renamed(err, accountFields))
}

// Delete deletes an account and revokes its keys.
func (s accountService) Delete(ctx context.Context, req *iam.DeleteServiceAccountRequest) (*operation.Operation, error) {
	by := answering(ctx, "Delete service account", func(id string, _ any) (proto.Message, proto.Message) {
		return &iam.DeleteServiceAccountMetadata{ServiceAccountId: id}, &emptypb.Empty{}
	})
	conf, err := s.desk.EraseAccount(ctx, by, req.GetServiceAccountId())
	return s.done(ctx, by, conf, err)
}

// Suspend refuses all keys of an account until it is reactivated, or until a time.
func (s accountService) Suspend(ctx context.Context, req *iam.SuspendServiceAccountRequest) (*operation.Operation, error) {
	by := answering(ctx, "Suspend service account", func(id string, _ any) (proto.Message, proto.Message) {
		return &iam.SuspendServiceAccountMetadata{ServiceAccountId: id}, &iam.SuspendServiceAccountResponse{}
	})
	_, conf, err := s.desk.SuspendAccount(ctx, by, req.GetServiceAccountId(), manage.Stop{
		Reason: models.ReasonOther, Note: req.GetReason(), Until: moment(req.GetExpiresAt()),
	})
	return s.done(ctx, by, conf, renamed(err, accountFields))
}

// Reactivate lifts a suspension. An account that has expired needs a later expiry instead.
func (s accountService) Reactivate(ctx context.Context, req *iam.ReactivateServiceAccountRequest) (*operation.Operation, error) {
	by := answering(ctx, "Reactivate service account", func(id string, _ any) (proto.Message, proto.Message) {
		return &iam.ReactivateServiceAccountMetadata{ServiceAccountId: id}, &iam.ReactivateServiceAccountResponse{}
	})
	_, conf, err := s.desk.ReactivateAccount(ctx, by, req.GetServiceAccountId())
	return s.done(ctx, by, conf, err)
}

// ListOperations pages over what the API changed of an account, newest first.
func (s accountService) ListOperations(
	ctx context.Context, req *iam.ListServiceAccountOperationsRequest,
) (*iam.ListServiceAccountOperationsResponse, error) {
	if _, err := s.desk.AccountWithUse(ctx, actor(ctx), req.GetServiceAccountId()); err != nil {
		return nil, err
	}
	found, next, err := s.operationsOf(ctx, req, req.GetServiceAccountId())
	if err != nil {
		return nil, err
	}
	return &iam.ListServiceAccountOperationsResponse{Operations: found, NextPageToken: next}, nil
}

// ListAccessBindings pages over the roles that others hold on an account.
func (s accountService) ListAccessBindings(
	ctx context.Context, req *access.ListAccessBindingsRequest,
) (*access.ListAccessBindingsResponse, error) {
	return s.bindings(ctx, req, "account", s.desk.AccountBindings)
}

// SetAccessBindings leaves these roles on an account, and no others.
func (s accountService) SetAccessBindings(ctx context.Context, req *access.SetAccessBindingsRequest) (*operation.Operation, error) {
	return s.setBindings(ctx, req, "service account", s.desk.BindOnAccount)
}

// UpdateAccessBindings adds roles on an account, and removes others, in the order of the request.
func (s accountService) UpdateAccessBindings(ctx context.Context, req *access.UpdateAccessBindingsRequest) (*operation.Operation, error) {
	return s.updateBindings(ctx, req, "service account", s.desk.BindOnAccount)
}
