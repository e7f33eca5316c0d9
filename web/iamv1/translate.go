package iamv1

import (
	"context"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"keydesk/models"
	"keydesk/models/manage"
)

// wireKey is an API key as the clients read it. The older scope is there only where the request that made the key used it:
// clients that did not would see a difference.
func wireKey(k models.KeyWithUse) *iam.ApiKey {
	return &iam.ApiKey{
		Id: k.ID, ServiceAccountId: k.AccountID, CreatedAt: stamp(k.CreatedAt), Description: k.Description,
		LastUsedAt: stamp(k.LastUsed.Allowed.At), Scopes: k.Scopes, ExpiresAt: stamp(k.ExpiresAt), MaskedSecret: k.Mask(),
		Scope: k.OneScope, //nolint:staticcheck // deprecated, and read by clients of before
	}
}

// wireAccount is a service account as the clients read it. One that has expired is suspended to them.
func wireAccount(a models.AccountWithUse, now time.Time) *iam.ServiceAccount {
	status := iam.ServiceAccount_SUSPENDED
	if a.State(now) == models.AccountActive {
		status = iam.ServiceAccount_ACTIVE
	}
	return &iam.ServiceAccount{
		Id: a.ID, FolderId: a.FolderID, CreatedAt: stamp(a.CreatedAt), Name: a.Name, Description: a.Description, Labels: a.Labels,
		LastAuthenticatedAt: stamp(a.LastSeen), Status: status, ExpiresAt: stamp(a.ExpiresAt),
	}
}

// wireAuthorizedKey is the public half of a key pair as the clients read it.
func wireAuthorizedKey(k models.AuthorizedKey) *iam.Key {
	return &iam.Key{
		Id: k.ID, Subject: &iam.Key_ServiceAccountId{ServiceAccountId: k.AccountID}, CreatedAt: stamp(k.CreatedAt), Description: k.Description,
		KeyAlgorithm: iam.Key_Algorithm(iam.Key_Algorithm_value[k.Algorithm]), PublicKey: k.PublicKey, LastUsedAt: stamp(k.LastUsedAt),
	}
}

// cloudID is the one cloud that all folders are in.
const cloudID = "b1gcloud000000000000"

func wireFolder(f models.Folder) *resourcemanager.Folder {
	return &resourcemanager.Folder{
		Id: f.ID, CloudId: cloudID, CreatedAt: stamp(f.CreatedAt), Name: f.Name, Description: f.Description, Labels: f.Labels,
		Status: resourcemanager.Folder_ACTIVE,
	}
}

// expiry is when a key is to end: where a request says nothing, never.
func expiry(at *timestamppb.Timestamp) manage.Expiry {
	if at == nil {
		return manage.Expiry{Never: true}
	}
	return manage.Expiry{At: at.AsTime()}
}

// moment is a time that may be left out.
func moment(at *timestamppb.Timestamp) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.AsTime()
}

// operationsOf pages over what the API changed of an object that the caller may see.
func (c *core) operationsOf(ctx context.Context, req paged, objectID string) ([]*operation.Operation, string, error) {
	of := []string{"operations", objectID}
	after, rows, err := c.page(ctx, req, of...)
	if err != nil {
		return nil, "", err
	}
	found, err := c.desk.APIOperations(ctx, actor(ctx), objectID, after, rows)
	if err != nil {
		return nil, "", err
	}
	list := make([]*operation.Operation, len(found.Rows))
	for i, o := range found.Rows {
		if list[i], err = wireOperation(o); err != nil {
			return nil, "", err
		}
	}
	list = cut(&found, list, func(o manage.APIOperation) models.Cursor { return o.Cursor() })
	return list, c.next(ctx, found.More, found.Next, of...), nil
}

// onRecord are the refusals of what is kept on record alone.
var onRecord = map[string]*models.Error{
	"account_deleted": models.Missing("service account"),
	"key_revoked":     models.Missing("API key"),
}

// gone answers for what is deleted or revoked: to the desk it is on record and does not change, for the API it is not there.
func gone(err error) error {
	if missing, is := onRecord[models.ReasonOf(err)]; is && err != nil {
		return missing
	}
	return err
}
