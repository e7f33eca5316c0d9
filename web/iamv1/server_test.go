package iamv1_test

import (
	"net/http"
	"testing"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"keydesk/models"
)

// TestOneListenerSpeaksBoth shows gRPC, with TLS and without, and REST, on one port.
func TestOneListenerSpeaksBoth(t *testing.T) {
	for name, started := range map[string]func(*testing.T) *api{"h2c": start, "TLS": startTLS} {
		t.Run(name, func(t *testing.T) {
			a := started(t)
			var header metadata.MD
			list, err := endpoint.NewApiEndpointServiceClient(a.conn).List(t.Context(), &endpoint.ListApiEndpointsRequest{}, grpc.Header(&header))
			must(list, err)(t)
			if len(list.GetEndpoints()) != 4 || list.GetEndpoints()[1].GetAddress() != "keydesk.example.com:443" {
				t.Errorf("endpoints %v", list)
			}
			if len(header.Get("x-request-id")) != 1 || len(header.Get("x-server-request-id")) != 1 {
				t.Errorf("the answer does not name its request: %v", header)
			}
			rest := a.rest("GET", "/endpoints", "", nil, "X-Client-Trace-Id", "trace-1")
			if got := rest.body["endpoints"]; rest.StatusCode != http.StatusOK || len(got.([]any)) != 4 {
				t.Errorf("over REST: %s", rest.text)
			}
			if rest.Header.Get("X-Server-Trace-Id") != "trace-1" || rest.Header.Get("X-Request-Id") == "" {
				t.Errorf("headers %v", rest.Header)
			}
		})
	}
}

// TestUnimplemented shows that a method that Keydesk does not have says so, to who may do the like.
func TestUnimplemented(t *testing.T) {
	a := start(t)
	_, token := a.person(models.Administrator)
	a.rest("DELETE", "/resource-manager/v1/folders/b1g00000000000000000", token, nil).refused(t, http.StatusNotImplemented, codes.Unimplemented)
	err := a.conn.Invoke(t.Context(), "/yandex.cloud.iam.v1.RoleService/List", &iam.ListRolesRequest{}, &iam.ListRolesResponse{})
	wantCode(t, err, codes.Unimplemented)
	if detail[*errdetails.RequestInfo](t, err).GetRequestId() == "" {
		t.Error("the refusal has no request id")
	}
}
