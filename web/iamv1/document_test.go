package iamv1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"keydesk/models/store/storetest"
	"keydesk/web/apidocs/generate"
)

// documented is what the OpenAPI document says of each method, by "ApiKeyService.Create".
var documented = sync.OnceValues(func() (map[string]*openapi3.Operation, error) {
	d, err := generate.Document()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	read, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	all := map[string]*openapi3.Operation{}
	for _, path := range read.Paths.Map() {
		for _, o := range path.Operations() {
			all[o.OperationID] = o
		}
	}
	return all, nil
})

// documentedAs is a method's id in the document.
func documentedAs(method string) string {
	service, name, _ := strings.Cut(method[strings.LastIndexByte(method[:strings.LastIndexByte(method, '/')], '.')+1:], "/")
	return service + "." + name
}

// asDocumented holds an answer by REST to the document: to its statuses, and to the schema of its body. Every test that asks
// by REST asks by it.
func asDocumented(method string, status int, body []byte) error {
	all, err := documented()
	if err != nil {
		return err
	}
	o := all[documentedAs(method)]
	if o == nil {
		if status == http.StatusNotImplemented || status >= 400 && status < 500 { // refused before that is known
			return nil
		}
		return fmt.Errorf("%s answers %d, and the OpenAPI document does not know it", method, status)
	}
	says := o.Responses.Status(status)
	if says == nil {
		return fmt.Errorf("%s answers %d, which the OpenAPI document does not say: %s", method, status, body)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("%s answers %s: %w", method, body, err)
	}
	if err := says.Value.Content.Get("application/json").Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		return fmt.Errorf("%s answers %d with %s, which the OpenAPI document does not say: %w", method, status, body, err)
	}
	return nil
}

// withEveryField is a request in which nothing is missing.
func withEveryField(m protoreflect.Message) protoreflect.Message {
	for i := range m.Descriptor().Fields().Len() {
		switch f := m.Descriptor().Fields().Get(i); {
		case f.IsList(), f.IsMap():
		case f.Kind() == protoreflect.StringKind && f.Name() != "page_token":
			m.Set(f, protoreflect.ValueOfString(defaultFolder))
		case f.Kind() == protoreflect.MessageKind && f.Message().ParentFile().Package() != "google.protobuf":
			withEveryField(m.Mutable(f).Message())
		}
	}
	return m
}

// TestTheDocumentIsOfThisServer: what it describes is served, by the credentials and headers that it says; and what it leaves
// out is not.
func TestTheDocumentIsOfThisServer(t *testing.T) {
	all, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, storetest.New(t))
	admin := s.admin(t, overGRPC)
	found := 0
	for name, m := range methods {
		o := all[documentedAs(name)]
		if o == nil {
			d, err := described(name)
			s.ok(err)
			request, err := protoregistry.GlobalTypes.FindMessageByName(d.Input().FullName())
			s.ok(err)
			fails(admin, name, withEveryField(request.New()).Interface(), codes.Unimplemented)
			continue
		}
		found++
		if needsNone := o.Security != nil && len(*o.Security) == 0; needsNone != (m.asks == open) {
			t.Errorf("%s: the document says of no credential %v", name, needsNone)
		}
		repeats := false
		for _, p := range o.Parameters {
			repeats = repeats || p.Value.Name == "Idempotency-Key"
		}
		if repeats != (m.does == works || m.does == creates) {
			t.Errorf("%s: the document says of an Idempotency-Key %v", name, repeats)
		}
	}
	gate := 0
	for id := range all {
		if strings.HasPrefix(id, "Gate.") {
			gate++
		}
	}
	if found+gate != len(all) || found == 0 {
		t.Errorf("%d methods are described, %d of them served, and %d are the gate's", len(all), found, gate)
	}
}
