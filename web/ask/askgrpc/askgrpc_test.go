package askgrpc_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"keydesk/web/ask"
	"keydesk/web/ask/askgrpc"
	"keydesk/web/ask/asktest"
)

// health is a service with a call and a stream, whose answers say whether the handler knows the caller and not the secret.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	knows func(ctx context.Context) bool
}

func (h *health) say(ctx context.Context) *grpc_health_v1.HealthCheckResponse {
	a := &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_NOT_SERVING}
	if h.knows(ctx) {
		a.Status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	return a
}

func (h *health) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	return h.say(ctx), nil
}

func (h *health) Watch(_ *grpc_health_v1.HealthCheckRequest, s grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	return s.Send(h.say(s.Context()))
}

// start serves the methods, and gives a client of theirs.
func start(t *testing.T, gate *ask.Client, m askgrpc.Methods, knows func(context.Context) bool) grpc_health_v1.HealthClient {
	t.Helper()
	guard, err := askgrpc.New(gate, m)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(guard.Unary), grpc.StreamInterceptor(guard.Stream))
	grpc_health_v1.RegisterHealthServer(server, &health{knows: knows})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return grpc_health_v1.NewHealthClient(conn)
}

// both asks by a call and by a stream, which have to be answered alike.
func both(t *testing.T, c grpc_health_v1.HealthClient, authorization ...string) (knows bool, err error) {
	t.Helper()
	ctx := t.Context()
	for _, a := range authorization {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", a)
	}
	one, err := c.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	stream, streamErr := c.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
	if streamErr != nil {
		t.Fatal(streamErr)
	}
	two, streamErr := stream.Recv()
	if status.Code(err) != status.Code(streamErr) || one.GetStatus() != two.GetStatus() {
		t.Errorf("the call gives %v %v, the stream %v %v", one, err, two, streamErr)
	}
	return one.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING, err
}

func TestCalls(t *testing.T) {
	d := asktest.Start(t)
	k, mail := d.Key(asktest.Read), d.Key(asktest.Mail)
	good := "Api-Key " + k.Secret.Reveal()
	knows := func(ctx context.Context) bool {
		who, known := ask.CallerFrom(ctx)
		md, _ := metadata.FromIncomingContext(ctx)
		return known && who.KeyID == k.Key.ID && who.ServiceAccountID == d.Account.ID && who.FolderID == d.Account.FolderID && len(md["authorization"]) == 0
	}
	gate := d.Client(ask.Options{})
	read := start(t, gate, askgrpc.Methods{Scopes: map[string][]string{"/grpc.health.v1.Health/*": {asktest.Read}}}, knows)
	write := start(t, gate, askgrpc.Methods{Scopes: map[string][]string{
		"/grpc.health.v1.Health/*": {asktest.Read}, "/grpc.health.v1.Health/Check": {asktest.Write}, "/grpc.health.v1.Health/Watch": {asktest.Write},
	}}, knows)
	undeclared := start(t, gate, askgrpc.Methods{Scopes: map[string][]string{"/orders.v1.Orders/*": {asktest.Read}}}, knows)
	if known, err := both(t, read, good); err != nil || !known {
		t.Errorf("a good key: %v, %v", known, err)
	}
	for name, tc := range map[string]struct {
		at            grpc_health_v1.HealthClient
		authorization []string
		code          codes.Code
		reason, scope string
	}{
		"nothing":        {read, nil, codes.Unauthenticated, "NO_CREDENTIAL", ""},
		"another scheme": {read, []string{"Bearer " + k.Secret.Reveal()}, codes.Unauthenticated, "NO_CREDENTIAL", ""},
		"two":            {read, []string{good, good}, codes.InvalidArgument, "INVALID_REQUEST", ""},
		"a typo":         {read, []string{good + "x"}, codes.Unauthenticated, "MALFORMED_KEY", ""},
		"a long key":     {read, []string{good + strings.Repeat("x", 5000)}, codes.Unauthenticated, "MALFORMED_KEY", ""},
		"another scope":  {write, []string{good}, codes.PermissionDenied, "INSUFFICIENT_SCOPE", asktest.Write},
		"no such scope":  {read, []string{"Api-Key " + mail.Secret.Reveal()}, codes.PermissionDenied, "INSUFFICIENT_SCOPE", asktest.Read},
		"undeclared":     {undeclared, []string{good}, codes.PermissionDenied, "UNDECLARED_METHOD", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := both(t, tc.at, tc.authorization...)
			refusedWith(t, err, tc.code, tc.reason, tc.scope)
			if strings.Contains(err.Error(), k.Secret.Reveal()) {
				t.Error("the refusal repeats the secret")
			}
		})
	}
	d.Revoke(k.Key.ID)
	_, err := both(t, read, good)
	refusedWith(t, err, codes.Unauthenticated, "REVOKED_KEY", "")
	d.Stop()
	_, err = both(t, read, good)
	if info := refusedWith(t, err, codes.Unavailable, "UNAVAILABLE", ""); info.GetRetryDelay().AsDuration() < time.Second {
		t.Errorf("when to try again: %v", info)
	}
}

// refusedWith checks a refusal and its ErrorInfo, and gives when to try again.
func refusedWith(t *testing.T, err error, code codes.Code, reason, scope string) (again *errdetails.RetryInfo) {
	t.Helper()
	s := status.Convert(err)
	var info *errdetails.ErrorInfo
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.RetryInfo:
			again = d
		}
	}
	if s.Code() != code || info.GetReason() != reason || info.GetDomain() != askgrpc.Domain || info.GetMetadata()["scope"] != scope || s.Message() == "" {
		t.Errorf("%v with %v, want %v %s of scope %q", err, info, code, reason, scope)
	}
	return again
}

func TestAnOpenMethodNeedsNoKey(t *testing.T) {
	gate, err := ask.New(ask.Options{Gate: "http://127.0.0.1:1"}) // which nobody asks
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, gate, askgrpc.Methods{Open: []string{"/grpc.health.v1.Health/*"}}, func(ctx context.Context) bool {
		_, known := ask.CallerFrom(ctx)
		return known
	})
	if known, err := both(t, c); err != nil || known {
		t.Errorf("%v, %v", known, err)
	}
}

func TestMethodsThatCannotBe(t *testing.T) {
	gate, err := ask.New(ask.Options{Gate: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]askgrpc.Methods{
		"no scope":        {Scopes: map[string][]string{"/a.B/C": {}}},
		"no slash":        {Scopes: map[string][]string{"a.B/C": {"x"}}},
		"no method":       {Scopes: map[string][]string{"/a.B/": {"x"}}},
		"too deep":        {Scopes: map[string][]string{"/a.B/C/D": {"x"}}},
		"a service alone": {Open: []string{"/a.B"}},
		"open and not":    {Scopes: map[string][]string{"/a.B/C": {"x"}}, Open: []string{"/a.B/C"}},
	} {
		if _, err := askgrpc.New(gate, m); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
