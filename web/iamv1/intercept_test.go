package iamv1

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"keydesk/models/iamtoken"
	"keydesk/models/manage"
)

// bare is a server whose desk has no database, and its log.
func bare(t *testing.T) (*Server, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tokens, err := iamtoken.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{
		Desk: &manage.Desk{Tokens: tokens, Now: time.Now, Rand: rand.Reader, Log: logger}, Endpoint: "localhost:1", Log: logger, Now: time.Now, Rand: rand.Reader,
		Address: func(*http.Request) string { return "192.0.2.1" }, Count: func(context.Context, bool) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, &log
}

// TestDefectsStayHere shows that a panic, and an error that nobody foresaw, answer INTERNAL with the request's id alone.
func TestDefectsStayHere(t *testing.T) {
	info := &grpc.UnaryServerInfo{FullMethod: endpoint.ApiEndpointService_List_FullMethodName}
	for name, tc := range map[string]struct {
		do     func(context.Context, any) (any, error)
		logged string
	}{
		"a panic":  {func(context.Context, any) (any, error) { panic("t1.pasted.token") }, "intercept_test.go"},
		"an error": {func(context.Context, any) (any, error) { return nil, errors.New("disk on fire") }, "disk on fire"},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := bare(t)
			ctx := withRequest(t.Context(), request{id: "req1", address: "192.0.2.1"})
			answer, err := s.unary(ctx, &endpoint.ListApiEndpointsRequest{}, info, tc.do)
			if answer != nil || status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "req1") || strings.Contains(err.Error(), "fire") {
				t.Errorf("it is answered %v, %v", answer, err)
			}
			if text := log.String(); !strings.Contains(text, tc.logged) || !strings.Contains(text, "request=req1") || strings.Contains(text, "t1.pasted") {
				t.Errorf("the log says %s", text)
			}
		})
	}
}

// TestCallsAreToldApart: the hash is of the method and the whole request, and the key has to be one word.
func TestCallsAreToldApart(t *testing.T) {
	s, _ := bare(t)
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("idempotency-key", "6f1c"))
	hash := func(name string, req *iam.CreateApiKeyRequest) string {
		c, err := s.call(ctx, name, methods[name], req)
		if err != nil || c.Key != "6f1c" || len(c.Hash) != 64 {
			t.Fatalf("the call is %+v, %v", c, err)
		}
		return c.Hash
	}
	const create, work = iam.ApiKeyService_Create_FullMethodName, iam.ApiKeyService_Update_FullMethodName
	one := hash(create, &iam.CreateApiKeyRequest{Description: "a"})
	if one != hash(create, &iam.CreateApiKeyRequest{Description: "a"}) {
		t.Error("equal requests differ")
	}
	if one == hash(create, &iam.CreateApiKeyRequest{Description: "b"}) || one == hash(work, &iam.CreateApiKeyRequest{Description: "a"}) {
		t.Error("other requests are equal")
	}
	first, err1 := s.call(ctx, work, methods[work], &iam.UpdateApiKeyRequest{})
	second, err2 := s.call(ctx, create, methods[create], &iam.CreateApiKeyRequest{})
	if err1 != nil || err2 != nil || !strings.HasPrefix(first.OperationID, "aje") || second.OperationID != "" {
		t.Errorf("operations %+v, %+v, %v, %v", first, second, err1, err2)
	}
	for _, bad := range []metadata.MD{
		metadata.Pairs("idempotency-key", ""), metadata.Pairs("idempotency-key", "two words"), metadata.Pairs("idempotency-key", strings.Repeat("x", 129)),
		metadata.Pairs("idempotency-key", "a", "idempotency-key", "b"), metadata.Pairs("idempotency-key", "ключ"),
		metadata.Pairs("idempotency-key", "keydesk_"+strings.Repeat("x", 49)), // keys are kept as they come
	} {
		if _, err := s.call(metadata.NewIncomingContext(t.Context(), bad), work, methods[work], &iam.UpdateApiKeyRequest{}); status.Code(refusal(err, "", "").Err()) != codes.InvalidArgument {
			t.Errorf("%v is taken: %v", bad, err)
		}
	}
}

// TestMine shows which requests are the API's.
func TestMine(t *testing.T) {
	for name, tc := range map[string]struct {
		path    string
		headers map[string]string
		mine    bool
	}{
		"the console":                   {"/service-accounts", nil, false},
		"a console operation":           {"/operations/opr00000000000000000", nil, false},
		"the console's list of them":    {"/operations", nil, false},
		"an operation of the API":       {"/operations/aje00000000000000000", nil, true},
		"its cancellation":              {"/operations/aje00000000000000000:cancel", nil, true},
		"keys":                          {"/iam/v1/apiKeys", nil, true},
		"folders":                       {"/resource-manager/v1/folders", nil, true},
		"endpoints":                     {"/endpoints", nil, true},
		"one endpoint":                  {"/endpoints/iam", nil, true},
		"a page that begins like those": {"/endpointsearch", nil, false},
		"a token":                       {"/anything", map[string]string{"Authorization": "bearer t1.x.y"}, true},
		"the API's description":         {"/api/openapi.json", map[string]string{"Authorization": "Bearer t1.x.y"}, false},
		"its pages":                     {"/api/docs", map[string]string{"Authorization": "Bearer t1.x.y"}, false},
		"one of them":                   {"/api/docs/api-keys", map[string]string{"Authorization": "Bearer t1.x.y"}, false},
		"whether the server runs":       {"/healthz", map[string]string{"Authorization": "Bearer x"}, false},
		"what begins like the pages":    {"/api/docsx", map[string]string{"Authorization": "Bearer x"}, true},
		"another credential":            {"/anything", map[string]string{"Authorization": "Basic x"}, false},
		"gRPC":                          {"/x.Y/Z", map[string]string{"Content-Type": "application/grpc"}, true},
		"gRPC of a subtype":             {"/x.Y/Z", map[string]string{"Content-Type": "application/grpc+proto"}, true},
		"a form":                        {"/keys", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", tc.path, nil)
			for k, v := range tc.headers {
				r.Header.Set(k, v)
			}
			if Mine(r) != tc.mine {
				t.Errorf("it is the API's: %v", !tc.mine)
			}
		})
	}
}
