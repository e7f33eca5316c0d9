package iamv1

import (
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"

	"keydesk/models"
)

// An operation is done when every gate knows its change, and until then says nothing of what it made. One that gates need
// not know is done at once.
func TestOperationsWaitForGates(t *testing.T) {
	eachServed(t, func(t *testing.T, s *served) {
		c := s.admin(t, overGRPC)
		a := c.anAccount()
		enforces := func(revision int64) {
			t.Helper()
			_, err := s.desk.Store.Beat(t.Context(), models.Gate{ID: "gat1", Name: "edge", State: models.GateReady, Enforced: revision, StaleFor: time.Hour})
			s.ok(err)
		}
		enforces(1)
		ask := func() *operation.Operation {
			s.pass(time.Second)
			return call(c, iam.ServiceAccountService_Suspend_FullMethodName, &iam.SuspendServiceAccountRequest{ServiceAccountId: a.ID}, &operation.Operation{})
		}
		first, second := ask(), ask()
		s.pass(time.Second)
		call(c, iam.ServiceAccountService_SetAccessBindings_FullMethodName, &access.SetAccessBindingsRequest{ResourceId: a.ID}, &operation.Operation{})
		for _, o := range []*operation.Operation{first, second} {
			if o.GetDone() || o.GetResult() != nil || o.GetMetadata() == nil {
				t.Errorf("answered as %v", o)
			}
		}
		list := func() (done []bool) {
			t.Helper()
			req := &iam.ListServiceAccountOperationsRequest{ServiceAccountId: a.ID}
			for _, o := range call(c, iam.ServiceAccountService_ListOperations_FullMethodName, req, &iam.ListServiceAccountOperationsResponse{}).GetOperations() {
				if o.GetDone() != (o.GetResponse() != nil) {
					t.Errorf("listed as %v", o)
				}
				done = append(done, o.GetDone())
			}
			return done
		}
		same(t, "the list", list(), []bool{true, false, false})
		kept, err := s.desk.APIOperation(t.Context(), onHost, first.GetId())
		s.ok(err)
		enforces(kept.Revision)
		same(t, "the list after the first's revision", list(), []bool{true, false, true})
		enforces(kept.Revision + 1)
		same(t, "the list after the second's", list(), []bool{true, true, true})
		get := &operation.GetOperationRequest{OperationId: second.GetId()}
		if o := call(c, operation.OperationService_Get_FullMethodName, get, &operation.Operation{}); !o.GetDone() || o.GetResponse() == nil {
			t.Errorf("read as %v", o)
		}
	})
}
