package iamv1

import (
	"sync"
	"testing"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
)

// keyed is the caller with an Idempotency-Key.
func (c caller) keyed(key string) caller {
	c.as.idempotency = key
	return c
}

func TestARepeatIsTheSameOperation(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		key := c.slug()
		create := &iam.CreateServiceAccountRequest{FolderId: defaultFolder, Name: "robot-" + key}
		method := iam.ServiceAccountService_Create_FullMethodName
		first := call(c.keyed(key), method, create, &operation.Operation{})
		alike(t, "the repeat", call(c.keyed(key), method, create, &operation.Operation{}), first)
		fails(c.keyed(key+"2"), method, create, codes.AlreadyExists) // another request, to which the name is taken
		fails(c.keyed(key), method, &iam.CreateServiceAccountRequest{FolderId: defaultFolder, Name: "other-" + key}, codes.Aborted)
		fails(c.keyed(key), iam.ServiceAccountService_Suspend_FullMethodName, &iam.SuspendServiceAccountRequest{ServiceAccountId: "aje00000000000000000"}, codes.Aborted)
		other := c.keyed(key)
		other.as.token = c.token(c.person("other", models.Administrator))
		fails(other, method, create, codes.AlreadyExists) // keys are their callers' own
		if list := c.listAccounts(`name="robot-` + key + `"`).GetServiceAccounts(); len(list) != 1 {
			t.Errorf("there are %d accounts, want 1", len(list))
		}
	})
}

// A refused request leaves its Idempotency-Key free: the same may pass later.
func TestARefusalClaimsNothing(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		c = c.keyed(c.slug())
		req := &iam.ReactivateServiceAccountRequest{ServiceAccountId: a.ID}
		fails(c, iam.ServiceAccountService_Reactivate_FullMethodName, req, codes.FailedPrecondition)
		change(c.keyed(""), iam.ServiceAccountService_Suspend_FullMethodName, &iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID}, &iam.SuspendServiceAccountResponse{})
		change(c, iam.ServiceAccountService_Reactivate_FullMethodName, req, &iam.ReactivateServiceAccountResponse{})
	})
}

func resourceOf(st *status.Status) *errdetails.ResourceInfo {
	for _, d := range st.Details() {
		if r, is := d.(*errdetails.ResourceInfo); is {
			return r
		}
	}
	return nil
}

// The repeat of what answered with a secret makes no second one, and names the first.
func TestARepeatMakesNoSecondKey(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		type made interface{ GetId() string }
		for method, ask := range map[string]func(description string) proto.Message{
			iam.ApiKeyService_Create_FullMethodName: func(d string) proto.Message { return &iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Description: d} },
			iam.KeyService_Create_FullMethodName:    func(d string) proto.Message { return &iam.CreateKeyRequest{ServiceAccountId: a.ID, Description: d} },
		} {
			c := c.keyed(c.slug())
			var first made
			switch answer := call(c, method, ask("one"), newAnswer(t, method)).(type) {
			case *iam.CreateApiKeyResponse:
				first = answer.GetApiKey()
			case *iam.CreateKeyResponse:
				first = answer.GetKey()
			}
			info := resourceOf(fails(c, method, ask("one"), codes.AlreadyExists))
			if info.GetResourceName() != first.GetId() || info.GetDescription() == "" {
				t.Errorf("%s: the repeat names %v, want %s", method, info, first.GetId())
			}
			fails(c, method, ask("two"), codes.Aborted)
		}
		if n := len(c.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: a.ID}).GetApiKeys()); n != 1 {
			t.Errorf("there are %d keys, want 1", n)
		}
	})
}

// Of many at once one makes it, and the others are told of it.
func TestRepeatsAtOnce(t *testing.T) {
	eachServed(t, func(t *testing.T, s *served) {
		c := s.admin(t, overGRPC)
		a := c.anAccount()
		const times = 8
		c = c.keyed("at-once")
		name := &iam.CreateServiceAccountRequest{FolderId: defaultFolder, Name: "at-once"}
		var all sync.WaitGroup
		ids, repeats := make([]string, times), make([]error, times)
		for i := range times {
			all.Go(func() {
				var o operation.Operation
				if err := c.by(s, c.as, iam.ServiceAccountService_Create_FullMethodName, name, &o); err != nil {
					t.Error(err)
				}
				ids[i] = o.GetId()
				repeats[i] = c.by(s, c.keyed("a-key-at-once").as, iam.ApiKeyService_Create_FullMethodName, &iam.CreateApiKeyRequest{ServiceAccountId: a.ID}, &iam.CreateApiKeyResponse{})
			})
		}
		all.Wait()
		made := 0
		for i := range times {
			switch {
			case repeats[i] == nil:
				made++
			case status.Code(repeats[i]) != codes.AlreadyExists:
				t.Error(repeats[i])
			}
			if ids[i] != ids[0] || ids[i] == "" {
				t.Errorf("the operations are %v", ids)
			}
		}
		if n := len(c.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: a.ID}).GetApiKeys()); n != 1 || made != 1 {
			t.Errorf("%d keys are there and %d answers have a secret, want one", n, made)
		}
	})
}
