package iamv1

import (
	"slices"
	"syscall"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// Without its database the API says UNAVAILABLE, and when to ask again, to whoever has to be looked up: never that a token is
// no good, or an object not there. When the database is back, so is the API.
func TestWithoutADatabase(t *testing.T) {
	db := storetest.OwnPostgres(t)
	kept := storetest.Open(t, db.URL(), store.Options{})
	if err := kept.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := serve(t, kept)
	p, token := s.pair(), s.token(s.person("admin", models.Administrator))
	requests := map[string]proto.Message{}
	for _, method := range s.registered() {
		if cells(t)[method]["administrator"] == codes.Unimplemented {
			continue
		}
		requests[method] = caller{s, overGRPC, asked{}}.request(method, p)
	}
	db.Stop(syscall.SIGINT)
	for method, req := range requests {
		for name, by := range ways {
			want := codes.Unavailable
			if s.server.table[method].asks == open && s.server.table[method].does == reads {
				want = codes.OK // where the services are is no question of the database
			}
			err := by(s, asked{token: token}, method, req, newAnswer(t, method))
			if status.Code(err) != want {
				t.Errorf("%s over %s: %v, want %v", method, name, err, want)
			}
			if again := slices.ContainsFunc(status.Convert(err).Details(), isRetry); want == codes.Unavailable && !again {
				t.Errorf("%s over %s does not say when to ask again: %v", method, name, err)
			}
		}
	}
	db.Start()
	for method, req := range requests {
		if s.server.table[method].does == reads {
			if err := overGRPC(s, asked{token: token}, method, req, newAnswer(t, method)); status.Code(err) == codes.Unavailable {
				t.Errorf("%s, with the database back: %v", method, err)
			}
		}
	}
}

func isRetry(d any) bool {
	_, is := d.(*errdetails.RetryInfo)
	return is
}
