package iamv1

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/vanguard"
	"connectrpc.com/vanguard/vanguardgrpc"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
)

// rest turns requests by the routes of the published API into gRPC.
//
// JSON is what Yandex writes: lowerCamelCase names, unset fields left out, 64-bit integers and times as strings, and a mask
// as one string. A field that the request's message does not have is refused, in a body and in a query: a mistyped "scopes"
// would otherwise make a key with the default scopes.
type rest struct {
	transcoder  http.Handler
	collections []string // the routes whose query may name objects: the path of the others does
	posted      []string // the routes of which all is said by the body
	log         *slog.Logger
}

// moreRoutes are those that clients know beside the annotated ones: the guide says POST of a cancellation, and older
// documents say PATCH of a change of bindings.
var moreRoutes = []*annotations.HttpRule{
	{Selector: "yandex.cloud.operation.OperationService.Cancel", Pattern: &annotations.HttpRule_Post{Post: "/operations/{operation_id}:cancel"}},
	{
		Selector: "yandex.cloud.iam.v1.ServiceAccountService.UpdateAccessBindings", Body: "*",
		Pattern: &annotations.HttpRule_Patch{Patch: "/iam/v1/serviceAccounts/{resource_id}:updateAccessBindings"},
	},
	{
		Selector: "yandex.cloud.resourcemanager.v1.FolderService.UpdateAccessBindings", Body: "*",
		Pattern: &annotations.HttpRule_Patch{Patch: "/resource-manager/v1/folders/{resource_id}:updateAccessBindings"},
	},
}

// maxAnswer bounds an answer: a page of a thousand keys with a hundred scopes each.
const maxAnswer = 64 << 20

func newREST(server *grpc.Server, log *slog.Logger) (*rest, error) {
	t, err := vanguardgrpc.NewTranscoder(server,
		vanguard.WithCodec(func(res vanguard.TypeResolver) vanguard.Codec {
			return jsonCodec{vanguard.JSONCodec{
				MarshalOptions: protojson.MarshalOptions{Resolver: res}, UnmarshalOptions: protojson.UnmarshalOptions{Resolver: res},
			}}
		}),
		vanguard.WithRules(moreRoutes...),
		vanguard.WithDefaultServiceOptions(vanguard.WithMaxMessageBufferBytes(maxAnswer), vanguard.WithNoTargetCompression()),
	)
	if err != nil {
		return nil, err
	}
	services := server.GetServiceInfo()
	return &rest{
		transcoder: t, log: log,
		collections: wholePaths(services, (*annotations.HttpRule).GetGet), posted: wholePaths(services, (*annotations.HttpRule).GetPost),
	}, nil
}

// jsonCodec says of what cannot be read that it is the request's fault, and where, without repeating what was sent.
type jsonCodec struct{ vanguard.JSONCodec }

// Unmarshal reads a body.
func (c jsonCodec) Unmarshal(data []byte, m proto.Message) error {
	err := c.JSONCodec.Unmarshal(data, m)
	if err == nil {
		return nil
	}
	return connect.NewError(connect.CodeInvalidArgument, errors.New(unreadable(err)))
}

// MarshalAppend writes an answer.
func (c jsonCodec) MarshalAppend(base []byte, m proto.Message) ([]byte, error) {
	b, err := c.JSONCodec.MarshalAppend(base, m)
	if err != nil {
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	return b, nil
}

// ServeHTTP answers one request.
func (t *rest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := &restWriter{ResponseWriter: w, r: r, log: t.log}
	defer answer.end()
	defer func() {
		if p := recover(); p != nil {
			t.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", requestOf(r.Context()).id))
			answer.refuse(http.StatusInternalServerError, errors.New("panic"))
		}
	}()
	if err := t.prepare(r); err != nil {
		answer.refuse(http.StatusBadRequest, err)
		return
	}
	t.transcoder.ServeHTTP(answer, r)
}

func badRequest(reason, text string) error { return models.NewError(models.Invalid, reason, text) }

// prepare reads the body whole, within its bound, and leaves of the headers what the transcoder is to see.
func (t *rest) prepare(r *http.Request) error {
	if r.Header.Get("Content-Encoding") != "" {
		return badRequest("compressed", "Send the request without a Content-Encoding: compressed bodies are not read.")
	}
	for name := range r.Header {
		if notREST(name) {
			r.Header.Del(name)
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return badRequest("unreadable", "The request's body could not be read to its end.")
	}
	if len(body) > maxRequest {
		return badRequest("too_large", "The request is larger than one mebibyte, which is more than any message of the API may be.")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(body) == 0 && r.Method == http.MethodPost && slices.Contains(t.posted, r.URL.Path) {
		body, kind = []byte("{}"), "application/json" // the transcoder takes no body for the end of a stream, and answers 500
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Del("Content-Length")
	r.Header.Del("Content-Type")
	if len(body) > 0 {
		if kind != "application/json" {
			return badRequest("unsupported_media_type", "Send the body as JSON, with the header Content-Type: application/json.")
		}
		r.Header.Set("Content-Type", kind)
	}
	return t.query(r)
}

// notREST tells the headers that would steer the transcoder, or the gRPC behind it: other protocols, compression, deadlines,
// and what gRPC reads as base64.
func notREST(header string) bool {
	switch header {
	case "Connect-Protocol-Version", "Accept-Encoding", "X-Server-Timeout", "Te":
		return true
	}
	return strings.HasPrefix(header, "Grpc-") || strings.HasSuffix(header, "-Bin")
}

// query refuses what would be read as a field of the message over that which the path or the body says.
func (t *rest) query(r *http.Request) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("unreadable", "The query of the request's address could not be read.")
	}
	if r.Method != http.MethodGet && len(values) > 0 {
		return badRequest("unexpected_query", "This request takes no parameters in its address: put them in the body.")
	}
	collection := slices.Contains(t.collections, r.URL.Path)
	for name, given := range values {
		if len(given) > 1 {
			return badRequest("repeated_parameter", "A parameter of the request's address is given twice.")
		}
		if lower := strings.ToLower(name); !collection && strings.HasSuffix(lower, "id") {
			return badRequest("unexpected_query", "The path of the request's address names the object: no parameter can name another.")
		}
	}
	return nil
}
