// Package askgrpc has interceptors for gRPC servers that let a call pass only with an API key that Keydesk's gate calls
// good. The key comes in the metadata "authorization", as "Api-Key <secret>".
//
//	guard, err := askgrpc.New(gate, askgrpc.Methods{
//		Scopes: map[string][]string{"/orders.v1.Orders/List": {"orders.read"}},
//		Open:   []string{"/grpc.health.v1.Health/*"},
//	})
//	server := grpc.NewServer(grpc.UnaryInterceptor(guard.Unary), grpc.StreamInterceptor(guard.Stream))
//
// A stream is asked about when it opens. One that lives for long outlives a revoke: bound it with the server's
// keepalive.ServerParameters.MaxConnectionAge, or ask again with ask.Client.Check.
package askgrpc

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"keydesk/web/ask"
)

// Methods says what each method demands. A method is "/orders.v1.Orders/List", or "/orders.v1.Orders/*" for all of a service
// that are not named themselves. One that stands nowhere is refused, so that a new method waits for somebody's word.
type Methods struct {
	Scopes map[string][]string
	Open   []string // that need no key
	// Address is the address that a call is counted under; nil: its peer's.
	Address func(context.Context) string
}

// Guard decides about calls. Safe for concurrent use.
type Guard struct {
	gate    *ask.Client
	scopes  map[string][]string // none for an open method
	address func(context.Context) string
}

// New makes a guard.
func New(gate *ask.Client, m Methods) (*Guard, error) {
	g := &Guard{gate: gate, scopes: map[string][]string{}, address: m.Address}
	if g.address == nil {
		g.address = peerOf
	}
	for method, scopes := range m.Scopes {
		if !isMethod(method) || len(scopes) == 0 {
			return nil, fmt.Errorf("askgrpc: %q with scopes %q: name a method as /orders.v1.Orders/List or /orders.v1.Orders/*, and at least one scope", method, scopes)
		}
		ask.MustName(scopes)
		g.scopes[method] = scopes
	}
	for _, method := range m.Open {
		if _, twice := g.scopes[method]; twice || !isMethod(method) {
			return nil, fmt.Errorf("askgrpc: %q cannot be open: it demands scopes, too, or is no /orders.v1.Orders/List", method)
		}
		g.scopes[method] = nil
	}
	return g, nil
}

func isMethod(name string) bool {
	service, method, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	return ok && strings.HasPrefix(name, "/") && service != "" && method != "" && !strings.Contains(method, "/")
}

// demands is what a method demands: none where it is open.
func (g *Guard) demands(method string) (scopes []string, declared bool) {
	if scopes, declared = g.scopes[method]; declared {
		return scopes, true
	}
	scopes, declared = g.scopes[method[:strings.LastIndexByte(method, '/')+1]+"*"]
	return scopes, declared
}

// Unary is the interceptor of calls with one answer.
func (g *Guard) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := g.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return next(ctx, req)
}

// Stream is the interceptor of streams.
func (g *Guard) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := g.admit(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return next(srv, &admitted{stream, ctx})
}

// admitted is a stream whose context knows the caller.
type admitted struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *admitted) Context() context.Context { return s.ctx }

const authorization = "authorization"

// admit gives the context for what comes after: with the caller, without the secret.
func (g *Guard) admit(ctx context.Context, method string) (context.Context, error) {
	scopes, declared := g.demands(method)
	if !declared {
		return nil, refusal(ctx, ask.UndeclaredMethod())
	}
	if len(scopes) == 0 {
		return ctx, nil
	}
	md, _ := metadata.FromIncomingContext(ctx) // a copy
	key, err := ask.Key(md[authorization])
	if err != nil {
		return nil, refusal(ctx, err)
	}
	who, err := g.gate.Ask(ctx, ask.Question{Key: key, Scopes: scopes, Address: g.address(ctx), Agent: strings.Join(md["user-agent"], " ")})
	if err != nil {
		return nil, refusal(ctx, err)
	}
	delete(md, authorization)
	return metadata.NewIncomingContext(ask.WithCaller(ctx, who), md), nil
}

func peerOf(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	return ask.Host(p.Addr.String())
}
