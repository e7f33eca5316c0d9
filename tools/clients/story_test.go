package clients

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// client is one of the SDKs, by what the story asks of it. What implements it hands on, and waits as the SDK waits.
type client interface {
	createAccount(context.Context, *iam.CreateServiceAccountRequest) (*iam.ServiceAccount, error)
	account(context.Context, string) (*iam.ServiceAccount, error)
	accounts(context.Context, *iam.ListServiceAccountsRequest) ([]*iam.ServiceAccount, error)
	deleteAccount(context.Context, string) error
	bind(context.Context, *access.UpdateAccessBindingsRequest) error // on a folder
	scopes(context.Context) ([]string, error)
	createKey(context.Context, *iam.CreateApiKeyRequest) (*iam.CreateApiKeyResponse, error)
	keyOf(context.Context, string) (*iam.ApiKey, error)
	keys(context.Context, *iam.ListApiKeysRequest) ([]*iam.ApiKey, error)
	updateKey(context.Context, *iam.UpdateApiKeyRequest) (*iam.ApiKey, error)
	deleteKey(context.Context, string) error
}

// defaultScopes are what a key gets that is made without any, in the order of the catalogue.
var defaultScopes = []string{
	"yc.ai.imageGeneration.execute", "yc.ai.languageModels.execute", "yc.ai.speechkitStt.execute", "yc.ai.speechkitTts.execute",
	"yc.ai.translate.execute", "yc.ai.vision.execute", "yc.monitoring.manage", "yc.search-api.execute",
	"yc.serverless.containers.invoke", "yc.serverless.functions.invoke",
}

// Scopes of the story: the key asks for the first two, in an order that is not the alphabet's, and its account may use all.
const (
	sends, translates, searches = "yc.postbox.send", "yc.ai.translate.execute", "yc.search-api.execute"
	mayAll                      = "editor"
)

// story manages an account and its keys from first to last through one client, and uses what it made at the gate.
type story struct {
	*testing.T
	desk
	client
	ctx context.Context
}

// tell runs the story.
func tell(t *testing.T, d desk, c client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*within)
	defer cancel()
	s := story{t, d, c, ctx}
	a := s.anAccount("report-reader")
	s.findsIt(a)
	key, secret := s.aKey(a)
	s.opensTheGate(a, key, secret)
	key = s.narrows(key, secret)
	s.defaults(a)
	s.deletesTheKey(key, secret)
	s.deletesTheAccount(a)
}

// must fails the story where a call failed.
func must[V any](s story) func(V, error) V {
	return func(v V, err error) V {
		s.Helper()
		if err != nil {
			s.Fatal(err)
		}
		return v
	}
}

// same compares messages field by field.
func (s story) same(what string, got, want any) {
	s.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		s.Errorf("%s is another (-want +got):\n%s", what, diff)
	}
}

func (s story) anAccount(name string) *iam.ServiceAccount {
	s.Helper()
	request := &iam.CreateServiceAccountRequest{
		FolderId: s.Folder, Name: name, Description: "Reads reports", Labels: map[string]string{"team": "billing"},
	}
	a := must[*iam.ServiceAccount](s)(s.createAccount(s.ctx, request))
	want := &iam.ServiceAccount{
		Id: a.Id, FolderId: s.Folder, Name: name, Description: "Reads reports", Labels: map[string]string{"team": "billing"},
		CreatedAt: a.CreatedAt, Status: iam.ServiceAccount_ACTIVE,
	}
	s.same("the account", a, want)
	if a.Id == "" || !a.CreatedAt.IsValid() {
		s.Errorf("the account has the id %q, made at %v", a.Id, a.CreatedAt)
	}
	return a
}

func (s story) findsIt(a *iam.ServiceAccount) {
	s.Helper()
	list := must[[]*iam.ServiceAccount](s)
	s.same("the list by name", list(s.accounts(s.ctx, &iam.ListServiceAccountsRequest{FolderId: s.Folder, Filter: `name="` + a.Name + `"`})),
		[]*iam.ServiceAccount{a})
	if others := list(s.accounts(s.ctx, &iam.ListServiceAccountsRequest{FolderId: s.Folder, Filter: `name="no-such"`})); len(others) != 0 {
		s.Errorf("another name finds %v", others)
	}
}

func (s story) aKey(a *iam.ServiceAccount) (key *iam.ApiKey, secret string) {
	s.Helper()
	known := must[[]string](s)(s.scopes(s.ctx))
	for _, scope := range append([]string{sends, translates, searches}, defaultScopes...) {
		if !slices.Contains(known, scope) {
			s.Errorf("%s is not among the scopes %v", scope, known)
		}
	}
	expires := timestamppb.New(time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second))
	made := must[*iam.CreateApiKeyResponse](s)(s.createKey(s.ctx, &iam.CreateApiKeyRequest{
		ServiceAccountId: a.Id, Description: "for the nightly report", Scopes: []string{sends, translates}, ExpiresAt: expires,
	}))
	key, secret = made.ApiKey, made.Secret
	if len(secret) < 20 {
		s.Fatal("the secret is missing")
	}
	s.same("the key", key, &iam.ApiKey{
		Id: key.GetId(), ServiceAccountId: a.Id, CreatedAt: key.GetCreatedAt(), Description: "for the nightly report",
		Scopes: []string{sends, translates}, ExpiresAt: expires, MaskedSecret: "****" + secret[len(secret)-6:],
	})
	s.same("the key by its id", must[*iam.ApiKey](s)(s.keyOf(s.ctx, key.Id)), key)
	s.same("the account's keys", must[[]*iam.ApiKey](s)(s.keys(s.ctx, &iam.ListApiKeysRequest{ServiceAccountId: a.Id})), []*iam.ApiKey{key})
	return key, secret
}

// opensTheGate gives the account its role, uses the key, and waits until the API tells that it was used.
func (s story) opensTheGate(a *iam.ServiceAccount, key *iam.ApiKey, secret string) {
	s.Helper()
	if got := s.opens(secret, sends); got != 403 {
		s.Errorf("before its account has a role, the key gets %d, want 403", got)
	}
	err := s.bind(s.ctx, &access.UpdateAccessBindingsRequest{ResourceId: s.Folder, AccessBindingDeltas: []*access.AccessBindingDelta{{
		Action:        access.AccessBindingAction_ADD,
		AccessBinding: &access.AccessBinding{RoleId: mayAll, Subject: &access.Subject{Id: a.Id, Type: "serviceAccount"}},
	}}})
	if err != nil {
		s.Fatal(err)
	}
	for scope, want := range map[string]int{sends: 204, translates: 204, searches: 403} {
		if got := s.opens(secret, scope); got != want {
			s.Errorf("for %s the gate answers %d, want %d", scope, got, want)
		}
	}
	eventually(s.T, "the API says when the key was used", func() bool {
		used := must[*iam.ApiKey](s)(s.keyOf(s.ctx, key.Id)).GetLastUsedAt()
		return used != nil && !used.AsTime().Before(key.CreatedAt.AsTime())
	})
}

// narrows changes what the mask names, and nothing else.
func (s story) narrows(key *iam.ApiKey, secret string) *iam.ApiKey {
	s.Helper()
	changed := must[*iam.ApiKey](s)(s.updateKey(s.ctx, &iam.UpdateApiKeyRequest{
		ApiKeyId: key.Id, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description", "scopes"}},
		Description: "translates only", Scopes: []string{translates},
	}))
	now := must[*iam.ApiKey](s)(s.keyOf(s.ctx, key.Id))
	for what, got := range map[string]*iam.ApiKey{"the operation's key": changed, "the changed key": now} {
		s.same(what, got, &iam.ApiKey{
			Id: key.Id, ServiceAccountId: key.ServiceAccountId, CreatedAt: key.CreatedAt, Description: "translates only",
			LastUsedAt: got.LastUsedAt, Scopes: []string{translates}, ExpiresAt: key.ExpiresAt, MaskedSecret: key.MaskedSecret,
		})
	}
	for scope, want := range map[string]int{sends: 403, translates: 204} {
		if got := s.opens(secret, scope); got != want {
			s.Errorf("after the change the gate answers %d for %s, want %d", got, scope, want)
		}
	}
	return now
}

// defaults makes a key without scopes.
func (s story) defaults(a *iam.ServiceAccount) {
	s.Helper()
	made := must[*iam.CreateApiKeyResponse](s)(s.createKey(s.ctx, &iam.CreateApiKeyRequest{ServiceAccountId: a.Id}))
	s.same("a key without scopes", made.ApiKey.GetScopes(), defaultScopes)
	s.same("the same key by its id", must[*iam.ApiKey](s)(s.keyOf(s.ctx, made.ApiKey.GetId())), made.ApiKey)
	if got := s.opens(made.Secret, searches); got != 204 {
		s.Errorf("the key without scopes gets %d for %s, want 204", got, searches)
	}
	s.carriesTheChip(made.ApiKey.GetId())
}

// carriesTheChip checks the console's page of a key that was made without scopes.
func (d desk) carriesTheChip(t *testing.T, keyID string) {
	t.Helper()
	if words := d.chips(t, keyID); !slices.Contains(words, "Default scopes") {
		t.Errorf("the console's page of the key has the chips %q, want \"Default scopes\" among them", words)
	}
}

func (s story) carriesTheChip(keyID string) {
	s.Helper()
	s.desk.carriesTheChip(s.T, keyID)
}

func (s story) deletesTheKey(key *iam.ApiKey, secret string) {
	s.Helper()
	if err := s.deleteKey(s.ctx, key.Id); err != nil {
		s.Fatal(err)
	}
	_, err := s.keyOf(s.ctx, key.Id)
	s.missing("the deleted key", err)
	s.missing("deleting it again", s.deleteKey(s.ctx, key.Id))
	if got := s.opens(secret, translates); got != 401 {
		s.Errorf("the deleted key gets %d, want 401", got)
	}
}

func (s story) deletesTheAccount(a *iam.ServiceAccount) {
	s.Helper()
	if err := s.deleteAccount(s.ctx, a.Id); err != nil {
		s.Fatal(err)
	}
	_, err := s.account(s.ctx, a.Id)
	s.missing("the deleted account", err)
	left := must[[]*iam.ServiceAccount](s)(s.accounts(s.ctx, &iam.ListServiceAccountsRequest{FolderId: s.Folder}))
	if slices.ContainsFunc(left, func(o *iam.ServiceAccount) bool { return o.Id == a.Id }) {
		s.Errorf("the deleted account is still in the list")
	}
}

func (s story) missing(what string, err error) {
	s.Helper()
	if status.Code(err) != codes.NotFound || !strings.Contains(err.Error(), "NotFound") {
		s.Errorf("%s: %v, want NotFound", what, err)
	}
}
