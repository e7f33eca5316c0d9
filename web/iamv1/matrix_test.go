package iamv1

import (
	"crypto/rsa"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// outcomes are what the words of the golden file stand for.
var outcomes = map[string]codes.Code{
	"yes": codes.OK, "who": codes.Unauthenticated, "no": codes.PermissionDenied, "gone": codes.NotFound, "never": codes.Unimplemented,
}

// cells reads the golden file: what each method answers, by kind of credential.
func cells(t *testing.T) map[string]map[string]codes.Code {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.golden")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	rows := map[string]map[string]codes.Code{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case kinds == nil:
			kinds = words[1:]
		case len(words) != len(kinds)+1:
			t.Fatalf("a line has %d words, want %d: %s", len(words), len(kinds)+1, line)
		default:
			dot := strings.LastIndexByte(words[0], '.')
			row := map[string]codes.Code{}
			for i, word := range words[1:] {
				code, known := outcomes[word]
				if !known {
					t.Fatalf("there is no outcome %q: %s", word, line)
				}
				row[kinds[i]] = code
			}
			rows["/yandex.cloud."+words[0][:dot]+"/"+words[0][dot+1:]] = row
		}
	}
	return rows
}

// registered are all methods of the server.
func (s *served) registered() (list []string) {
	for service, info := range s.server.grpc.GetServiceInfo() {
		for _, m := range info.Methods {
			list = append(list, "/"+service+"/"+m.Name)
		}
	}
	slices.Sort(list)
	return list
}

// credentials are one of each kind.
func (s *served) credentials() map[string]asked {
	role := func(role string) asked {
		return asked{token: s.accountToken(s.account("holder-"+slugOf(role), defaultFolder, role))}
	}
	expired, err := s.desk.CreateToken(s.t.Context(), onHost, "", s.person("late", models.Administrator).ID, time.Minute)
	s.ok(err)
	s.pass(2 * time.Minute)
	revoked := s.token(s.person("revoked", models.Administrator))
	_, err = s.desk.RevokeToken(s.t.Context(), models.Actor{}, revoked)
	s.ok(err)
	apiKey := s.key(s.account("holder-of-a-key", defaultFolder, models.RoleAdmin), "yc.postbox.send").Secret.Reveal()
	elsewhere := s.account("another", s.folder("elsewhere").ID, models.RoleAdmin)
	return map[string]asked{
		"none": {}, "expired": {token: expired.Token}, "revoked": {token: revoked}, "api-key": {token: apiKey, scheme: "Api-Key"},
		"viewer": role(models.RoleViewer), "apiKeyAdmin": role(models.RoleAPIKeyAdmin), "admin": role(models.RoleAdmin),
		"another": {token: s.accountToken(elsewhere)}, "administrator": {token: s.token(s.person("admin", models.Administrator))},
	}
}

// revision is that of the last change that gates have to know of.
func (s *served) revision() (n int64) {
	s.t.Helper()
	s.ok(s.desk.Store.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.LastRevision()
		return err
	}))
	return n
}

func slugOf(role string) string { return strings.ToLower(strings.ReplaceAll(role, ".", "-")) }

// pair is a key pair whose account proves by it who it is; drawing one takes long.
type pair struct {
	account models.Account
	id      string
	private *rsa.PrivateKey
}

func (s *served) pair() pair {
	s.t.Helper()
	p := pair{account: s.account("with-a-pair-"+caller{}.slug(), defaultFolder)}
	made, err := s.desk.CreateAuthorizedKey(s.t.Context(), onHost, manage.NewAuthorizedKey{AccountID: p.account.ID, Algorithm: models.RSA2048})
	s.ok(err)
	p.id, p.private = made.Key.ID, private(s.t, "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <"+made.Key.ID+">\n"+made.PrivateKey, made.Key.ID)
	return p
}

// Every method answers every kind of credential as the golden file says, and only what it says is done: each asks for
// objects of its own, in the default folder, that the method could work on.
func TestMatrix(t *testing.T) {
	want := cells(t)
	everyDatabase := func(t *testing.T, s *served) {
		registered := s.registered()
		for name := range want {
			if !slices.Contains(registered, name) {
				t.Errorf("the golden file names %s, which no service has", name)
			}
		}
		credentials, p := s.credentials(), s.pair()
		for _, method := range registered {
			row, known := want[method]
			if !known {
				t.Errorf("the golden file lacks %s: say there who may do it", method)
				continue
			}
			for _, kind := range slices.Sorted(maps.Keys(credentials)) {
				for name, by := range ways {
					if _, err := s.desk.AuthorizedKey(t.Context(), onHost, p.id); err != nil {
						p = s.pair() // the method deleted it, and was to
					}
					c := caller{s, by, credentials[kind]}.within(t)
					req := c.request(method, p)
					before := s.revision()
					err := c.by(c.served, c.as, method, req, newAnswer(t, method))
					if status.Code(err) != row[kind] {
						t.Errorf("%s by %s over %s: %v, want %v", method, kind, name, err, row[kind])
					}
					if changed := s.revision() != before; changed && err != nil {
						t.Errorf("%s by %s over %s is refused, and something changed: %v", method, kind, name, err)
					}
				}
			}
		}
	}
	eachServed(t, everyDatabase)
}
