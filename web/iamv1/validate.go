package iamv1

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"keydesk/models"
)

// rules are the limits of every request's message and of those within, as the published definitions state them in their
// own options.
type rules struct {
	of map[protoreflect.FullName]messageRules
}

type messageRules struct {
	fields []fieldRules
	oneOf  []protoreflect.OneofDescriptor // of which exactly one is to be set
}

// mostProblems bounds how much is said of one request.
const mostProblems = 50

// check holds a request to its limits. The problems bear the names of the definition's fields.
func (r *rules) check(m proto.Message) error {
	found := models.Fields{}
	r.message(m.ProtoReflect(), "", found)
	return models.FieldProblems(found)
}

func (r *rules) message(m protoreflect.Message, at string, found models.Fields) {
	limits, known := r.of[m.Descriptor().FullName()]
	if !known {
		return
	}
	left := limits.left(m)
	for i := range limits.fields {
		f := &limits.fields[i]
		if len(found) >= mostProblems {
			return
		}
		path := at + string(f.field.Name())
		if !m.Has(f.field) {
			if problem := f.absent(); problem != "" && !left(f.field) {
				found[path] = problem + unmasked(m, f.field)
			}
			continue
		}
		r.value(f, m.Get(f.field), path, found)
	}
	for _, one := range limits.oneOf {
		if m.WhichOneof(one) == nil {
			found[at+string(one.Name())] = "One of these has to be set: " + fieldsOf(one)
		}
	}
}

// left tells which fields a change does not touch: what its mask does not name may be absent. The first field is the
// object's id, which no mask names.
func (limits messageRules) left(m protoreflect.Message) func(protoreflect.FieldDescriptor) bool {
	mask, ok := maskOf(m)
	return func(f protoreflect.FieldDescriptor) bool {
		if !ok || f.Number() == 1 {
			return false
		}
		for _, path := range mask.GetPaths() {
			if path == string(f.Name()) {
				return false
			}
		}
		return true
	}
}

// unmasked says why a change asks for a field that its sender did not want to change.
func unmasked(m protoreflect.Message, f protoreflect.FieldDescriptor) string {
	if _, masked := maskOf(m); masked || f.Number() == 1 || m.Descriptor().Fields().ByName(maskField) == nil {
		return ""
	}
	return ": without " + maskField + " every field is set. Name in it those that are to change"
}

// fieldsOf names the fields of which one is to be set.
func fieldsOf(one protoreflect.OneofDescriptor) string {
	names := make([]string, one.Fields().Len())
	for i := range names {
		names[i] = string(one.Fields().Get(i).Name())
	}
	return strings.Join(names, ", ")
}

func maskOf(m protoreflect.Message) (*fieldmaskpb.FieldMask, bool) {
	f := m.Descriptor().Fields().ByName(maskField)
	if f == nil || !m.Has(f) {
		return nil, false
	}
	mask, ok := m.Get(f).Message().Interface().(*fieldmaskpb.FieldMask)
	return mask, ok
}

func (r *rules) value(f *fieldRules, v protoreflect.Value, path string, found models.Fields) {
	note := func(path, problem string) {
		if problem != "" {
			found[path] = problem
		}
	}
	switch {
	case f.field.IsMap():
		note(path, f.counted(v.Map().Len()))
		v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			if problem := f.key.text(k.String()); problem != "" {
				note(path, "A key of it: "+problem) // the key is not repeated: it may be anything
			} else if problem := f.one(v); problem != "" {
				note(path, "A value of it: "+problem)
			}
			return len(found) < mostProblems
		})
	case f.field.IsList():
		list := v.List()
		note(path, f.counted(list.Len()))
		seen := map[any]bool{}
		for i := range list.Len() {
			at := path + "[" + strconv.Itoa(i) + "]"
			if f.unique && seen[list.Get(i).Interface()] {
				note(path, "It has the same value twice")
			}
			if len(found) >= mostProblems {
				return
			}
			r.element(f, list.Get(i), at, note, found)
			if f.unique {
				seen[list.Get(i).Interface()] = true
			}
		}
	default:
		r.element(f, v, path, note, found)
	}
}

func (r *rules) element(f *fieldRules, v protoreflect.Value, path string, note func(path, problem string), found models.Fields) {
	note(path, f.one(v))
	if f.field.Message() != nil && !f.field.IsMap() {
		r.message(v.Message(), path+".", found)
	}
}

// absent says what is wrong with a field that is not there.
func (f *fieldRules) absent() string {
	if f.required {
		return "It is required"
	}
	if f.field.IsList() || f.field.IsMap() {
		return f.counted(0)
	}
	return ""
}

func (f *fieldRules) counted(n int) string {
	if f.size.has(int64(n)) {
		return ""
	}
	return fmt.Sprintf("It has to have %s elements", f.size)
}

// one checks a single value.
func (f *fieldRules) one(v protoreflect.Value) string {
	switch value := v.Interface().(type) {
	case string:
		return f.limits.text(value)
	case int64:
		if !f.number.has(value) {
			return fmt.Sprintf("It has to be %s", f.number)
		}
	case protoreflect.Message:
		return f.instant(value)
	}
	return ""
}

// text checks a text: its length is counted in characters.
func (l textRules) text(s string) string {
	switch {
	case !l.length.has(int64(utf8.RuneCountInString(s))):
		return fmt.Sprintf("It has to have %s characters", l.length)
	case l.pattern != nil && !l.pattern.MatchString(s):
		return "It has to match the pattern " + l.shown
	}
	return ""
}
