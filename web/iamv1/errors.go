package iamv1

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"keydesk/models"
	"keydesk/models/manage"
)

// statusCodes is the one table from a code of ours to gRPC's.
var statusCodes = map[models.Code]codes.Code{
	models.Invalid:         codes.InvalidArgument,
	models.Unauthenticated: codes.Unauthenticated,
	models.Forbidden:       codes.PermissionDenied,
	models.NotFound:        codes.NotFound,
	models.Conflict:        codes.AlreadyExists,
	models.Aborted:         codes.Aborted,
	models.Precondition:    codes.FailedPrecondition,
	models.TooMany:         codes.ResourceExhausted,
	models.Unavailable:     codes.Unavailable,
	models.Internal:        codes.Internal,
}

// lostRaces are conflicts where nothing is taken: the request can be sent again as it is.
var lostRaces = []string{"changed_meanwhile"}

// retryAfter is when to ask again where the refusal itself does not say.
const retryAfter = time.Second

// renamed gives field problems the names that the API's fields have, where the desk calls them otherwise.
func renamed(err error, names map[string]string) error {
	var e *models.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	fields := models.Fields{}
	for field, problem := range e.Fields {
		if wire, ok := names[field]; ok {
			field = wire
		}
		fields[field] = problem
	}
	as := *e
	as.Fields = fields
	return &as
}

// refusal is an error as the API answers it: google.rpc.Status, with the request's id always among its details. Of a
// method that creates, makes is the type of what it makes.
func refusal(err error, requestID, makes string) *status.Status {
	st, details := classify(err, requestID, makes)
	details = append(details, &errdetails.RequestInfo{RequestId: requestID})
	full, derr := st.WithDetails(details...)
	if derr != nil {
		return st
	}
	return full
}

func classify(err error, requestID, makes string) (*status.Status, []protoadapt.MessageV1) {
	var first *manage.AlreadyDone
	if errors.As(err, &first) {
		return repeatOf(first.ObjectID, makes)
	}
	var known *models.Error
	if errors.As(err, &known) && known.Code != models.Internal {
		code, listed := statusCodes[known.Code]
		if listed {
			return ofRefusal(known, code)
		}
	}
	if st, ok := status.FromError(err); ok && known == nil { // a method that Keydesk does not have, say
		return st, nil
	}
	switch {
	case errors.Is(err, context.Canceled):
		return status.New(codes.Canceled, "The request was given up by who sent it."), nil
	case errors.Is(err, context.DeadlineExceeded):
		return status.New(codes.Unavailable, "The request took too long. Try again in a moment."), retry(retryAfter)
	}
	return status.New(codes.Internal, "This is a defect of Keydesk, not of your request: its log has the details under the request id "+requestID+"."), nil
}

func ofRefusal(e *models.Error, code codes.Code) (*status.Status, []protoadapt.MessageV1) {
	var details []protoadapt.MessageV1
	switch e.Code {
	case models.Conflict:
		if slices.Contains(lostRaces, e.Reason) {
			code = codes.Aborted
		}
	case models.Precondition:
		details = append(details, &errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{
			{Type: e.Reason, Description: e.Text},
		}})
	case models.TooMany, models.Unavailable:
		details = retry(max(e.RetryAfter, retryAfter))
	}
	text := e.Text
	if len(e.Fields) > 0 {
		details = append(details, violations(e.Fields))
		text = sentence(e)
	}
	return status.New(code, text), details
}

// sentence is the refusal's text with the problem of its first field: many clients show the message alone.
func sentence(e *models.Error) string {
	first := slices.Min(slices.Collect(maps.Keys(e.Fields)))
	if first == "" {
		return e.Fields[""]
	}
	return first + ": " + e.Fields[first]
}

// violations are the problems field by field, in the order of their names.
func violations(fields models.Fields) *errdetails.BadRequest {
	b := &errdetails.BadRequest{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b.FieldViolations = append(b.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: name, Description: fields[name]})
	}
	return b
}

func retry(after time.Duration) []protoadapt.MessageV1 {
	return []protoadapt.MessageV1{&errdetails.RetryInfo{RetryDelay: durationpb.New(after)}}
}

// repeatOf answers the repeat of a request whose answer had a secret in it: that is kept nowhere.
func repeatOf(made, makes string) (*status.Status, []protoadapt.MessageV1) {
	wayOut := "Delete it and create another."
	if makes == apiKeyType {
		wayOut = "Reissue its secret in the console, or delete it and create another."
	}
	text := "The first request under this Idempotency-Key made " + made + ". Its secret was in that answer alone and cannot be shown again. "
	return status.New(codes.AlreadyExists, text+wayOut), []protoadapt.MessageV1{
		&errdetails.ResourceInfo{ResourceType: makes, ResourceName: made, Description: wayOut},
	}
}
