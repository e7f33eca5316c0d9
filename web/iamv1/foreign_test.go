package iamv1

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"keydesk/models"
)

// ids are the fields of a request that name what it is about.
func ids(m protoreflect.Message) (list []protoreflect.FieldDescriptor) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		if f.Kind() == protoreflect.StringKind && strings.HasSuffix(string(f.Name()), "_id") && f.Name() != "cloud_id" && m.Has(f) {
			list = append(list, f)
		}
	}
	return list
}

// withIDs is the request with each id of its own changed.
func withIDs(req proto.Message, to func(string) string) proto.Message {
	other := proto.Clone(req).ProtoReflect()
	for _, f := range ids(other) {
		other.Set(f, protoreflect.ValueOfString(to(other.Get(f).String())))
	}
	return other.Interface()
}

// refusalText is all that a refusal says, but for the request's own id.
func refusalText(err error) string {
	st := status.Convert(err).Proto()
	st.Details = st.GetDetails()[:max(0, len(st.GetDetails())-1)]
	return prototext.Format(st)
}

// What is in a folder where somebody has nothing is refused to them in the words for what is not there at all: both in the
// answer and in its details, by every method that takes an id.
func TestWhatIsForeignIsAsIfItWereNotThere(t *testing.T) {
	eachServed(t, func(t *testing.T, s *served) {
		elsewhere := s.account("another", s.folder("elsewhere").ID, models.RoleAdmin)
		token, p := s.accountToken(elsewhere), s.pair()
		for _, by := range ways {
			c, asked := caller{s, by, asked{token: token}}.within(t), 0
			for _, method := range s.registered() {
				req := c.request(method, p)
				if len(ids(req.ProtoReflect())) == 0 {
					continue
				}
				real := c.by(c.served, c.as, method, req, newAnswer(t, method))
				if status.Code(real) != codes.NotFound {
					continue // the matrix says which these are
				}
				asked++
				none := c.by(c.served, c.as, method, withIDs(req, func(id string) string { return id[:3] + "00000000000000000" }), newAnswer(t, method))
				if refusalText(real) != refusalText(none) {
					t.Errorf("%s: what is there is refused as\n%s\nwhat is not as\n%s", method, refusalText(real), refusalText(none))
				}
			}
			if asked < 20 {
				t.Errorf("only %d methods were asked", asked)
			}
		}
	})
}

// An id may be any text that the wire lets through. None of them is a fault of the server's, on either database.
func TestIDsThatAreNone(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		p := c.pair()
		for _, method := range c.registered() {
			for name, text := range map[string]string{"NUL": "b1g\x00", "a line": "b1g\n", "an emoji": "🦊", "SQL": "' OR 1=1 --", "long": strings.Repeat("a", 50)} {
				req := withIDs(c.request(method, p), func(string) string { return text })
				if err := c.by(c.served, c.as, method, req, newAnswer(t, method)); status.Code(err) == codes.Internal || status.Code(err) == codes.Unavailable {
					t.Errorf("%s with %s for an id: %v", method, name, err)
				}
			}
		}
	})
}
