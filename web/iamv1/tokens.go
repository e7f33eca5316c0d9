package iamv1

import (
	"context"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/web/mw"
)

// tokenService makes and ends IAM tokens.
type tokenService struct {
	core
	proofs   *mw.Allowance
	count    func(ctx context.Context, limited bool)
	audience string // the name of this server that a JWT may be meant for, beside the published clients' own
}

// errPassport tells who sends what Yandex's own sign-in made. Clients send it for every token that does not begin with t1.
var errPassport = models.NewError(models.Unauthenticated, "no_passport",
	"Keydesk takes no OAuth token of Yandex Passport. It takes an IAM token of its own (t1.…), made on the page API access or by \"keydesk token create\", "+
		"or a service account's authorized key (a JWT signed with PS256).")

// Create exchanges a JWT that a service account's authorized key signed. To find out whether it did costs a look into the
// database and a check of an RSA signature: who fails at it too often waits.
func (s tokenService) Create(ctx context.Context, req *iam.CreateIamTokenRequest) (*iam.CreateIamTokenResponse, error) {
	if req.GetJwt() == "" {
		s.count(ctx, false)
		return nil, errPassport
	}
	from := mw.Party(actor(ctx).Address)
	if !s.proofs.Left(from) {
		s.count(ctx, true)
		return nil, s.proofs.Exceeded(tooManyStrangers)
	}
	made, err := s.desk.ExchangeJWT(ctx, actor(ctx), req.GetJwt(), s.audience)
	if models.CodeOf(err) == models.Unauthenticated {
		s.proofs.Take(from)
		s.count(ctx, false)
	}
	return tokenAnswer(made, err)
}

// CreateForServiceAccount makes a token of a service account for somebody who may act as it.
func (s tokenService) CreateForServiceAccount(ctx context.Context, req *iam.CreateIamTokenForServiceAccountRequest) (*iam.CreateIamTokenResponse, error) {
	return tokenAnswer(s.desk.Impersonate(ctx, actor(ctx), req.GetServiceAccountId()))
}

func tokenAnswer(made manage.MadeToken, err error) (*iam.CreateIamTokenResponse, error) {
	if err != nil {
		return nil, gone(err)
	}
	return &iam.CreateIamTokenResponse{IamToken: made.Token, ExpiresAt: stamp(made.ExpiresAt)}, nil
}

// Revoke ends a token, for whoever holds it.
func (s tokenService) Revoke(ctx context.Context, req *iam.RevokeIamTokenRequest) (*iam.RevokeIamTokenResponse, error) {
	from := mw.Party(actor(ctx).Address)
	if !s.proofs.Left(from) {
		s.count(ctx, true)
		return nil, s.proofs.Exceeded(tooManyStrangers)
	}
	subject, err := s.desk.RevokeToken(ctx, actor(ctx), req.GetIamToken())
	if err != nil {
		if models.CodeOf(err) == models.Invalid {
			s.proofs.Take(from)
			s.count(ctx, false)
		}
		return nil, err
	}
	return &iam.RevokeIamTokenResponse{SubjectId: subject}, nil
}
