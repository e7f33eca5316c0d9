package iamv1

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"

	"keydesk/models"
)

// restWriter passes answers on, and has every refusal be a google.rpc.Status with the request's id: some are decided
// before gRPC sees the request, as plain text.
type restWriter struct {
	http.ResponseWriter
	r       *http.Request
	log     *slog.Logger
	refused int    // HTTP status of a refusal; its body is held back
	held    []byte // of a refusal
	ended   bool
}

// WriteHeader holds a refusal back.
func (w *restWriter) WriteHeader(code int) {
	if h := w.Header(); h["Date"] == nil {
		h.Del("Date") // gRPC's way to leave it out; RFC 9110, 6.6.1 wants it
	}
	if code < http.StatusBadRequest {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	w.refused = code
}

// Write writes the body, of a refusal to where it is held.
func (w *restWriter) Write(p []byte) (int, error) {
	if w.refused == 0 {
		return w.ResponseWriter.Write(p)
	}
	w.held = append(w.held, p...)
	return len(p), nil
}

// Flush is asked for after every message: gRPC needs it, and REST has one.
func (w *restWriter) Flush() {}

// refuse answers what never gets to gRPC.
func (w *restWriter) refuse(httpStatus int, err error) {
	if w.ended {
		return
	}
	from := requestOf(w.r.Context())
	st := refusal(err, from.id, "")
	w.write(httpStatus, st.Proto())
	// The interceptor writes such a line of what gets to gRPC.
	w.log.LogAttrs(w.r.Context(), levelOf(st.Code()), "api request", slog.String("method", "-"), slog.String("code", st.Code().String()),
		slog.String("request", from.id), slog.String("address", from.address))
}

// end writes a refusal that was held back.
func (w *restWriter) end() {
	if w.refused == 0 || w.ended {
		return
	}
	var st status.Status
	if protojson.Unmarshal(w.held, &st) == nil && slices.ContainsFunc(st.GetDetails(), isRequestInfo) {
		w.write(w.refused, &st)
		return
	}
	err := w.own(codes.Code(st.GetCode()), st.GetMessage()) //nolint:gosec // one of seventeen
	if models.CodeOf(err) == models.Invalid {
		w.refused = http.StatusBadRequest
	}
	w.refuse(w.refused, err)
}

// own says in Keydesk's words what the transcoder refused.
func (w *restWriter) own(code codes.Code, text string) error {
	switch {
	case w.refused == http.StatusNotFound:
		return models.NewError(models.NotFound, "not_found", "The API has no such path. Those that it has are at /api/docs, on this address.")
	case w.refused == http.StatusMethodNotAllowed:
		return grpcstatus.Error(codes.Unimplemented, "The API has this path with another method, which the header Allow names.")
	case code == codes.InvalidArgument && strings.HasPrefix(text, bodyProblem):
		return badRequest("unreadable", text)
	case code == codes.Internal:
		return errors.New("an answer could not be written as JSON")
	}
	return badRequest("unreadable",
		"The request does not fit this method: its address has a parameter that the method lacks or that has another type, or it has a body where none belongs.")
}

func (w *restWriter) write(httpStatus int, st *status.Status) {
	w.ended = true
	body, err := protojson.Marshal(st)
	if err != nil {
		body = []byte(`{"code":13,"message":"This refusal could not be written."}`)
	}
	h := w.Header()
	h.Del("Trailer")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if httpStatus == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="keydesk"`) // RFC 9110, 11.6.1: a 401 names its scheme
	}
	for _, d := range st.GetDetails() {
		var again errdetails.RetryInfo
		if d.MessageIs(&again) && d.UnmarshalTo(&again) == nil {
			h.Set("Retry-After", strconv.FormatInt(again.GetRetryDelay().GetSeconds(), 10))
		}
	}
	w.ResponseWriter.WriteHeader(httpStatus)
	_, _ = w.ResponseWriter.Write(body)
}

func isRequestInfo(d *anypb.Any) bool { return d.MessageIs(&errdetails.RequestInfo{}) }

// bodyProblem begins what is said of a body that cannot be read.
const bodyProblem = "The request's body "

var (
	jsonPlace   = regexp.MustCompile(`\(line (\d+):(\d+)\)`)
	jsonUnknown = regexp.MustCompile(`unknown field "([A-Za-z_]{1,40})"`)
	jsonField   = regexp.MustCompile(`field ([A-Za-z_]{1,40}): `)
)

// unreadable says what is wrong with a JSON body, and where. A name is repeated where it is short enough to be no secret;
// values never are.
func unreadable(err error) string {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ") // the library varies its spaces, so that nobody relies on its words
	what := "is not the JSON of this method's message"
	if m := jsonUnknown.FindStringSubmatch(text); m != nil {
		what = "has a field that this method lacks: " + m[1]
	} else if strings.Contains(text, "unknown field") {
		what = "has a field that this method lacks"
	} else if m := jsonField.FindStringSubmatch(text); m != nil {
		what = "has a value of the wrong type in the field " + m[1]
	}
	if m := jsonPlace.FindStringSubmatch(text); m != nil {
		what += " (line " + m[1] + ", column " + m[2] + ")"
	}
	return bodyProblem + what + "."
}

// paths are those that no object's id is a part of, and the names of the ids in the others.
func paths(services map[string]grpc.ServiceInfo) (collections, variables []string) {
	for name := range services {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		service, ok := d.(protoreflect.ServiceDescriptor)
		if err != nil || !ok {
			continue
		}
		for i := range service.Methods().Len() {
			rule, _ := proto.GetExtension(service.Methods().Get(i).Options(), annotations.E_Http).(*annotations.HttpRule)
			path := cmp.Or(rule.GetGet(), rule.GetPost(), rule.GetPatch(), rule.GetDelete())
			named := pathVariable.FindStringSubmatch(path)
			if named == nil {
				collections = append(collections, path)
			} else {
				variables = append(variables, oneName(named[1]))
			}
		}
	}
	return collections, variables
}

// pathVariable is an id in a route; none has two.
var pathVariable = regexp.MustCompile(`\{([a-z_]+)\}`)
