package iamv1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// overREST sends a request by its annotated route, as a client that knows nothing but the published documentation.
func overREST(s *served, as asked, method string, req, answer proto.Message) error {
	verb, path, body, err := route(method)
	if err != nil {
		return err
	}
	text, err := protojson.Marshal(req)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnsent, err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	path = inPath.ReplaceAllStringFunc(path, func(name string) string {
		name = camel(req, strings.Trim(name, "{}"))
		value := fmt.Sprint(members[name])
		delete(members, name)
		return url.PathEscape(value)
	})
	var content io.Reader
	if body != "" {
		text, err := json.Marshal(members)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	} else if len(members) > 0 {
		query := url.Values{}
		for name, value := range members {
			query.Set(name, fmt.Sprint(value))
		}
		path += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(s.t.Context(), verb, s.url+path, content)
	if err != nil {
		return err
	}
	for name, value := range as.headers() {
		r.Header.Set(name, value)
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return exchanged(r, answer)
}

// errUnsent says that a client cannot even write the request as JSON.
var errUnsent = errors.New("not sent")

var inPath = regexp.MustCompile(`\{[a-z_]+\}`)

// camel is how JSON names a field.
func camel(m proto.Message, field string) string {
	return m.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(field)).JSONName()
}

func exchanged(r *http.Request, answer proto.Message) error {
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	if got.StatusCode == http.StatusOK {
		return protojson.Unmarshal(text, answer)
	}
	var refused rpc.Status
	if err := protojson.Unmarshal(text, &refused); err != nil {
		return fmt.Errorf("%s: %w: %s", got.Status, err, text)
	}
	if want := httpOf[codes.Code(refused.GetCode())]; got.StatusCode != want { //nolint:gosec // one of seventeen
		return fmt.Errorf("HTTP %d with code %d, want HTTP %d", got.StatusCode, refused.GetCode(), want)
	}
	return status.FromProto(&refused).Err()
}

// httpOf is Yandex's mapping.
var httpOf = map[codes.Code]int{
	codes.InvalidArgument: 400, codes.NotFound: 404, codes.AlreadyExists: 409, codes.PermissionDenied: 403, codes.ResourceExhausted: 429,
	codes.FailedPrecondition: 400, codes.Aborted: 409, codes.Unimplemented: 501, codes.Internal: 500, codes.Unavailable: 503, codes.Unauthenticated: 401,
}

// route reads a method's annotation.
func route(method string) (verb, path, body string, err error) {
	d, err := described(method)
	if err != nil {
		return "", "", "", err
	}
	rule, _ := proto.GetExtension(d.Options(), annotations.E_Http).(*annotations.HttpRule)
	for verb, path := range map[string]string{
		http.MethodGet: rule.GetGet(), http.MethodPost: rule.GetPost(), http.MethodPatch: rule.GetPatch(),
		http.MethodDelete: rule.GetDelete(), http.MethodPut: rule.GetPut(),
	} {
		if path != "" {
			return verb, path, rule.GetBody(), nil
		}
	}
	return "", "", "", fmt.Errorf("%s has no route", method)
}

// described finds a method's description by its full name.
func described(method string) (protoreflect.MethodDescriptor, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", ".")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	m, is := d.(protoreflect.MethodDescriptor)
	if !is {
		return nil, fmt.Errorf("%s is no method", name)
	}
	return m, nil
}

// newAnswer makes an empty message of what a method answers with.
func newAnswer(t testing.TB, method string) proto.Message {
	t.Helper()
	m, err := described(method)
	if err != nil {
		t.Fatal(err)
	}
	return newMessage(t, m.Output())
}

func newMessage(t testing.TB, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	is, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return is.New().Interface()
}
