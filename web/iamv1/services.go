package iamv1

import (
	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/resourcemanager/v1"
	"google.golang.org/grpc"
)

// register hands every service to the server. What it answers is in the table of methods.
func (s *Server) register(g *grpc.Server) {
	c := core{desk: s.cfg.Desk}
	endpoint.RegisterApiEndpointServiceServer(g, endpointService{address: s.cfg.Endpoint})
	operation.RegisterOperationServiceServer(g, operationService{c})
	iam.RegisterIamTokenServiceServer(g, tokenService{core: c, proofs: s.proofs, count: s.cfg.Count, audience: "https://" + s.cfg.Endpoint + "/iam/v1/tokens"})
	iam.RegisterApiKeyServiceServer(g, keyService{core: c})
	iam.RegisterServiceAccountServiceServer(g, accountService{core: c})
	iam.RegisterKeyServiceServer(g, authorizedKeyService{core: c})
	resourcemanager.RegisterFolderServiceServer(g, folderService{core: c})
}
