package iamv1_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"

	"keydesk/models"
	"keydesk/models/manage"
)

// signed makes the JWT that the published clients make of an authorized key.
func (a *api) signed(keyID, private, issuer, audience string) string {
	a.t.Helper()
	_, text, _ := strings.Cut(private, "-----BEGIN")
	key := must(jwt.ParseRSAPrivateKeyFromPEM([]byte("-----BEGIN" + text)))(a.t)
	token := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.RegisteredClaims{
		Issuer: issuer, Audience: jwt.ClaimStrings{audience}, IssuedAt: jwt.NewNumericDate(a.now()), ExpiresAt: jwt.NewNumericDate(a.now().Add(time.Hour)),
	})
	token.Header["kid"] = keyID
	return must(token.SignedString(key))(a.t)
}

// TestTokens shows how an IAM token comes to be and how it ends.
func TestTokens(t *testing.T) {
	a := start(t)
	tokens := iam.NewIamTokenServiceClient(a.conn)
	robot, _ := a.account("robot", models.RoleViewer)
	admin := a.administrator()
	made, err := iam.NewKeyServiceClient(a.conn).Create(a.bearing(admin), &iam.CreateKeyRequest{ServiceAccountId: robot.ID})
	must(made, err)(t)
	byJWT := func(issuer, audience string) (*iam.CreateIamTokenResponse, error) {
		text := a.signed(made.GetKey().GetId(), made.GetPrivateKey(), issuer, audience)
		return tokens.Create(t.Context(), &iam.CreateIamTokenRequest{Identity: &iam.CreateIamTokenRequest_Jwt{Jwt: text}})
	}
	var exchanged *iam.CreateIamTokenResponse
	for what, audience := range map[string]string{"the clients' own audience": manage.TokenAudience, "this server's": "https://keydesk.example.com:443/iam/v1/tokens"} {
		if exchanged, err = byJWT(robot.ID, audience); err != nil {
			t.Fatalf("with %s: %v", what, err)
		}
	}
	if left := exchanged.GetExpiresAt().AsTime().Sub(a.now()); left > 12*time.Hour || left < 11*time.Hour {
		t.Errorf("the token ends in %v", left)
	}
	_, err = byJWT(robot.ID, "https://elsewhere.example.com")
	wantCode(t, err, codes.Unauthenticated)
	_, err = byJWT("aje00000000000000000", manage.TokenAudience)
	wantCode(t, err, codes.Unauthenticated)

	list := func(token string) error {
		_, err := iam.NewApiKeyServiceClient(a.conn).List(a.bearing(token), &iam.ListApiKeysRequest{ServiceAccountId: robot.ID})
		return err
	}
	wantCode(t, list(exchanged.GetIamToken()), codes.OK)
	acting, err := tokens.CreateForServiceAccount(a.bearing(admin), &iam.CreateIamTokenForServiceAccountRequest{ServiceAccountId: robot.ID})
	must(acting, err)(t)
	wantCode(t, list(acting.GetIamToken()), codes.OK)
	_, err = tokens.CreateForServiceAccount(a.bearing(exchanged.GetIamToken()), &iam.CreateIamTokenForServiceAccountRequest{ServiceAccountId: robot.ID})
	wantCode(t, err, codes.PermissionDenied)

	revoked, err := tokens.Revoke(t.Context(), &iam.RevokeIamTokenRequest{IamToken: acting.GetIamToken()})
	if err != nil || revoked.GetSubjectId() != robot.ID {
		t.Errorf("the revocation names %v, %v", revoked, err)
	}
	wantCode(t, list(acting.GetIamToken()), codes.Unauthenticated)
	wantCode(t, list(exchanged.GetIamToken()), codes.OK)
	rest := a.rest("POST", "/iam/v1/tokens:revoke", "", map[string]string{"iamToken": exchanged.GetIamToken()})
	if rest.StatusCode != http.StatusOK || rest.body["subjectId"] != robot.ID {
		t.Errorf("a revocation over REST: %d %s", rest.StatusCode, rest.text)
	}
	wantCode(t, list(exchanged.GetIamToken()), codes.Unauthenticated)

	for _, secret := range []string{admin, exchanged.GetIamToken(), acting.GetIamToken(), strings.TrimSpace(made.GetPrivateKey()[100:200])} {
		if strings.Contains(a.log.String(), secret) {
			t.Error("a credential is in the log")
		}
	}
}

// TestWhatIsNoToken shows what is said to who sends something else than a JWT or a token.
func TestWhatIsNoToken(t *testing.T) {
	a := start(t)
	a.rest("POST", "/iam/v1/tokens", "", map[string]string{"yandexPassportOauthToken": "y0_x"}).refused(t, http.StatusUnauthorized, codes.Unauthenticated)
	if got := a.rest("POST", "/iam/v1/tokens", "", map[string]string{"yandexPassportOauthToken": "y0_x"}); !strings.Contains(got.text, "keydesk token create") {
		t.Errorf("it does not say what Keydesk takes: %s", got.text)
	}
	none := a.rest("POST", "/iam/v1/tokens", "", `{}`)
	none.refused(t, http.StatusBadRequest, codes.InvalidArgument)
	if !strings.Contains(none.text, `"identity"`) {
		t.Errorf("no field is named: %s", none.text)
	}
	a.rest("POST", "/iam/v1/tokens", "", map[string]string{"jwt": strings.Repeat("x", 8001)}).refused(t, http.StatusBadRequest, codes.InvalidArgument)
	a.rest("POST", "/iam/v1/tokens:revoke", "", map[string]string{"iamToken": "t1.no.token"}).refused(t, http.StatusBadRequest, codes.InvalidArgument)
	a.rest("POST", "/iam/v1/tokens:revoke", "", `{}`).refused(t, http.StatusBadRequest, codes.InvalidArgument)
}
