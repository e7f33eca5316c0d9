package web_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/store/storetest"
	"keydesk/web"
	"keydesk/web/iamv1"
)

// startWithAPI is the server with the management API on the console's listener.
func startWithAPI(t *testing.T) *app {
	t.Helper()
	var api atomic.Pointer[iamv1.Server] // of the app's desk, which start makes
	a := start(t, storetest.New(t), func(cfg *web.Config) {
		cfg.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.Load().ServeHTTP(w, r) })
	})
	a.desk.Tokens = must(iamtoken.New(rand.Reader))(t)
	api.Store(must(iamv1.New(iamv1.Config{
		Desk: a.desk, Count: a.people.CountCredential, Endpoint: "keydesk.example.com:443", Address: web.Address(nil), Log: a.desk.Log, Now: a.now, Rand: rand.Reader,
	}))(t))
	return a
}

// TestOneListener shows console and API on one port: neither is in the other's way.
func TestOneListener(t *testing.T) {
	a := startWithAPI(t)
	admin := a.as(models.Administrator)
	admin.get("/service-accounts").want(t, http.StatusOK)
	admin.get("/operations").want(t, http.StatusOK)
	admin.get("/operations/opr00000000000000000").want(t, http.StatusNotFound, "Not found")

	p, _, err := a.people.AddPerson(t.Context(), local, "api@example.com", []string{models.Administrator}, password)
	must(p, err)(t)
	token := must(a.desk.CreateToken(t.Context(), local, "", p.ID, time.Hour))(t).Token
	conn := must(grpc.NewClient(strings.TrimPrefix(a.url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials())))(t)
	defer func() { _ = conn.Close() }()
	list, err := endpoint.NewApiEndpointServiceClient(conn).List(t.Context(), &endpoint.ListApiEndpointsRequest{})
	if err != nil || list.GetEndpoints()[0].GetAddress() != "keydesk.example.com:443" {
		t.Errorf("endpoints %v, %v", list, err)
	}
	accounts := iam.NewServiceAccountServiceClient(conn)
	bearing := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	if _, err := accounts.Create(bearing, &iam.CreateServiceAccountRequest{FolderId: "b1gdefault0000000000", Name: "by-grpc"}); err != nil {
		t.Errorf("an account over gRPC: %v", err)
	}
	admin.get("/service-accounts").want(t, http.StatusOK, "by-grpc")

	// A page's cookie is no credential of the API, and a page's path with a token is the API's.
	got := admin.get("/iam/v1/serviceAccounts?folderId=b1gdefault0000000000")
	if got.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		t.Errorf("with the console's cookie alone: %d %s", got.StatusCode, got.text)
	}
	r := admin.request("GET", "/service-accounts", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if got := admin.do(r); got.StatusCode != http.StatusNotFound || !strings.Contains(got.text, `"code":5`) {
		t.Errorf("a page with a token: %d %s", got.StatusCode, got.text)
	}
	for path, says := range map[string]string{"/api/openapi.json": "yandex.cloud.iam.v1", "/api/docs": "All methods", "/healthz": "ok"} {
		r := admin.request("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		admin.do(r).want(t, http.StatusOK, says)
	}
	if _, err := accounts.Get(t.Context(), &iam.GetServiceAccountRequest{ServiceAccountId: "aje00000000000000000"}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
}
