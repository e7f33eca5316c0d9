package clients

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	ycsdk "github.com/yandex-cloud/go-sdk/v2"
	"github.com/yandex-cloud/go-sdk/v2/credentials"
	"github.com/yandex-cloud/go-sdk/v2/pkg/endpoints"
	sdkop "github.com/yandex-cloud/go-sdk/v2/pkg/operation"
	"github.com/yandex-cloud/go-sdk/v2/pkg/options"
	iamsdk "github.com/yandex-cloud/go-sdk/v2/services/iam/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// sdkV2 is the Go SDK, version 2.
type sdkV2 struct {
	*ycsdk.SDK
	accountsOf iamsdk.ServiceAccountClient
	keysOf     iamsdk.ApiKeyClient
}

func buildV2(t *testing.T, c credentials.Credentials, where ...options.Option) sdkV2 {
	t.Helper()
	sdk, err := ycsdk.Build(t.Context(), append(where, options.WithCredentials(c))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sdk.Shutdown(context.WithoutCancel(t.Context())) })
	return sdkV2{sdk, iamsdk.NewServiceAccountClient(sdk), iamsdk.NewApiKeyClient(sdk)}
}

// static has SDK v2 look for everything at one address, without TLS.
func static(address string) options.Option {
	return options.WithEndpointsResolver(endpoints.NewSingleEndpointResolver(address, grpc.WithTransportCredentials(insecure.NewCredentials())))
}

func TestSDKv2Plaintext(t *testing.T) {
	t.Parallel()
	d := serve(t, plain...).desk
	tell(t, d, buildV2(t, credentials.IAMToken(d.Token), static(d.API)))
}

// handedOver is where a test finds the desk that its parent started.
const handedOver = "KEYDESK_TEST_DESK"

// TestSDKv2Discovery runs in a process of its own, because discovery trusts the system's roots alone, which Go reads once.
func TestSDKv2Discovery(t *testing.T) {
	if told := os.Getenv(handedOver); told != "" {
		var d desk
		if err := json.Unmarshal([]byte(told), &d); err != nil {
			t.Fatal(err)
		}
		tell(t, d, buildV2(t, credentials.IAMToken(d.Token), options.WithDiscoveryEndpoint(d.API)))
		return
	}
	t.Parallel()
	again(t, serve(t, withTLS...).desk)
}

// again runs the test in another process, whose system roots are the desk's certificate.
func again(t *testing.T, d desk) {
	t.Helper()
	told, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), itself, "-test.run", "^"+t.Name()+"$", "-test.v") //nolint:gosec // this program
	cmd.Env = append(os.Environ(), handedOver+"="+string(told), "SSL_CERT_FILE="+d.CA, "SSL_CERT_DIR=/nowhere")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
}

func (c sdkV2) createAccount(ctx context.Context, r *iam.CreateServiceAccountRequest) (*iam.ServiceAccount, error) {
	started, err := c.accountsOf.Create(ctx, r)
	if err != nil {
		return nil, err
	}
	return started.Wait(ctx)
}

func (c sdkV2) account(ctx context.Context, id string) (*iam.ServiceAccount, error) {
	return c.accountsOf.Get(ctx, &iam.GetServiceAccountRequest{ServiceAccountId: id})
}

func (c sdkV2) accounts(ctx context.Context, r *iam.ListServiceAccountsRequest) ([]*iam.ServiceAccount, error) {
	return c.accountsOf.Iterator(ctx, r).TakeAll()
}

func (c sdkV2) deleteAccount(ctx context.Context, id string) error {
	started, err := c.accountsOf.Delete(ctx, &iam.DeleteServiceAccountRequest{ServiceAccountId: id})
	if err != nil {
		return err
	}
	_, err = started.Wait(ctx)
	return err
}

// bind goes by the SDK's own connection: SDK v2 ships no client of folders.
func (c sdkV2) bind(ctx context.Context, r *access.UpdateAccessBindingsRequest) error {
	connection, err := c.GetConnection(ctx, "yandex.cloud.resourcemanager.v1.FolderService.UpdateAccessBindings")
	if err != nil {
		return err
	}
	started, err := resourcemanager.NewFolderServiceClient(connection).UpdateAccessBindings(ctx, r)
	if err != nil {
		return err
	}
	op, err := sdkop.NewOperation(started, &sdkop.Concretization{
		Poll: func(ctx context.Context, id string, opts ...grpc.CallOption) (sdkop.YCOperation, error) {
			return operation.NewOperationServiceClient(connection).Get(ctx, &operation.GetOperationRequest{OperationId: id}, opts...)
		},
		MetadataType: (*access.UpdateAccessBindingsMetadata)(nil), ResponseType: (*access.AccessBindingsOperationResult)(nil),
	})
	if err != nil {
		return err
	}
	_, err = op.Wait(ctx)
	return err
}

func (c sdkV2) scopes(ctx context.Context) ([]string, error) {
	answer, err := c.keysOf.ListScopes(ctx, &iam.ListApiKeyScopesRequest{PageSize: 1000})
	return answer.GetScopes(), err
}

func (c sdkV2) createKey(ctx context.Context, r *iam.CreateApiKeyRequest) (*iam.CreateApiKeyResponse, error) {
	return c.keysOf.Create(ctx, r)
}

func (c sdkV2) keyOf(ctx context.Context, id string) (*iam.ApiKey, error) {
	return c.keysOf.Get(ctx, &iam.GetApiKeyRequest{ApiKeyId: id})
}

func (c sdkV2) keys(ctx context.Context, r *iam.ListApiKeysRequest) ([]*iam.ApiKey, error) {
	return c.keysOf.Iterator(ctx, r).TakeAll()
}

func (c sdkV2) updateKey(ctx context.Context, r *iam.UpdateApiKeyRequest) (*iam.ApiKey, error) {
	started, err := c.keysOf.Update(ctx, r)
	if err != nil {
		return nil, err
	}
	return started.Wait(ctx)
}

func (c sdkV2) deleteKey(ctx context.Context, id string) error {
	started, err := c.keysOf.Delete(ctx, &iam.DeleteApiKeyRequest{ApiKeyId: id})
	if err != nil {
		return err
	}
	_, err = started.Wait(ctx)
	return err
}
