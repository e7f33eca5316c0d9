package clients

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	sdkv1 "github.com/yandex-cloud/go-sdk"
	keyv1 "github.com/yandex-cloud/go-sdk/iamkey"
	"github.com/yandex-cloud/go-sdk/v2/credentials"
	keyv2 "github.com/yandex-cloud/go-sdk/v2/pkg/iamkey"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// robot is a service account that may manage, with an authorized key of its own.
type robot struct {
	account *iam.ServiceAccount
	key     *iam.CreateKeyResponse
}

// employ has the administrator make a robot, through SDK v1.
func employ(t *testing.T, d desk, role string) robot {
	t.Helper()
	sdk := buildV1(t, d, sdkv1.NewIAMTokenCredentials(d.Token))
	account, err := sdk.createAccount(t.Context(), &iam.CreateServiceAccountRequest{FolderId: d.Folder, Name: "terraform"})
	if err != nil {
		t.Fatal(err)
	}
	err = sdk.bind(t.Context(), &access.UpdateAccessBindingsRequest{ResourceId: d.Folder, AccessBindingDeltas: []*access.AccessBindingDelta{{
		Action:        access.AccessBindingAction_ADD,
		AccessBinding: &access.AccessBinding{RoleId: role, Subject: &access.Subject{Id: account.Id, Type: "serviceAccount"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := sdk.IAM().Key().Create(t.Context(), &iam.CreateKeyRequest{
		ServiceAccountId: account.Id, Description: "CI", KeyAlgorithm: iam.Key_RSA_2048,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(key.PrivateKey, "PRIVATE KEY") || key.Key.GetServiceAccountId() != account.Id {
		t.Fatalf("the authorized key is %v", key.Key)
	}
	return robot{account, key}
}

// file is the robot's key as people keep it.
func (r robot) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authorized_key.json")
	if err := keyv1.WriteToJSONFile(path, keyv1.New(r.key)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAuthorizedKeySDKv1(t *testing.T) {
	t.Parallel()
	d := serve(t, withTLS...).desk
	key, err := keyv1.ReadFromJSONFile(employ(t, d, "admin").file(t))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := sdkv1.ServiceAccountKey(key)
	if err != nil {
		t.Fatal(err)
	}
	tell(t, d, buildV1(t, d, proof))
}

func TestAuthorizedKeySDKv2(t *testing.T) {
	t.Parallel()
	d := serve(t, plain...).desk
	proof, err := credentials.ServiceAccountKeyFile(employ(t, d, "admin").file(t))
	if err != nil {
		t.Fatal(err)
	}
	tell(t, d, buildV2(t, proof, static(d.API)))
}

// TestAuthorizedKeyIsAllThatCounts: a key that was deleted proves nothing any more, and neither does another's signature.
func TestAuthorizedKeyIsAllThatCounts(t *testing.T) {
	t.Parallel()
	d := serve(t, plain...).desk
	r := employ(t, d, "iam.serviceAccounts.admin")
	other, err := buildV1(t, d, sdkv1.NewIAMTokenCredentials(d.Token)).IAM().Key().Create(t.Context(), &iam.CreateKeyRequest{
		ServiceAccountId: r.account.Id, KeyAlgorithm: iam.Key_RSA_2048,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.asks(t, d, r.key.PrivateKey); err != nil {
		t.Errorf("with its own key: %v", err)
	}
	if err := r.asks(t, d, other.PrivateKey); status.Code(err) != codes.Unauthenticated {
		t.Errorf("with another key's signature: %v, want Unauthenticated", err)
	}
	administrator := buildV1(t, d, sdkv1.NewIAMTokenCredentials(d.Token))
	started, err := administrator.IAM().Key().Delete(t.Context(), &iam.DeleteKeyRequest{KeyId: r.key.Key.Id})
	if _, err := waited[any](t.Context(), administrator, started, err); err != nil {
		t.Fatal(err)
	}
	if err := r.asks(t, d, r.key.PrivateKey); status.Code(err) != codes.Unauthenticated {
		t.Errorf("with the deleted key: %v, want Unauthenticated", err)
	}
}

// asks has SDK v2 list accounts as the robot, with a token that it gets for its key and this signature.
func (r robot) asks(t *testing.T, d desk, private string) error {
	t.Helper()
	proof, err := credentials.ServiceAccountKey(&keyv2.Key{
		Id: r.key.Key.Id, Subject: &keyv2.Key_ServiceAccountId{ServiceAccountId: r.account.Id}, PrivateKey: private,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	_, err = buildV2(t, proof, static(d.API)).accounts(ctx, &iam.ListServiceAccountsRequest{FolderId: d.Folder})
	return err
}
