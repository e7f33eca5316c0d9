package iamv1_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"keydesk/models/store"
)

// begun is a body whose end does not come.
type begun struct {
	io.Reader
	io.Closer
}

// TestWhatStrangersSendIsNotRead: who has not shown who they are is refused before their message is read, as it takes many
// times its length of memory once it is. Each sends the beginning of a large one here, and then nothing.
func TestWhatStrangersSendIsNotRead(t *testing.T) {
	a := start(t)
	_, ended := a.account("robot")
	a.pass(13 * time.Hour)
	client := &http.Client{Transport: &http.Transport{Protocols: &http.Protocols{}}}
	client.Transport.(*http.Transport).Protocols.SetUnencryptedHTTP2(true)
	frame := binary.BigEndian.AppendUint32([]byte{0}, 900_000)
	for name, tc := range map[string]struct {
		path, kind string
		sent       []byte
	}{
		"grpc": {iam.ServiceAccountService_SetAccessBindings_FullMethodName, "application/grpc", append(frame, make([]byte, 100)...)},
		"rest": {"/iam/v1/serviceAccounts/aje00000000000000000:setAccessBindings", "application/json", bytes.Repeat([]byte(" "), 20_000)},
	} {
		for who, token := range map[string]string{"nobody": "", "an expired token": ended, "a forged one": ended[:len(ended)-8] + "AAAAAAAA"} {
			body, rest := io.Pipe()
			t.Cleanup(func() { _ = rest.Close() })
			r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+tc.path, begun{io.MultiReader(bytes.NewReader(tc.sent), body), body}))(t)
			r.Header.Set("Content-Type", tc.kind)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			got := must(client.Do(r))(t)
			text := string(must(io.ReadAll(got.Body))(t))
			_ = got.Body.Close()
			refused := got.StatusCode == http.StatusUnauthorized && strings.Contains(text, `"code":16`)
			if name == "grpc" {
				refused = got.Trailer.Get("Grpc-Status")+got.Header.Get("Grpc-Status") == "16"
			}
			if !refused {
				t.Errorf("%s by %s: %d %v %v %s", name, who, got.StatusCode, got.Header, got.Trailer, text)
			}
		}
	}
}

// TestALargeRequestOfSomebodyKnown: the bound on strangers is not theirs.
func TestALargeRequestOfSomebodyKnown(t *testing.T) {
	a := start(t)
	token := a.administrator()
	large := strings.Repeat("x", 100_000)
	_, err := iam.NewApiKeyServiceClient(a.conn).Create(a.bearing(token), &iam.CreateApiKeyRequest{Description: large})
	wantCode(t, err, codes.InvalidArgument)
	a.rest("POST", "/iam/v1/apiKeys", token, map[string]any{"description": large}).refused(t, http.StatusBadRequest, codes.InvalidArgument)
	_, err = iam.NewIamTokenServiceClient(a.conn).Create(t.Context(), &iam.CreateIamTokenRequest{
		Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: strings.Repeat("x", 7_000)},
	})
	wantCode(t, err, codes.Unauthenticated)
	if _, err = iam.NewIamTokenServiceClient(a.conn).Create(t.Context(), &iam.CreateIamTokenRequest{
		Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: large},
	}); status.Code(err) == codes.OK {
		t.Error("a JWT of 100,000 characters is taken")
	}
}

// TestRefusedStrangersAreCounted: in the minutes of the audit log, and not as its events.
func TestRefusedStrangersAreCounted(t *testing.T) {
	a := start(t)
	a.administrator()
	events := len(a.events())
	const tries = 70 // the allowance is 60
	for range tries {
		_, err := iam.NewApiKeyServiceClient(a.conn).ListScopes(a.bearing("t1.none.none"), &iam.ListApiKeyScopesRequest{})
		if code := status.Code(err); code != codes.Unauthenticated && code != codes.ResourceExhausted {
			t.Fatal(err)
		}
	}
	_, err := iam.NewIamTokenServiceClient(a.conn).Create(t.Context(), &iam.CreateIamTokenRequest{Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: "a.b.c"}})
	wantCode(t, err, codes.Unauthenticated)
	_, err = iam.NewIamTokenServiceClient(a.conn).Revoke(t.Context(), &iam.RevokeIamTokenRequest{IamToken: "t1.none.none"})
	wantCode(t, err, codes.InvalidArgument)
	if err := a.people.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var counts map[string]int64
	err = a.desk.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		counts, err = tx.Refusals(a.now().Add(-time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if counts["api_credential"] < 60 || counts["api_rate"] < 1 || counts["api_credential"]+counts["api_rate"] != tries+2 {
		t.Errorf("%v are counted of %d", maps.Clone(counts), tries+2)
	}
	if n := len(a.events()); n != events {
		t.Errorf("strangers left %d events", n-events)
	}
}
