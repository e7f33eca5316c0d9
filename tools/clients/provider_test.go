package clients

import (
	"context"
	"crypto/rand"
	"fmt"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// provider makes the calls that the Terraform provider makes, in its order and with its headers. The provider itself cannot be
// had as a module, so that no test can build it.
type provider struct {
	t          *testing.T
	ctx        context.Context
	operations operation.OperationServiceClient
	accounts   iam.ServiceAccountServiceClient
	keys       iam.ApiKeyServiceClient

	mu    sync.Mutex
	calls []string // what was called: "ServiceAccountService/Create"
}

// configure is what the provider does first: it looks up where the services are.
func configure(t *testing.T, d desk) *provider {
	t.Helper()
	if !strings.HasPrefix(d.Token, "t1.") || strings.Count(d.Token, ".") != 2 {
		t.Fatal("the provider takes a token that is not t1.x.y for one of OAuth, and tries to exchange it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*within)
	t.Cleanup(cancel)
	p := &provider{t: t, ctx: metadata.AppendToOutgoingContext(ctx, "user-agent", "Terraform/1.11.4 terraform-provider-yandex/0.219.0")}
	list, err := endpoint.NewApiEndpointServiceClient(p.dial(d, d.API)).List(p.ctx, &endpoint.ListApiEndpointsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	where := map[string]string{}
	for _, e := range list.Endpoints {
		where[e.Id] = e.Address
	}
	for _, id := range []string{"iam", "operation"} {
		if where[id] == "" {
			t.Fatalf("the list of endpoints %v lacks %s", where, id)
		}
	}
	authorized := p.authorized(d.Token)
	p.operations = operation.NewOperationServiceClient(p.dial(d, where["operation"], authorized))
	p.accounts = iam.NewServiceAccountServiceClient(p.dial(d, where["iam"], authorized))
	p.keys = iam.NewApiKeyServiceClient(p.dial(d, where["iam"], authorized))
	return p
}

func (p *provider) dial(d desk, address string, options ...grpc.DialOption) *grpc.ClientConn {
	p.t.Helper()
	options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(d.trust(p.t))), grpc.WithChainUnaryInterceptor(p.record))
	connection, err := grpc.NewClient(address, options...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// record notes each call, and gives it an Idempotency-Key of its own, as both halves of the provider do.
func (p *provider) record(ctx context.Context, method string, in, out any, c *grpc.ClientConn, call grpc.UnaryInvoker, o ...grpc.CallOption) error {
	service := path.Base(path.Dir(method))
	name := service[strings.LastIndex(service, ".")+1:] + "/" + path.Base(method)
	p.mu.Lock()
	p.calls = append(p.calls, name)
	p.mu.Unlock()
	key, again := ctx.Value(sameKey{}).(string)
	if !again {
		key = uuid()
	}
	return call(metadata.AppendToOutgoingContext(ctx, "idempotency-key", key), method, in, out, c, o...)
}

// sameKey is where a context holds the Idempotency-Key of a call that is sent again, because its answer was lost.
type sameKey struct{}

func (p *provider) authorized(token string) grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, in, out any, c *grpc.ClientConn, call grpc.UnaryInvoker, o ...grpc.CallOption) error {
			return call(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), method, in, out, c, o...)
		})
}

// uuid is a random one, version 4.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// made takes the calls since it was asked last, without those that an operation takes which is not done at once.
func (p *provider) made() (calls []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c != "OperationService/Get" {
			calls = append(calls, c)
		}
	}
	p.calls = nil
	return calls
}

// wait polls an operation until it is done.
func (p *provider) wait(started *operation.Operation, err error) *operation.Operation {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "the operation is done", func() bool {
		if !started.Done {
			started, err = p.operations.Get(p.ctx, &operation.GetOperationRequest{OperationId: started.Id})
			if err != nil {
				p.t.Fatal(err)
			}
		}
		return started.Done
	})
	if started.GetError() != nil {
		p.t.Fatalf("the operation failed: %v", started.GetError())
	}
	return started
}

// accountState and keyState are what the provider keeps of an account and of a key.
type accountState struct {
	id, folder, name, description, createdAt string
	labels                                   map[string]string
}

type keyState struct {
	id, account, description, scope, expiresAt, createdAt string
	scopes                                                []string
	secret                                                string // of the creation alone
}

func when(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format("2006-01-02T15:04:05Z")
}

// createAccount gives the id, which the provider takes from the operation's metadata.
func (p *provider) createAccount(folder, name, description string) accountState {
	p.t.Helper()
	done := p.wait(p.accounts.Create(p.ctx, &iam.CreateServiceAccountRequest{FolderId: folder, Name: name, Description: description}))
	var about iam.CreateServiceAccountMetadata
	if err := done.Metadata.UnmarshalTo(&about); err != nil {
		p.t.Fatal(err)
	}
	if err := done.GetResponse().UnmarshalTo(&iam.ServiceAccount{}); err != nil {
		p.t.Fatal(err)
	}
	state, there := p.readAccount(about.ServiceAccountId)
	if !there {
		p.t.Fatal("the account that was just made is not there")
	}
	return state
}

// readAccount gives false where the provider drops the account from its state.
func (p *provider) readAccount(id string) (accountState, bool) {
	p.t.Helper()
	a, err := p.accounts.Get(p.ctx, &iam.GetServiceAccountRequest{ServiceAccountId: id})
	if status.Code(err) == codes.NotFound {
		return accountState{}, false
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return accountState{id: a.Id, folder: a.FolderId, name: a.Name, description: a.Description, createdAt: when(a.CreatedAt), labels: a.Labels}, true
}

func (p *provider) updateAccount(r *iam.UpdateServiceAccountRequest, mask ...string) accountState {
	p.t.Helper()
	r.UpdateMask = &fieldmaskpb.FieldMask{Paths: mask}
	done := p.wait(p.accounts.Update(p.ctx, r))
	if err := done.GetResponse().UnmarshalTo(&iam.ServiceAccount{}); err != nil {
		p.t.Fatal(err)
	}
	state, _ := p.readAccount(r.ServiceAccountId)
	return state
}

// accountNamed is the data source by name.
func (p *provider) accountNamed(folder, name string) accountState {
	p.t.Helper()
	list, err := p.accounts.List(p.ctx, &iam.ListServiceAccountsRequest{FolderId: folder, Filter: fmt.Sprintf("name=%q", name)})
	if err != nil || len(list.GetServiceAccounts()) != 1 {
		p.t.Fatalf("%v (%v), want one account", list, err)
	}
	state, _ := p.readAccount(list.ServiceAccounts[0].Id)
	return state
}

func (p *provider) createKey(r *iam.CreateApiKeyRequest) keyState {
	p.t.Helper()
	made, err := p.keys.Create(p.ctx, r)
	if err != nil {
		p.t.Fatal(err)
	}
	state, there := p.readKey(made.ApiKey.GetId())
	if !there {
		p.t.Fatal("the key that was just made is not there")
	}
	state.secret = made.Secret
	return state
}

// readKey gives false where the provider drops the key from its state.
func (p *provider) readKey(id string) (keyState, bool) {
	p.t.Helper()
	k, err := p.keys.Get(p.ctx, &iam.GetApiKeyRequest{ApiKeyId: id})
	if status.Code(err) == codes.NotFound {
		return keyState{}, false
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return keyState{
		id: k.Id, account: k.ServiceAccountId, description: k.Description, scopes: k.Scopes, createdAt: when(k.CreatedAt),
		scope:     k.Scope, //nolint:staticcheck // deprecated, and what makes the plan drift where it is filled in
		expiresAt: when(k.ExpiresAt),
	}, true
}

func (p *provider) updateKey(r *iam.UpdateApiKeyRequest, mask ...string) keyState {
	p.t.Helper()
	r.UpdateMask = &fieldmaskpb.FieldMask{Paths: mask}
	done := p.wait(p.keys.Update(p.ctx, r))
	if err := done.GetResponse().UnmarshalTo(&iam.ApiKey{}); err != nil {
		p.t.Fatal(err)
	}
	state, _ := p.readKey(r.ApiKeyId)
	return state
}

// bindings are the members of an account's roles, "role member".
func (p *provider) bindings(accountID string) (members []string) {
	p.t.Helper()
	list, err := p.accounts.ListAccessBindings(p.ctx, &access.ListAccessBindingsRequest{ResourceId: accountID, PageSize: 1000})
	if err != nil || list.NextPageToken != "" {
		p.t.Fatalf("%v (%v), want one page", list, err)
	}
	for _, b := range list.AccessBindings {
		members = append(members, b.RoleId+" "+b.Subject.GetType()+":"+b.Subject.GetId())
	}
	return members
}

// changeMember is iam_member as it is made and destroyed: the provider reads before and after.
func (p *provider) changeMember(action access.AccessBindingAction, accountID, role, member string) []string {
	p.t.Helper()
	p.bindings(accountID)
	kind, id, _ := strings.Cut(member, ":")
	p.wait(p.accounts.UpdateAccessBindings(p.ctx, &access.UpdateAccessBindingsRequest{
		ResourceId: accountID, AccessBindingDeltas: []*access.AccessBindingDelta{{
			Action: action, AccessBinding: &access.AccessBinding{RoleId: role, Subject: &access.Subject{Id: id, Type: kind}},
		}},
	}))
	return p.bindings(accountID)
}

// expires reads a time as it stands in a configuration.
func expires(t *testing.T, text string) *timestamppb.Timestamp {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return timestamppb.New(at)
}
