package iamv1

import (
	"context"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"keydesk/models"
	"keydesk/models/manage"
)

// authorizedKeyService is KeyService: the key pairs by which service accounts get IAM tokens.
type authorizedKeyService struct {
	iam.UnimplementedKeyServiceServer
	core
}

// privateKeyHead stands before the private half of a key pair in the files that the clients read, and names the key.
const privateKeyHead = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID "

// Get answers with the public half of a key pair. PEM is the only format that there is.
func (s authorizedKeyService) Get(ctx context.Context, req *iam.GetKeyRequest) (*iam.Key, error) {
	k, err := s.desk.AuthorizedKey(ctx, actor(ctx), req.GetKeyId())
	if err != nil {
		return nil, err
	}
	return wireAuthorizedKey(k), nil
}

// List pages over the key pairs of an account, newest first.
func (s authorizedKeyService) List(ctx context.Context, req *iam.ListKeysRequest) (*iam.ListKeysResponse, error) {
	account, err := own(ctx, req.GetServiceAccountId())
	if err != nil {
		return nil, err
	}
	of := []string{"authorized_keys", account}
	after, rows, err := s.page(ctx, req, of...)
	if err != nil {
		return nil, err
	}
	found, err := s.desk.AuthorizedKeys(ctx, actor(ctx), account, after, rows)
	if err != nil {
		return nil, err
	}
	answer := &iam.ListKeysResponse{NextPageToken: s.next(ctx, found.More, found.Next, of...)}
	for _, k := range found.Rows {
		answer.Keys = append(answer.Keys, wireAuthorizedKey(k))
	}
	return answer, nil
}

// Create makes a key pair, and answers with its private half, once. A repeat under the same Idempotency-Key is refused with
// the id of the key that the first one made.
func (s authorizedKeyService) Create(ctx context.Context, req *iam.CreateKeyRequest) (*iam.CreateKeyResponse, error) {
	account, err := own(ctx, req.GetServiceAccountId())
	if err != nil {
		return nil, err
	}
	algorithm := req.GetKeyAlgorithm()
	if algorithm == iam.Key_ALGORITHM_UNSPECIFIED {
		algorithm = iam.Key_RSA_2048
	}
	made, err := s.desk.CreateAuthorizedKey(ctx, actor(ctx), manage.NewAuthorizedKey{
		AccountID: account, Description: req.GetDescription(), Algorithm: algorithm.String(),
	})
	if err != nil {
		return nil, gone(err)
	}
	return &iam.CreateKeyResponse{
		Key: wireAuthorizedKey(made.Key), PrivateKey: privateKeyHead + "<" + made.Key.ID + ">\n" + made.PrivateKey,
	}, nil
}

// Update sets a key pair's description, which is all that changes of one.
func (s authorizedKeyService) Update(ctx context.Context, req *iam.UpdateKeyRequest) (*operation.Operation, error) {
	if _, err := readMask(req.GetUpdateMask(), "description"); err != nil {
		return nil, err
	}
	by := answering(ctx, "Update authorized key", func(id string, key any) (proto.Message, proto.Message) {
		k, _ := key.(models.AuthorizedKey)
		return &iam.UpdateKeyMetadata{KeyId: id}, wireAuthorizedKey(k)
	})
	_, err := s.desk.DescribeAuthorizedKey(ctx, by, req.GetKeyId(), &req.Description)
	return s.done(ctx, by, manage.Confirmation{}, err)
}

// Delete ends a key pair, and the IAM tokens that were made by it.
func (s authorizedKeyService) Delete(ctx context.Context, req *iam.DeleteKeyRequest) (*operation.Operation, error) {
	by := answering(ctx, "Delete authorized key", func(id string, _ any) (proto.Message, proto.Message) {
		return &iam.DeleteKeyMetadata{KeyId: id}, &emptypb.Empty{}
	})
	err := s.desk.DeleteAuthorizedKey(ctx, by, req.GetKeyId())
	return s.done(ctx, by, manage.Confirmation{}, err)
}

// ListOperations pages over what the API changed of a key pair, newest first.
func (s authorizedKeyService) ListOperations(ctx context.Context, req *iam.ListKeyOperationsRequest) (*iam.ListKeyOperationsResponse, error) {
	if _, err := s.desk.AuthorizedKey(ctx, actor(ctx), req.GetKeyId()); err != nil {
		return nil, err
	}
	found, next, err := s.operationsOf(ctx, req, req.GetKeyId())
	if err != nil {
		return nil, err
	}
	return &iam.ListKeyOperationsResponse{Operations: found, NextPageToken: next}, nil
}
