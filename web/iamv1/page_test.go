package iamv1

import (
	"fmt"
	"strings"
	"testing"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/store/storetest"
)

// A page of a thousand large rows is cut to what every client takes, and no row is lost by that: read here by a client with
// the bounds that it has by itself.
func TestLargeRowsFitAnAnswer(t *testing.T) {
	s := serve(t, storetest.New(t))
	conn, err := grpc.NewClient(s.conn.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	s.ok(err)
	defer func() { _ = conn.Close() }()
	s.conn = conn
	c := s.admin(t, overGRPC)
	own := models.OwnService{Name: "many", Title: "Many"}
	var scopes []string
	for i := range 100 {
		name := fmt.Sprint("many.", strings.Repeat("x", 200), i)
		scopes = append(scopes, name)
		own.Scopes = append(own.Scopes, models.OwnScope{Name: name, Description: "One of many"})
	}
	_, err = s.desk.SetCatalogue(t.Context(), onHost, models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{own}})
	s.ok(err)
	a, left := c.anAccount(), map[string]bool{}
	for range 220 { // of twenty kilobytes each
		left[s.key(a, scopes...).Key.ID] = true
	}
	pages := 0
	for req := (&iam.ListApiKeysRequest{ServiceAccountId: a.ID, PageSize: 1000}); ; pages++ {
		page := call(c, iam.ApiKeyService_List_FullMethodName, req, &iam.ListApiKeysResponse{})
		if proto.Size(page) > 4<<20 || len(page.GetApiKeys()) == 0 {
			t.Fatalf("a page of %d keys and %d bytes", len(page.GetApiKeys()), proto.Size(page))
		}
		for _, k := range page.GetApiKeys() {
			if !left[k.GetId()] {
				t.Fatalf("key %s is listed twice", k.GetId())
			}
			delete(left, k.GetId())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if len(left) > 0 || pages == 0 {
		t.Errorf("%d keys are on none of %d pages", len(left), pages+1)
	}
}
