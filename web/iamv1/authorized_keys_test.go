package iamv1

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"keydesk/models"
	"keydesk/models/manage"
)

// authorizedKey makes one of an account, and gives its id.
func (s *served) authorizedKey(a models.Account) string {
	s.t.Helper()
	made, err := s.desk.CreateAuthorizedKey(s.t.Context(), onHost, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048})
	s.ok(err)
	return made.Key.ID
}

// private reads a private key as the clients do: they cut the line before it away.
func private(t testing.TB, text, id string) *rsa.PrivateKey {
	t.Helper()
	rest, is := strings.CutPrefix(text, "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <"+id+">\n")
	block, _ := pem.Decode([]byte(rest))
	if !is || block == nil {
		t.Fatal("the private key has not the form in which the clients read one")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func TestLifeOfAnAuthorizedKey(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount(models.RoleViewer)
		made := call(c, iam.KeyService_Create_FullMethodName, &iam.CreateKeyRequest{ServiceAccountId: a.ID, Description: "CI"}, &iam.CreateKeyResponse{})
		k := made.GetKey()
		if k.GetKeyAlgorithm() != iam.Key_RSA_2048 || k.GetServiceAccountId() != a.ID || !strings.Contains(k.GetPublicKey(), "BEGIN PUBLIC KEY") || k.GetLastUsedAt() != nil {
			t.Errorf("made as %v", k)
		}
		get := func() *iam.Key {
			return call(c, iam.KeyService_Get_FullMethodName, &iam.GetKeyRequest{KeyId: k.GetId()}, &iam.Key{})
		}
		list := func() *iam.ListKeysResponse {
			return call(c, iam.KeyService_List_FullMethodName, &iam.ListKeysRequest{ServiceAccountId: a.ID}, &iam.ListKeysResponse{})
		}
		alike(t, "the key that is read", get(), k)
		alike(t, "the list", list(), &iam.ListKeysResponse{Keys: []*iam.Key{k}})
		k.Description = "CI of the team"
		alike(t, "the changed key", change(c, iam.KeyService_Update_FullMethodName, &iam.UpdateKeyRequest{
			KeyId: k.GetId(), Description: k.GetDescription(), UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}},
		}, &iam.Key{}), k)

		self := c
		self.as.token = c.exchange(pair{a, k.GetId(), private(t, made.GetPrivateKey(), k.GetId())})
		if self.getAccount(a.ID).GetLastAuthenticatedAt() == nil || get().GetLastUsedAt() == nil {
			t.Error("an exchange is no use of the key, nor of its account")
		}
		change(c, iam.KeyService_Delete_FullMethodName, &iam.DeleteKeyRequest{KeyId: k.GetId()}, &emptypb.Empty{})
		fails(c, iam.KeyService_Get_FullMethodName, &iam.GetKeyRequest{KeyId: k.GetId()}, codes.NotFound)
		fails(c, iam.KeyService_ListOperations_FullMethodName, &iam.ListKeyOperationsRequest{KeyId: k.GetId()}, codes.NotFound)
		fails(self, iam.ServiceAccountService_Get_FullMethodName, &iam.GetServiceAccountRequest{ServiceAccountId: a.ID}, codes.Unauthenticated)
		alike(t, "the list", list(), &iam.ListKeysResponse{})
	})
}

// exchange gets an IAM token for a JWT as the clients make it.
func (c caller) exchange(p pair) string {
	c.t.Helper()
	stranger := c
	stranger.as = asked{}
	req := &iam.CreateIamTokenRequest{Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: c.jwt(p)}}
	return call(stranger, iam.IamTokenService_Create_FullMethodName, req, &iam.CreateIamTokenResponse{}).GetIamToken()
}
