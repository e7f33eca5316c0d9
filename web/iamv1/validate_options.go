package iamv1

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// fieldRules are the limits of one field.
type fieldRules struct {
	field    protoreflect.FieldDescriptor
	required bool
	unique   bool
	size     span // of a list or a map
	number   span
	limits   textRules
	key      textRules // of a map
}

type textRules struct {
	length  span
	pattern *regexp.Regexp // over the whole text
	shown   string         // the pattern as the definition has it
}

// span is a range with both ends in it. The zero value has no end.
type span struct {
	from, to       int64
	isFrom, isUpTo bool
}

func (s span) has(n int64) bool { return (!s.isFrom || n >= s.from) && (!s.isUpTo || n <= s.to) }

func (s span) String() string {
	switch {
	case s.isFrom && s.isUpTo && s.from == s.to:
		return fmt.Sprintf("exactly %d", s.from)
	case s.isFrom && s.isUpTo:
		return fmt.Sprintf("%d to %d", s.from, s.to)
	case s.isFrom:
		return fmt.Sprintf("at least %d", s.from)
	}
	return fmt.Sprintf("at most %d", s.to)
}

// readRules reads the options of the messages of all requests. What it does not understand stops the server from being
// made: a limit that is not kept is worse than none.
func readRules(services map[string]grpc.ServiceInfo) (*rules, error) {
	r := &rules{of: map[protoreflect.FullName]messageRules{}}
	for name := range services {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("iamv1: the definition of %s: %w", name, err)
		}
		service, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("iamv1: %s is no service", name)
		}
		for i := range service.Methods().Len() {
			if err := r.read(service.Methods().Get(i).Input()); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *rules) read(m protoreflect.MessageDescriptor) error {
	if _, done := r.of[m.FullName()]; done || m.FullName().Parent() == "google.protobuf" {
		return nil
	}
	var limits messageRules
	r.of[m.FullName()] = limits // a message may have itself within
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		one, err := readField(f)
		if err != nil {
			return fmt.Errorf("iamv1: the options of %s: %w", f.FullName(), err)
		}
		limits.fields = append(limits.fields, one)
		if f.Message() != nil && !f.IsMap() {
			if err := r.read(f.Message()); err != nil {
				return err
			}
		}
	}
	for i := range m.Oneofs().Len() {
		if one := m.Oneofs().Get(i); proto.GetExtension(one.Options(), cloud.E_ExactlyOne).(bool) {
			limits.oneOf = append(limits.oneOf, one)
		}
	}
	r.of[m.FullName()] = limits
	return nil
}

func readField(f protoreflect.FieldDescriptor) (r fieldRules, err error) {
	o := f.Options()
	text := func(x protoreflect.ExtensionType) string { return proto.GetExtension(o, x).(string) }
	r = fieldRules{
		field: f, required: proto.GetExtension(o, cloud.E_Required).(bool), unique: proto.GetExtension(o, cloud.E_Unique).(bool),
	}
	if text(cloud.E_Bytes) != "" {
		return r, fmt.Errorf("a limit in bytes is not understood")
	}
	if r.size, err = readSpan(text(cloud.E_Size)); err != nil {
		return r, err
	}
	if r.limits, err = readText(text(cloud.E_Length), text(cloud.E_Pattern)); err != nil {
		return r, err
	}
	if key, _ := proto.GetExtension(o, cloud.E_MapKey).(*cloud.MapKeySpec); key != nil {
		if key.GetValue() != "" {
			return r, fmt.Errorf("a map's key with a value is not understood")
		}
		if r.key, err = readText(key.GetLength(), key.GetPattern()); err != nil {
			return r, err
		}
	}
	if value := text(cloud.E_Value); !isInstant(f) {
		r.number, err = readSpan(value)
	} else if value != "" && value != instants {
		err = fmt.Errorf("times within %q are not understood", value)
	}
	return r, err
}

func readText(length, pattern string) (r textRules, err error) {
	if r.length, err = readSpan(length); err != nil || pattern == "" {
		return r, err
	}
	r.shown = pattern
	r.pattern, err = regexp.Compile(`^(?:` + pattern + `)$`)
	return r, err
}

// readSpan reads "<=50", ">=1", "1-63" or "36".
func readSpan(text string) (s span, err error) {
	if text == "" {
		return s, nil
	}
	from, to, both := strings.Cut(text, "-")
	switch {
	case strings.HasPrefix(text, "<="):
		s.isUpTo = true
		s.to, err = strconv.ParseInt(text[2:], 10, 64)
	case strings.HasPrefix(text, ">="):
		s.isFrom = true
		s.from, err = strconv.ParseInt(text[2:], 10, 64)
	default:
		if !both {
			to = from
		}
		s.isFrom, s.isUpTo = true, true
		if s.from, err = strconv.ParseInt(from, 10, 64); err == nil {
			s.to, err = strconv.ParseInt(to, 10, 64)
		}
	}
	return s, err
}

// instants is the range of every time in the definitions.
const instants = "19700101T000000.000000000-21051231T235959.999999999"

var (
	firstInstant = time.Unix(0, 0).UTC()
	lastInstant  = time.Date(2105, time.December, 31, 23, 59, 59, 999_999_999, time.UTC)
)

func isInstant(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && f.Message().FullName() == "google.protobuf.Timestamp"
}

// instant checks a time, whether the definition bounds it or not.
func (f *fieldRules) instant(m protoreflect.Message) string {
	t, ok := m.Interface().(*timestamppb.Timestamp)
	if !ok {
		return ""
	}
	if !t.IsValid() || t.AsTime().Before(firstInstant) || t.AsTime().After(lastInstant) {
		return "It has to be a time from 1970-01-01T00:00:00Z to 2105-12-31T23:59:59.999999999Z"
	}
	return ""
}
