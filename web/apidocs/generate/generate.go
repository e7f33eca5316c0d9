// Package generate makes the OpenAPI document of the REST surface: the management API out of the descriptors of its
// services, which carry routes and limits, and the gate out of what web/gate says of itself. The document is committed, and
// a test of web/apidocs holds it to what this package makes.
package generate

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/api"
	_ "github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"           // registers its descriptors
	_ "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"             // likewise
	_ "github.com/yandex-cloud/go-genproto/yandex/cloud/operation"          // likewise
	_ "github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1" // likewise
	_ "google.golang.org/protobuf/types/known/emptypb"                      // likewise

	"keydesk/web/gate"
	"keydesk/web/openapi"
)

// Document is the whole description. It fails where a service has a method that nobody wrote a summary for, and where a
// summary is left over.
func Document() (*openapi.Document, error) {
	d := frame()
	b := &builder{schemas: d.Components.Schemas, from: map[string]protoreflect.FullName{}}
	left := maps.Clone(methods)
	for _, s := range services {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(s.proto))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.proto, err)
		}
		service, ok := found.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("%s is no service", s.proto)
		}
		d.Tags = append(d.Tags, openapi.Tag{Name: s.tag, Description: s.text})
		for i := range service.Methods().Len() {
			m := service.Methods().Get(i)
			name := string(service.Name()) + "." + string(m.Name())
			about, known := left[name]
			if !known {
				return nil, fmt.Errorf("%s has no summary in web/apidocs/generate/methods.go: write one, or list it as not served", name)
			}
			delete(left, name)
			if about.summary == "" {
				continue // not served
			}
			if err := b.add(d, s.tag, name, m, about); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("there are no such methods: %v", slices.Sorted(maps.Keys(left)))
	}
	return d, gate.Describe(d)
}

// builder makes schemas of messages, once each.
type builder struct {
	schemas map[string]*openapi.Schema
	from    map[string]protoreflect.FullName // the message that a schema is of
}

var variable = regexp.MustCompile(`\{([a-z_]+)\}`)

// add puts a method under its path.
func (b *builder) add(d *openapi.Document, tag, name string, m protoreflect.MethodDescriptor, about method) error {
	verb, path, inBody, err := route(m)
	if err != nil {
		return err
	}
	inPath := map[string]bool{}
	for _, v := range variable.FindAllStringSubmatch(path, -1) {
		inPath[v[1]] = true
		path = strings.Replace(path, v[0], "{"+camel(v[1])+"}", 1)
	}
	o := &openapi.Operation{ID: name, Summary: about.summary, Description: about.text, Tags: []string{tag}}
	if about.open {
		o.Security = &[]map[string][]string{}
	}
	if err := b.request(o, m.Input(), inPath, inBody); err != nil {
		return err
	}
	answer, err := b.answer(m)
	if err != nil {
		return err
	}
	o.Responses = answers(answer, verb, namesObjects(m.Input()), about.open)
	if verb != "GET" && tag != tokensTag { // a second token does no harm
		o.Parameters = append(o.Parameters, openapi.Parameter{Ref: openapi.ParameterRef + "IdempotencyKey"})
	}
	if d.Paths[path] == nil {
		d.Paths[path] = &openapi.Path{}
	}
	d.Paths[path].Set(verb, o)
	return nil
}

// route is a method's address by REST, and whether what is not in its path is in a body.
func route(m protoreflect.MethodDescriptor) (verb, path string, inBody bool, err error) {
	rule, ok := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return "", "", false, errors.New("it has no route")
	}
	for v, p := range map[string]string{"GET": rule.GetGet(), "POST": rule.GetPost(), "PATCH": rule.GetPatch(), "DELETE": rule.GetDelete()} {
		if p != "" {
			verb, path = v, p
		}
	}
	if verb == "" || rule.GetBody() != "" && rule.GetBody() != "*" || len(rule.GetAdditionalBindings()) > 0 {
		return "", "", false, fmt.Errorf("a route of a shape that this generator does not know: %v", rule)
	}
	return verb, path, rule.GetBody() == "*", nil
}

// namesObjects reports whether a request names something that may not be there.
func namesObjects(in protoreflect.MessageDescriptor) bool {
	for i := range in.Fields().Len() {
		if strings.HasSuffix(string(in.Fields().Get(i).Name()), "_id") {
			return true
		}
	}
	return false
}

// request says where the fields of a message stand: in the path, the body, or the query.
func (b *builder) request(o *openapi.Operation, in protoreflect.MessageDescriptor, inPath map[string]bool, inBody bool) error {
	left := 0
	for i := range in.Fields().Len() {
		f := in.Fields().Get(i)
		at := "query"
		switch {
		case inPath[string(f.Name())]:
			at = "path"
		case inBody:
			left++
			continue
		}
		s, err := b.field(f)
		if err != nil {
			return err
		}
		if f.Kind() == protoreflect.Int64Kind { // a number is written as one in a query
			s.Type, s.Format = "integer", "int64"
		}
		p := openapi.Parameter{Name: f.JSONName(), In: at, Required: at == "path" || required(f), Description: s.Description, Deprecated: s.Deprecated, Schema: s}
		s.Description, s.Deprecated = "", false
		o.Parameters = append(o.Parameters, p)
	}
	if !inBody {
		return nil
	}
	s, err := b.message(in, inPath)
	if err != nil {
		return err
	}
	if left == 0 { // all of the message stands in the path
		delete(b.schemas, string(in.Name()))
		return nil
	}
	o.Body = &openapi.Body{
		Required: len(b.schemas[string(in.Name())].Required) > 0,
		Content:  map[string]openapi.Media{"application/json": {Schema: s, Example: example(o.ID)}},
	}
	if o.Body.Content["application/json"].Example == nil {
		return errors.New("it takes a body, and web/apidocs/generate/examples.go has none")
	}
	return nil
}

// answer is the schema of what a method answers. An operation says of which message its metadata and its response are.
func (b *builder) answer(m protoreflect.MethodDescriptor) (*openapi.Schema, error) {
	s, err := b.message(m.Output(), nil)
	if err != nil || m.Output().FullName() != "yandex.cloud.operation.Operation" {
		return s, err
	}
	of, ok := proto.GetExtension(m.Options(), api.E_Operation).(*api.Operation)
	if !ok || of.GetResponse() == "" {
		return s, nil
	}
	own := &openapi.Schema{Properties: map[string]*openapi.Schema{}}
	for name, message := range map[string]string{"metadata": of.GetMetadata(), "response": of.GetResponse()} {
		if message == "" {
			continue
		}
		ref, err := b.named(m.ParentFile(), message)
		if err != nil {
			return nil, err
		}
		own.Properties[name] = ref
	}
	return &openapi.Schema{AllOf: []*openapi.Schema{s, own}}, nil
}

// named finds a message as the options of a file name it: by its full name, or within the file's own package.
func (b *builder) named(file protoreflect.FileDescriptor, name string) (*openapi.Schema, error) {
	for _, full := range []string{name, string(file.Package()) + "." + name, "yandex.cloud." + name} {
		if d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(full)); err == nil {
			if m, ok := d.(protoreflect.MessageDescriptor); ok {
				return b.message(m, nil)
			}
		}
	}
	return nil, fmt.Errorf("there is no message %s", name)
}

// camel is the JSON name of a field.
func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}
