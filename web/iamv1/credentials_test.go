package iamv1_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// events are those of the audit log.
func (a *api) events() (list []models.Event) {
	a.t.Helper()
	err := a.desk.Store.Read(a.t.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.EventsFrom(1, 1000)
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

// TestCredentials shows which credentials are good, over gRPC and REST, on both databases.
func TestCredentials(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := startOn(t, s, false)
		someone, good := a.person(models.Reviewer)
		_, gone := a.person(models.Reviewer)
		ended := must(a.desk.CreateToken(t.Context(), local, "", someone.ID, time.Minute))(t).Token
		must(a.desk.RevokeToken(t.Context(), local, gone))(t)
		suspended, ofSuspended := a.account("robot", models.RoleViewer)
		a.pass(2 * time.Minute)
		if err := a.suspend(suspended); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]credential{
			"a good token":                 {[]string{"Bearer " + good}, codes.OK, ""},
			"the scheme in other letters":  {[]string{"bearer " + good}, codes.OK, ""},
			"none":                         {nil, codes.Unauthenticated, "no credential"},
			"two":                          {[]string{"Bearer " + good, "Bearer " + good}, codes.Unauthenticated, "several"},
			"an API key":                   {[]string{"Api-Key keydesk_x"}, codes.Unauthenticated, "never manages"},
			"a password":                   {[]string{"Basic cm9vdDpyb290"}, codes.Unauthenticated, "another kind"},
			"a scheme alone":               {[]string{"Bearer"}, codes.Unauthenticated, "no token behind Bearer"},
			"an API key as a token":        {[]string{"Bearer keydesk_0000000000000000000000000000000000000000000000000"}, codes.Unauthenticated, "An API key never manages"},
			"a token that has ended":       {[]string{"Bearer " + ended}, codes.Unauthenticated, "expired"},
			"a token that was revoked":     {[]string{"Bearer " + gone}, codes.Unauthenticated, "revoked"},
			"a forged one":                 {[]string{"Bearer " + good[:len(good)-4] + "AAAA"}, codes.Unauthenticated, "signature"},
			"that of a suspended account":  {[]string{"Bearer " + ofSuspended}, codes.Unauthenticated, "may not act"},
			"a good one, with words after": {[]string{"Bearer " + good + " " + good}, codes.Unauthenticated, "no IAM token"},
		} {
			t.Run(name, func(t *testing.T) { a.tries(t, tc) })
		}
		for _, token := range []string{good, gone, ended, ofSuspended} {
			if strings.Contains(a.log.String(), token) {
				t.Error("a token is in the log")
			}
		}
	})
}

// credential is what a request carries, and how it is answered.
type credential struct {
	headers []string
	code    codes.Code
	says    string
}

// tries sends a request with the credential, over gRPC and REST.
func (a *api) tries(t *testing.T, tc credential) {
	t.Helper()
	ctx := t.Context()
	for _, h := range tc.headers {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", h)
	}
	_, err := iam.NewApiKeyServiceClient(a.conn).ListScopes(ctx, &iam.ListApiKeyScopesRequest{})
	wantCode(t, err, tc.code)
	if tc.code != codes.OK {
		detail[*errdetails.RequestInfo](t, err)
	}
	if !strings.Contains(status.Convert(err).Message(), tc.says) {
		t.Errorf("the refusal says %q, want %q", err, tc.says)
	}
	if len(tc.headers) > 1 {
		return // the helper for REST sends one
	}
	rest := a.rest("GET", "/iam/v1/apiKeyScopes", "", nil, pair("Authorization", tc.headers)...)
	if tc.code == codes.OK {
		if rest.StatusCode != http.StatusOK {
			t.Errorf("over REST: %d %s", rest.StatusCode, rest.text)
		}
		return
	}
	rest.refused(t, http.StatusUnauthorized, tc.code)
	if rest.Header.Get("WWW-Authenticate") == "" || !strings.Contains(rest.text, tc.says) {
		t.Errorf("over REST: %v %s", rest.Header, rest.text)
	}
}

func pair(name string, values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return []string{name, values[0]}
}

func (a *api) suspend(acct models.Account) error {
	_, err := iam.NewServiceAccountServiceClient(a.conn).Suspend(a.bearing(a.administrator()), &iam.SuspendServiceAccountRequest{ServiceAccountId: acct.ID})
	return err
}

func (a *api) administrator() string {
	_, token := a.person(models.Administrator)
	return token
}

// TestWhatRolesDoNotInclude shows that a permission that somebody holds nowhere is refused at the door, and recorded where
// something was to be changed.
func TestWhatRolesDoNotInclude(t *testing.T) {
	a := start(t)
	robot, token := a.account("robot", models.RoleViewer)
	keys := iam.NewApiKeyServiceClient(a.conn)
	before := len(a.events())
	_, err := keys.List(a.bearing(token), &iam.ListApiKeysRequest{ServiceAccountId: robot.ID})
	wantCode(t, err, codes.OK)
	if n := len(a.events()); n != before {
		t.Errorf("reading left %d events", n-before)
	}
	_, err = keys.Create(a.bearing(token), &iam.CreateApiKeyRequest{ServiceAccountId: robot.ID})
	wantCode(t, err, codes.PermissionDenied)
	a.rest("POST", "/iam/v1/apiKeys", token, map[string]any{"serviceAccountId": robot.ID}).refused(t, http.StatusForbidden, codes.PermissionDenied)
	all := a.events()
	last := all[len(all)-1]
	if len(all) != before+2 || last.Action != "access.refuse" || last.ActorID != robot.ID || last.ObjectID != string(models.KeysCreate) || last.AuthMethod != "iam_token" {
		t.Errorf("%d events, the last %+v", len(all)-before, last)
	}
	if !models.IsID(last.RequestID) || !strings.Contains(a.log.String(), last.RequestID) {
		t.Errorf("the event's request %q is not in the log", last.RequestID)
	}
}

// TestStrangersWait shows that who sends no good credential too often waits, and nobody else does.
func TestStrangersWait(t *testing.T) {
	a := start(t)
	a.stop()
	_, good := a.person(models.Reviewer)
	ask := func(token, from string) error {
		_, err := iam.NewApiKeyServiceClient(a.conn).ListScopes(a.bearing(token, "x-from", from), &iam.ListApiKeyScopesRequest{})
		return err
	}
	exchange := func(from string) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-from", from)
		_, err := iam.NewIamTokenServiceClient(a.conn).Create(ctx, &iam.CreateIamTokenRequest{Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: "a.b.c"}})
		return err
	}
	var err error
	for n := 0; n < 200 && status.Code(err) != codes.ResourceExhausted; n++ {
		if err = ask("t1.none.none", "192.0.2.1"); n == 0 {
			wantCode(t, err, codes.Unauthenticated)
		}
	}
	wantCode(t, err, codes.ResourceExhausted)
	if detail[*errdetails.RetryInfo](t, err).GetRetryDelay().AsDuration() <= 0 {
		t.Errorf("%v does not say when to come back", err)
	}
	wantCode(t, exchange("192.0.2.1"), codes.Unauthenticated) // a stale token beside it does not shut a client out that gets a new one
	for err, n := error(nil), 0; status.Code(err) != codes.ResourceExhausted; n++ {
		if err = exchange("192.0.2.3"); n == 200 {
			t.Fatal("nobody who fails to prove who they are has to wait")
		}
	}
	wantCode(t, exchange("192.0.2.2"), codes.Unauthenticated)
	wantCode(t, ask(good, "192.0.2.1"), codes.OK)
	wantCode(t, ask("t1.none.none", "192.0.2.2"), codes.Unauthenticated)
	rest := a.rest("GET", "/iam/v1/apiKeyScopes", "t1.none.none", nil, "X-From", "192.0.2.1")
	rest.refused(t, http.StatusTooManyRequests, codes.ResourceExhausted)
	if rest.Header.Get("Retry-After") == "" {
		t.Errorf("over REST it is not said when to come back: %v", rest.Header)
	}
	a.pass(5 * time.Second)
	wantCode(t, ask("t1.none.none", "192.0.2.1"), codes.Unauthenticated)
}

// TestRefusalsAreBounded shows that nobody fills the audit log with what is refused to them.
func TestRefusalsAreBounded(t *testing.T) {
	a := start(t)
	robot, token := a.account("robot", models.RoleViewer)
	operations := operation.NewOperationServiceClient(a.conn)
	create := func() error {
		_, err := iam.NewApiKeyServiceClient(a.conn).Create(a.bearing(token), &iam.CreateApiKeyRequest{ServiceAccountId: robot.ID})
		return err
	}
	a.stop()
	var err error
	for n := 0; n < 1000 && status.Code(err) != codes.ResourceExhausted; n++ {
		err = create()
	}
	wantCode(t, err, codes.ResourceExhausted)
	_, err = operations.Get(a.bearing(token), &operation.GetOperationRequest{OperationId: "aje00000000000000000"})
	wantCode(t, err, codes.ResourceExhausted)
	a.pass(time.Minute)
	_, err = operations.Get(a.bearing(token), &operation.GetOperationRequest{OperationId: "aje00000000000000000"})
	wantCode(t, err, codes.NotFound)
}

// TestGivenUp shows that the deadline of a client is kept.
func TestGivenUp(t *testing.T) {
	a := start(t)
	ctx, cancel := context.WithCancel(a.bearing(a.administrator()))
	cancel()
	_, err := iam.NewApiKeyServiceClient(a.conn).ListScopes(ctx, &iam.ListApiKeyScopesRequest{})
	wantCode(t, err, codes.Canceled)
}
