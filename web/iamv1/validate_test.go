package iamv1

import (
	"strings"
	"testing"

	"github.com/yandex-cloud/go-genproto/yandex/cloud"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"keydesk/models"
)

// iamRules are the limits of two services.
func iamRules(t *testing.T) *rules {
	t.Helper()
	r, err := readRules(map[string]grpc.ServiceInfo{
		"yandex.cloud.iam.v1.ApiKeyService": {}, "yandex.cloud.iam.v1.ServiceAccountService": {}, "yandex.cloud.iam.v1.IamTokenService": {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLimitsOfTheDefinitions shows what is taken from the options of the published definitions, down to what lies within.
func TestLimitsOfTheDefinitions(t *testing.T) {
	binding := func(role, id, kind string) *access.AccessBinding {
		return &access.AccessBinding{RoleId: role, Subject: &access.Subject{Id: id, Type: kind}}
	}
	account := func(change func(*iam.UpdateServiceAccountRequest)) proto.Message {
		m := &iam.UpdateServiceAccountRequest{ServiceAccountId: "aje"}
		change(m)
		return m
	}
	mask := func(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }
	for name, tc := range map[string]struct {
		request proto.Message
		fields  string // in order, "" where all is well
	}{
		"all is well":                  {&iam.CreateApiKeyRequest{Scopes: []string{"a", "b"}, Description: text(256)}, ""},
		"a field that is required":     {&iam.GetApiKeyRequest{}, "api_key_id"},
		"characters are counted":       {&iam.CreateApiKeyRequest{Description: text(257)}, "description"},
		"an element of a list":         {&iam.CreateApiKeyRequest{Scopes: []string{"a", text(257)}}, "scopes[1]"},
		"several at once":              {&iam.CreateApiKeyRequest{Scopes: []string{"a", "a"}, Description: text(300)}, "description scopes"},
		"a page size below":            {&iam.ListApiKeysRequest{PageSize: -1}, "page_size"},
		"a page size above":            {&iam.ListApiKeysRequest{PageSize: 1001}, "page_size"},
		"the largest page":             {&iam.ListApiKeysRequest{PageSize: 1000}, ""},
		"a time that is none":          {&iam.CreateApiKeyRequest{ExpiresAt: &timestamppb.Timestamp{Seconds: 1, Nanos: -1}}, "expires_at"},
		"a time beyond 2105":           {&iam.CreateApiKeyRequest{ExpiresAt: &timestamppb.Timestamp{Seconds: 4291747200}}, "expires_at"},
		"the last time there is":       {&iam.CreateApiKeyRequest{ExpiresAt: &timestamppb.Timestamp{Seconds: 4291747199, Nanos: 999_999_999}}, ""},
		"a label's name":               {&iam.CreateServiceAccountRequest{FolderId: "f", Name: "n", Labels: map[string]string{"-": "x"}}, "labels"},
		"a label without a name":       {&iam.CreateServiceAccountRequest{FolderId: "f", Name: "n", Labels: map[string]string{"": "x"}}, "labels"},
		"a label's value":              {&iam.CreateServiceAccountRequest{FolderId: "f", Name: "n", Labels: map[string]string{"a": "X"}}, "labels"},
		"a pattern covers the text":    {&iam.CreateServiceAccountRequest{FolderId: "f", Name: "ok\n"}, "name"},
		"none of several":              {&iam.CreateIamTokenRequest{}, "identity"},
		"one of several, too long":     {&iam.CreateIamTokenRequest{Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: text(8001)}}, "jwt"},
		"a message within":             {&access.SetAccessBindingsRequest{ResourceId: "f", AccessBindings: []*access.AccessBinding{binding("r", "i", "t"), binding("", "i", "")}}, "access_bindings[1].role_id access_bindings[1].subject.type"},
		"a message within is missing":  {&access.UpdateAccessBindingsRequest{ResourceId: "f", AccessBindingDeltas: []*access.AccessBindingDelta{{}}}, "access_binding_deltas[0].access_binding access_binding_deltas[0].action"},
		"a list that is empty":         {&access.UpdateAccessBindingsRequest{ResourceId: "f"}, "access_binding_deltas"},
		"a name without a mask":        {account(func(*iam.UpdateServiceAccountRequest) {}), "name"},
		"a name that the mask names":   {account(func(m *iam.UpdateServiceAccountRequest) { m.UpdateMask = mask("name") }), "name"},
		"a name beside the mask":       {account(func(m *iam.UpdateServiceAccountRequest) { m.UpdateMask = mask("labels") }), ""},
		"an id is never left out":      {&iam.UpdateApiKeyRequest{UpdateMask: mask("description")}, "api_key_id"},
		"scopes beside the mask":       {&iam.UpdateApiKeyRequest{ApiKeyId: "aje", UpdateMask: mask("description")}, ""},
		"what is beside it has bounds": {&iam.UpdateApiKeyRequest{ApiKeyId: "aje", UpdateMask: mask("scopes"), Scopes: []string{"a"}, Description: text(257)}, "description"},
	} {
		t.Run(name, func(t *testing.T) {
			fields, _ := models.FieldErrors(iamRules(t).check(tc.request))
			var names []string
			for _, v := range violations(fields).GetFieldViolations() {
				names = append(names, v.GetField())
				if v.GetDescription() == "" {
					t.Errorf("%s has no words", v.GetField())
				}
			}
			if got := strings.Join(names, " "); got != tc.fields {
				t.Errorf("problems with %q, want %q", got, tc.fields)
			}
		})
	}
}

// TestManyProblemsAreCut shows that a refusal does not grow with the request.
func TestManyProblemsAreCut(t *testing.T) {
	fields, _ := models.FieldErrors(iamRules(t).check(&access.SetAccessBindingsRequest{ResourceId: "f", AccessBindings: make([]*access.AccessBinding, 1000)}))
	if len(fields) < 2 || len(fields) > mostProblems+2 {
		t.Errorf("%d problems are told", len(fields))
	}
}

// TestSpans shows which ranges are understood.
func TestSpans(t *testing.T) {
	for text, tc := range map[string]struct {
		in, out []int64
		says    string
	}{
		"<=50": {[]int64{0, 50}, []int64{51}, "at most 50"},
		">=1":  {[]int64{1, 99}, []int64{0}, "at least 1"},
		"1-63": {[]int64{1, 63}, []int64{0, 64}, "1 to 63"},
		"36":   {[]int64{36}, []int64{35, 37}, "exactly 36"},
	} {
		s, err := readSpan(text)
		if err != nil || s.String() != tc.says {
			t.Errorf("%s is read as %v, %v", text, s, err)
		}
		for _, n := range tc.in {
			if !s.has(n) {
				t.Errorf("%d is not in %s", n, text)
			}
		}
		for _, n := range tc.out {
			if s.has(n) {
				t.Errorf("%d is in %s", n, text)
			}
		}
	}
	for _, text := range []string{"many", "1-", "<=", "<50"} {
		if _, err := readSpan(text); err == nil {
			t.Errorf("%q is understood", text)
		}
	}
}

// TestUnknownOptions shows that an option which is not understood is an error, and no limit that is silently not kept.
func TestUnknownOptions(t *testing.T) {
	for name, tc := range map[string]struct {
		set  func(*descriptorpb.FieldOptions)
		good bool
	}{
		"none":        {func(*descriptorpb.FieldOptions) {}, true},
		"a known one": {func(o *descriptorpb.FieldOptions) { proto.SetExtension(o, cloud.E_Length, "<=5") }, true},
		"a length":    {func(o *descriptorpb.FieldOptions) { proto.SetExtension(o, cloud.E_Length, "short") }, false},
		"a size":      {func(o *descriptorpb.FieldOptions) { proto.SetExtension(o, cloud.E_Size, "few") }, false},
		"a value":     {func(o *descriptorpb.FieldOptions) { proto.SetExtension(o, cloud.E_Value, "red|blue") }, false},
		"a pattern":   {func(o *descriptorpb.FieldOptions) { proto.SetExtension(o, cloud.E_Pattern, "(") }, false},
		"bytes":       {func(o *descriptorpb.FieldOptions) { proto.SetExtension(o, cloud.E_Bytes, "<=5") }, false},
		"a map's value": {func(o *descriptorpb.FieldOptions) {
			proto.SetExtension(o, cloud.E_MapKey, &cloud.MapKeySpec{Value: "x"})
		}, false},
		"a map's pattern": {func(o *descriptorpb.FieldOptions) {
			proto.SetExtension(o, cloud.E_MapKey, &cloud.MapKeySpec{Pattern: "("})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			options := &descriptorpb.FieldOptions{}
			tc.set(options)
			file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
				Name: proto.String("test.proto"), Package: proto.String("test"), Syntax: proto.String("proto3"),
				MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M"), Field: []*descriptorpb.FieldDescriptorProto{{
					Name: proto.String("f"), Number: proto.Int32(1), Options: options, JsonName: proto.String("f"),
					Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
				}}}},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := readField(file.Messages().Get(0).Fields().Get(0)); (err == nil) != tc.good {
				t.Errorf("it is read with %v", err)
			}
		})
	}
}

// TestMask shows which masks are taken.
func TestMask(t *testing.T) {
	for name, tc := range map[string]struct {
		mask *fieldmaskpb.FieldMask
		want string
		bad  bool
	}{
		"no mask sets all":  {nil, "description scopes", false},
		"some":              {&fieldmaskpb.FieldMask{Paths: []string{"scopes"}}, "scopes", false},
		"none":              {&fieldmaskpb.FieldMask{}, "", true},
		"the secret":        {&fieldmaskpb.FieldMask{Paths: []string{"description", "secret"}}, "", true},
		"one twice":         {&fieldmaskpb.FieldMask{Paths: []string{"scopes", "scopes"}}, "", true},
		"the name of JSON":  {&fieldmaskpb.FieldMask{Paths: []string{"Scopes"}}, "", true},
		"a field of others": {&fieldmaskpb.FieldMask{Paths: []string{"*"}}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			fields, err := readMask(tc.mask, "description", "scopes")
			problems, _ := models.FieldErrors(err)
			if strings.Join(fields, " ") != tc.want || (problems[maskField] != "") != tc.bad {
				t.Errorf("%v is read as %q, %v", tc.mask, fields, err)
			}
		})
	}
}
