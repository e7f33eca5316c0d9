package clients

import (
	"context"
	"testing"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	ycsdk "github.com/yandex-cloud/go-sdk"
)

// sdkV1 is the Go SDK, version 1.
type sdkV1 struct{ *ycsdk.SDK }

func buildV1(t *testing.T, d desk, credentials ycsdk.Credentials) sdkV1 {
	t.Helper()
	sdk, err := ycsdk.Build(t.Context(), ycsdk.Config{Credentials: credentials, Endpoint: d.API, Plaintext: d.CA == "", TLSConfig: d.trust(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sdk.Shutdown(context.WithoutCancel(t.Context())) })
	return sdkV1{sdk}
}

func TestSDKv1Plaintext(t *testing.T) {
	t.Parallel()
	d := serve(t, plain...).desk
	tell(t, d, buildV1(t, d, ycsdk.NewIAMTokenCredentials(d.Token)))
}

func TestSDKv1TLS(t *testing.T) {
	t.Parallel()
	d := serve(t, withTLS...).desk
	tell(t, d, buildV1(t, d, ycsdk.NewIAMTokenCredentials(d.Token)))
}

// waited is the response of an operation, once the SDK has waited for it.
func waited[V any](ctx context.Context, sdk sdkV1, started *operation.Operation, err error) (V, error) {
	var none V
	op, err := sdk.WrapOperation(started, err)
	if err != nil {
		return none, err
	}
	if err := op.Wait(ctx); err != nil {
		return none, err
	}
	response, err := op.Response()
	if err != nil {
		return none, err
	}
	v, _ := response.(V)
	return v, nil
}

func (c sdkV1) createAccount(ctx context.Context, r *iam.CreateServiceAccountRequest) (*iam.ServiceAccount, error) {
	started, err := c.IAM().ServiceAccount().Create(ctx, r)
	return waited[*iam.ServiceAccount](ctx, c, started, err)
}

func (c sdkV1) account(ctx context.Context, id string) (*iam.ServiceAccount, error) {
	return c.IAM().ServiceAccount().Get(ctx, &iam.GetServiceAccountRequest{ServiceAccountId: id})
}

func (c sdkV1) accounts(ctx context.Context, r *iam.ListServiceAccountsRequest) ([]*iam.ServiceAccount, error) {
	return c.IAM().ServiceAccount().ServiceAccountIterator(ctx, r).TakeAll()
}

func (c sdkV1) deleteAccount(ctx context.Context, id string) error {
	started, err := c.IAM().ServiceAccount().Delete(ctx, &iam.DeleteServiceAccountRequest{ServiceAccountId: id})
	_, err = waited[any](ctx, c, started, err)
	return err
}

func (c sdkV1) bind(ctx context.Context, r *access.UpdateAccessBindingsRequest) error {
	started, err := c.ResourceManager().Folder().UpdateAccessBindings(ctx, r)
	_, err = waited[any](ctx, c, started, err)
	return err
}

func (c sdkV1) scopes(ctx context.Context) ([]string, error) {
	return c.IAM().ApiKey().ApiKeyScopesIterator(ctx, &iam.ListApiKeyScopesRequest{}).TakeAll()
}

func (c sdkV1) createKey(ctx context.Context, r *iam.CreateApiKeyRequest) (*iam.CreateApiKeyResponse, error) {
	return c.IAM().ApiKey().Create(ctx, r)
}

func (c sdkV1) keyOf(ctx context.Context, id string) (*iam.ApiKey, error) {
	return c.IAM().ApiKey().Get(ctx, &iam.GetApiKeyRequest{ApiKeyId: id})
}

func (c sdkV1) keys(ctx context.Context, r *iam.ListApiKeysRequest) ([]*iam.ApiKey, error) {
	return c.IAM().ApiKey().ApiKeyIterator(ctx, r).TakeAll()
}

func (c sdkV1) updateKey(ctx context.Context, r *iam.UpdateApiKeyRequest) (*iam.ApiKey, error) {
	started, err := c.IAM().ApiKey().Update(ctx, r)
	return waited[*iam.ApiKey](ctx, c, started, err)
}

func (c sdkV1) deleteKey(ctx context.Context, id string) error {
	started, err := c.IAM().ApiKey().Delete(ctx, &iam.DeleteApiKeyRequest{ApiKeyId: id})
	_, err = waited[any](ctx, c, started, err)
	return err
}
