package askgrpc

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"keydesk/web/ask"
)

// Domain is that of the ErrorInfo in every refusal. Its reason is the gate's word in capitals: "INSUFFICIENT_SCOPE".
const Domain = "keydesk"

var statusCodes = map[int]codes.Code{
	http.StatusBadRequest:         codes.InvalidArgument,
	http.StatusUnauthorized:       codes.Unauthenticated,
	http.StatusForbidden:          codes.PermissionDenied,
	http.StatusTooManyRequests:    codes.ResourceExhausted,
	http.StatusServiceUnavailable: codes.Unavailable,
}

// refusal is the status of a call that does not pass. What went wrong on the way to the gate is for the service's log alone.
func refusal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	e := ask.As(err)
	code, known := statusCodes[e.Status]
	if !known {
		code = codes.Unavailable
	}
	info := &errdetails.ErrorInfo{Reason: strings.ToUpper(e.Code), Domain: Domain}
	if e.Scope != "" {
		info.Metadata = map[string]string{"scope": e.Scope}
	}
	details := []protoadapt.MessageV1{info}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	s := status.New(code, e.Detail())
	if with, err := s.WithDetails(details...); err == nil {
		s = with
	}
	return s.Err()
}
