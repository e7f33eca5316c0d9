package iamv1

import (
	"context"
	"slices"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"keydesk/models"
	"keydesk/models/manage"
)

// keyService is ApiKeyService: API keys, without the ones that are revoked.
type keyService struct {
	iam.UnimplementedApiKeyServiceServer
	core
}

// keyFields are what the desk calls otherwise than the API.
var keyFields = map[string]string{"expires": "expires_at"}

// Get answers with a key.
func (s keyService) Get(ctx context.Context, req *iam.GetApiKeyRequest) (*iam.ApiKey, error) {
	k, err := s.desk.StandingKey(ctx, actor(ctx), req.GetApiKeyId())
	if err != nil {
		return nil, err
	}
	return wireKey(k), nil
}

// List pages over the keys of an account, newest first.
func (s keyService) List(ctx context.Context, req *iam.ListApiKeysRequest) (*iam.ListApiKeysResponse, error) {
	account, err := own(ctx, req.GetServiceAccountId())
	if err != nil {
		return nil, err
	}
	of := []string{"api_keys", account}
	after, rows, err := s.page(ctx, req, of...)
	if err != nil {
		return nil, err
	}
	found, err := s.desk.AccountStandingKeys(ctx, actor(ctx), account, after, rows)
	if err != nil {
		return nil, err
	}
	list := make([]*iam.ApiKey, len(found.Rows))
	for i, k := range found.Rows {
		list[i] = wireKey(k)
	}
	list = cut(&found, list, func(k models.KeyWithUse) models.Cursor { return k.Cursor() })
	return &iam.ListApiKeysResponse{ApiKeys: list, NextPageToken: s.next(ctx, found.More, found.Next, of...)}, nil
}

// Create makes a key, and answers with its secret, once. A repeat under the same Idempotency-Key makes nothing, and has no
// secret to answer with either: it is refused with the id of the key that the first one made.
//
// Scopes that are left out are the defaults. The older scope alone is one scope; beside scopes it has to be one of them, and
// is answered as it was asked for.
func (s keyService) Create(ctx context.Context, req *iam.CreateApiKeyRequest) (*iam.CreateApiKeyResponse, error) {
	account, err := own(ctx, req.GetServiceAccountId())
	if err != nil {
		return nil, err
	}
	in := manage.NewKey{
		AccountID: account, Description: req.GetDescription(), Scopes: req.GetScopes(), Expiry: expiry(req.GetExpiresAt()), Via: manage.ViaAPI,
		OneScope: req.GetScope(), //nolint:staticcheck // deprecated, and sent by clients of before
	}
	fields := map[string]string{"expires": "expires_at"}
	switch {
	case in.OneScope == "" || slices.Contains(in.Scopes, in.OneScope):
	case len(in.Scopes) == 0:
		in.Scopes, fields["scopes"] = []string{in.OneScope}, "scope"
	default:
		return nil, models.FieldProblems(models.Fields{
			"scope": "This is the older form of scopes, and none of them: name all scopes in scopes, and leave scope out",
		})
	}
	made, err := s.desk.CreateKey(ctx, actor(ctx), in)
	if err != nil {
		return nil, renamed(gone(err), fields)
	}
	return &iam.CreateApiKeyResponse{ApiKey: wireKey(models.KeyWithUse{Key: made.Key}), Secret: made.Secret.Reveal()}, nil
}

// Update sets the fields of a key that the mask names; without one, all of them.
func (s keyService) Update(ctx context.Context, req *iam.UpdateApiKeyRequest) (*operation.Operation, error) {
	paths, err := readMask(req.GetUpdateMask(), "description", "scopes", "expires_at")
	if err != nil {
		return nil, err
	}
	var change manage.KeyChange
	for _, path := range paths {
		switch path {
		case "description":
			change.Description = &req.Description
		case "scopes":
			change.Scopes = &req.Scopes
		case "expires_at":
			ends := expiry(req.GetExpiresAt())
			change.Expiry = &ends
		}
	}
	by := answering(ctx, "Update API key", func(id string, key any) (proto.Message, proto.Message) {
		k, _ := key.(models.KeyWithUse)
		return &iam.UpdateApiKeyMetadata{ApiKeyId: id}, wireKey(k)
	})
	_, conf, err := s.desk.ChangeKey(ctx, by, req.GetApiKeyId(), change)
	return s.done(ctx, by, conf, renamed(err, keyFields))
}

// Delete revokes a key: it is refused from then on, and gone for the API. Its record stays.
func (s keyService) Delete(ctx context.Context, req *iam.DeleteApiKeyRequest) (*operation.Operation, error) {
	by := answering(ctx, "Delete API key", func(id string, _ any) (proto.Message, proto.Message) {
		return &iam.DeleteApiKeyMetadata{ApiKeyId: id}, &emptypb.Empty{}
	})
	conf, err := s.desk.EraseKey(ctx, by, req.GetApiKeyId())
	return s.done(ctx, by, conf, err)
}

// ListOperations pages over what the API changed of a key, newest first.
func (s keyService) ListOperations(ctx context.Context, req *iam.ListApiKeyOperationsRequest) (*iam.ListApiKeyOperationsResponse, error) {
	if _, err := s.desk.StandingKey(ctx, actor(ctx), req.GetApiKeyId()); err != nil {
		return nil, err
	}
	found, next, err := s.operationsOf(ctx, req, req.GetApiKeyId())
	if err != nil {
		return nil, err
	}
	return &iam.ListApiKeyOperationsResponse{Operations: found, NextPageToken: next}, nil
}

// ListScopes pages over the ids of all scopes that a key may have.
func (s keyService) ListScopes(ctx context.Context, req *iam.ListApiKeyScopesRequest) (*iam.ListApiKeyScopesResponse, error) {
	after, rows, err := s.page(ctx, req, "api_key_scopes")
	if err != nil {
		return nil, err
	}
	cat, err := s.desk.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	var left []string
	for i := range cat.Len() {
		if id := cat.Name(i); id > after.ID {
			left = append(left, id)
		}
	}
	slices.Sort(left) // the catalogue's own order is by service, and changes with its names
	found := models.CutPage(left, rows, func(id string) models.Cursor { return models.Cursor{ID: id} })
	return &iam.ListApiKeyScopesResponse{
		Scopes: found.Rows, NextPageToken: s.next(ctx, found.More, found.Next, "api_key_scopes"),
	}, nil
}

// own is the service account whose keys are meant: where none is named, the one that calls.
func own(ctx context.Context, id string) (string, error) {
	by := actor(ctx)
	switch {
	case id != "":
		return id, nil
	case by.Type == models.ActorAccount:
		return by.ID, nil
	}
	return "", models.FieldProblems(models.Fields{
		"service_account_id": "Name a service account: only those have keys, and a person calls here",
	})
}
