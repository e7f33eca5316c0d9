package iamv1

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"keydesk/models"
	"keydesk/models/manage"
)

// TestRefusals shows how each error is answered: its code, what stands beside it, and that a defect's text stays here.
func TestRefusals(t *testing.T) {
	refused := func(code models.Code, reason string) error {
		return fmt.Errorf("wrapped: %w", &models.Error{Code: code, Reason: reason, Text: "What to do.", Err: errors.New("inner cause")})
	}
	for name, tc := range map[string]struct {
		err    error
		code   codes.Code
		says   string
		detail any
	}{
		"fields":                   {models.FieldProblems(models.Fields{"name": "It is taken", "age": "It is odd"}), codes.InvalidArgument, "age: It is odd", &errdetails.BadRequest{}},
		"a name that is taken":     {&models.Error{Code: models.Conflict, Reason: "account_name_taken", Text: "x", Fields: models.Fields{"name": "It is taken"}}, codes.AlreadyExists, "name: It is taken", &errdetails.BadRequest{}},
		"a form as a whole":        {models.FieldProblems(models.Fields{"": "It does not fit"}), codes.InvalidArgument, "It does not fit", nil},
		"nobody":                   {refused(models.Unauthenticated, "no_credential"), codes.Unauthenticated, "What to do.", nil},
		"not theirs":               {refused(models.Forbidden, "forbidden"), codes.PermissionDenied, "What to do.", nil},
		"not there":                {models.Missing("key"), codes.NotFound, "no such key", nil},
		"a lost race":              {refused(models.Conflict, "changed_meanwhile"), codes.Aborted, "What to do.", nil},
		"another body":             {refused(models.Aborted, "idempotency_key_reused"), codes.Aborted, "What to do.", nil},
		"its state":                {refused(models.Precondition, "many_keys"), codes.FailedPrecondition, "What to do.", &errdetails.PreconditionFailure{}},
		"too many":                 {&models.Error{Code: models.TooMany, Text: "Wait.", RetryAfter: 7 * time.Second}, codes.ResourceExhausted, "Wait.", &errdetails.RetryInfo{}},
		"no database":              {refused(models.Unavailable, "database_unavailable"), codes.Unavailable, "What to do.", &errdetails.RetryInfo{}},
		"too late":                 {context.DeadlineExceeded, codes.Unavailable, "too long", &errdetails.RetryInfo{}},
		"given up":                 {context.Canceled, codes.Canceled, "given up", nil},
		"a defect":                 {errors.New("secret of the server"), codes.Internal, "req1", nil},
		"a defect with a code":     {refused(models.Internal, "internal"), codes.Internal, "req1", nil},
		"a code that nobody knows": {refused("strange", "strange"), codes.Internal, "req1", nil},
		"a method that is none":    {status.Error(codes.Unimplemented, "method X not implemented"), codes.Unimplemented, "not implemented", nil},
		"a repeat of a creation":   {&manage.AlreadyDone{ObjectID: "ajekey"}, codes.AlreadyExists, "ajekey", &errdetails.ResourceInfo{}},
	} {
		t.Run(name, func(t *testing.T) {
			st := refusal(tc.err, "req1", apiKeyType)
			if st.Code() != tc.code || !strings.Contains(st.Message(), tc.says) {
				t.Errorf("it is answered %v %q", st.Code(), st.Message())
			}
			if text := fmt.Sprint(st.Proto()); strings.Contains(text, "inner cause") || strings.Contains(text, "secret of the server") {
				t.Errorf("a cause is in the answer: %s", text)
			}
			kinds := map[string]bool{}
			for _, d := range st.Details() {
				kinds[fmt.Sprintf("%T", d)] = true
			}
			if !kinds["*errdetails.RequestInfo"] || tc.detail != nil && !kinds[fmt.Sprintf("%T", tc.detail)] {
				t.Errorf("its details are %v", st.Details())
			}
		})
	}
}

// TestRepeatOfACreation shows that the repeat names what the first request made, and the way out.
func TestRepeatOfACreation(t *testing.T) {
	for makes, way := range map[string]string{apiKeyType: "Reissue", authorizedKeyType: "Delete it"} {
		st := refusal(&manage.AlreadyDone{ObjectID: "ajeone"}, "req1", makes)
		for _, d := range st.Details() {
			if r, ok := d.(*errdetails.ResourceInfo); ok && (r.GetResourceName() != "ajeone" || r.GetResourceType() != makes || !strings.Contains(r.GetDescription(), way)) {
				t.Errorf("the first is named %v", r)
			}
		}
		if !strings.Contains(st.Message(), way) {
			t.Errorf("no way out: %s", st.Message())
		}
	}
}

// TestRenamed shows that a problem bears the name of the API's field.
func TestRenamed(t *testing.T) {
	err := renamed(models.FieldProblems(models.Fields{"expires": "It has passed", "name": "It is long"}), map[string]string{"expires": "expires_at"})
	fields, _ := models.FieldErrors(err)
	if len(fields) != 2 || fields["expires_at"] != "It has passed" || fields["name"] != "It is long" {
		t.Errorf("the fields are %v", fields)
	}
	if plain := models.Missing("key"); !errors.Is(renamed(plain, nil), plain) {
		t.Error("what names no field is changed")
	}
}
