package generate

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/yandex-cloud/go-genproto/yandex/cloud"

	"keydesk/web/openapi"
)

// wellKnown are messages whose JSON is not that of their fields.
var wellKnown = map[protoreflect.FullName]openapi.Schema{
	"google.protobuf.Timestamp": {Type: "string", Format: "date-time"},
	"google.protobuf.FieldMask": {Type: "string", Description: "Names of fields, joined by commas: \"description,expiresAt\". Only these change; without a mask all do."},
	"google.protobuf.Empty":     {Type: "object"},
	"google.protobuf.Any": {
		Type: "object", Description: "A message with its type, beside its fields.", Required: []string{"@type"},
		Properties: map[string]*openapi.Schema{"@type": {Type: "string", Description: "\"type.googleapis.com/\" and the message's name"}},
	},
}

// message refers to the schema of a message, without the fields that stand elsewhere.
func (b *builder) message(m protoreflect.MessageDescriptor, without map[string]bool) (*openapi.Schema, error) {
	if known, ok := wellKnown[m.FullName()]; ok {
		return &known, nil
	}
	name := string(m.Name())
	if from, made := b.from[name]; made {
		if from != m.FullName() {
			return nil, fmt.Errorf("%s and %s would have one name", from, m.FullName())
		}
		return openapi.RefTo(name), nil
	}
	s := &openapi.Schema{Type: "object", Properties: map[string]*openapi.Schema{}}
	b.from[name], b.schemas[name] = m.FullName(), s
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if without[string(f.Name())] {
			continue
		}
		p, err := b.field(f)
		if err != nil {
			return nil, err
		}
		s.Properties[f.JSONName()] = p
		if required(f) {
			s.Required = append(s.Required, f.JSONName())
		}
	}
	for i := range m.Oneofs().Len() {
		s.OneOf = append(s.OneOf, choice(m.Oneofs().Get(i))...)
	}
	return openapi.RefTo(name), nil
}

// choice lists the fields of which exactly one has to be there; none where none may be.
func choice(o protoreflect.OneofDescriptor) (all []*openapi.Schema) {
	if exactly, ok := proto.GetExtension(o.Options(), cloud.E_ExactlyOne).(bool); !ok || !exactly {
		return nil
	}
	for i := range o.Fields().Len() {
		all = append(all, &openapi.Schema{Required: []string{o.Fields().Get(i).JSONName()}})
	}
	return all
}

// field is the schema of a field, with the limits that its options carry.
func (b *builder) field(f protoreflect.FieldDescriptor) (s *openapi.Schema, err error) {
	switch {
	case f.IsMap():
		s, err = b.mapping(f)
	case f.IsList():
		var item *openapi.Schema
		if item, err = b.value(f); err == nil {
			if err = limits(item, f); err != nil {
				return nil, err
			}
			unique, _ := proto.GetExtension(f.Options(), cloud.E_Unique).(bool)
			s = &openapi.Schema{Type: "array", Items: item, UniqueItems: unique}
			s.MinItems, s.MaxItems, err = bounds(option(f, "size"))
		}
	default:
		if s, err = b.value(f); err == nil {
			err = limits(s, f)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.FullName(), err)
	}
	if deprecated, ok := f.Options().(interface{ GetDeprecated() bool }); ok && deprecated.GetDeprecated() {
		s.Deprecated = true
	}
	if text := words[string(f.FullName())]; text != "" && s.Ref == "" {
		s.Description = text
	}
	return s, nil
}

func (b *builder) mapping(f protoreflect.FieldDescriptor) (*openapi.Schema, error) {
	value, err := b.value(f.MapValue())
	if err != nil {
		return nil, err
	}
	if err = limits(value, f); err != nil {
		return nil, err
	}
	s := &openapi.Schema{Type: "object", Additional: value}
	if key, ok := proto.GetExtension(f.Options(), cloud.E_MapKey).(*cloud.MapKeySpec); ok && key != nil {
		s.PropertyNames = &openapi.Schema{Pattern: whole(key.GetPattern())}
		if s.PropertyNames.MinLength, s.PropertyNames.MaxLength, err = bounds(key.GetLength()); err != nil {
			return nil, err
		}
	}
	_, s.MaxProperties, err = bounds(option(f, "size"))
	return s, err
}

// value is the schema of one value of a field.
func (b *builder) value(f protoreflect.FieldDescriptor) (*openapi.Schema, error) {
	switch f.Kind() {
	case protoreflect.StringKind:
		return &openapi.Schema{Type: "string"}, nil
	case protoreflect.BoolKind:
		return &openapi.Schema{Type: "boolean"}, nil
	case protoreflect.Int32Kind:
		return &openapi.Schema{Type: "integer", Format: "int32"}, nil
	case protoreflect.Int64Kind:
		return &openapi.Schema{Type: "string", Format: "int64"}, nil
	case protoreflect.EnumKind:
		s := &openapi.Schema{Type: "string"}
		for i := range f.Enum().Values().Len() {
			s.Enum = append(s.Enum, string(f.Enum().Values().Get(i).Name()))
		}
		return s, nil
	case protoreflect.MessageKind:
		return b.message(f.Message(), nil)
	}
	return nil, fmt.Errorf("values of the kind %s are not known to this generator", f.Kind())
}

var options = map[string]protoreflect.ExtensionType{
	"length": cloud.E_Length, "size": cloud.E_Size, "pattern": cloud.E_Pattern, "value": cloud.E_Value,
}

func option(f protoreflect.FieldDescriptor, name string) string {
	text, _ := proto.GetExtension(f.Options(), options[name]).(string)
	return text
}

func required(f protoreflect.FieldDescriptor) bool {
	is, _ := proto.GetExtension(f.Options(), cloud.E_Required).(bool)
	return is
}

// limits puts a field's length, pattern and value on the schema of one of its values.
func limits(s *openapi.Schema, f protoreflect.FieldDescriptor) (err error) {
	if s.MinLength, s.MaxLength, err = bounds(option(f, "length")); err != nil {
		return err
	}
	s.Pattern = whole(option(f, "pattern"))
	value := option(f, "value")
	switch {
	case value == "":
	case s.Format == "date-time":
		if value != "19700101T000000.000000000-21051231T235959.999999999" {
			return fmt.Errorf("times within %q are not known to this generator", value)
		}
		s.Description = "From 1970 to the end of 2105."
	default:
		s.Minimum, s.Maximum, err = bounds(value)
	}
	return err
}

// whole has a pattern mean all of a value, as the options do.
func whole(pattern string) string {
	if pattern == "" {
		return ""
	}
	return "^(?:" + pattern + ")$"
}

// bounds reads "<=256", "3-63" and "5"; "" is none.
func bounds(text string) (least, most *int, err error) {
	low, high, ranged := strings.Cut(text, "-")
	if upTo, ok := strings.CutPrefix(text, "<="); ok {
		low, high, ranged = "", upTo, true
	}
	if !ranged {
		high = low
	}
	for _, b := range []struct {
		text string
		to   **int
	}{{low, &least}, {high, &most}} {
		if b.text == "" {
			continue
		}
		n, err := strconv.Atoi(b.text)
		if err != nil {
			return nil, nil, fmt.Errorf("bounds of the shape %q are not known to this generator", text)
		}
		*b.to = &n
	}
	return least, most, nil
}
