package iamv1

import (
	"context"
	"slices"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"

	"keydesk/models"
)

// endpoints are the services that clients look up. All are at one address.
var endpoints = []string{"endpoint", "iam", "operation", "resource-manager"}

// endpointService tells clients where the services are. Its address is that which they reach: a proxy may stand before.
type endpointService struct{ address string }

// List lists all of them, on one page.
func (s endpointService) List(context.Context, *endpoint.ListApiEndpointsRequest) (*endpoint.ListApiEndpointsResponse, error) {
	list := &endpoint.ListApiEndpointsResponse{}
	for _, id := range endpoints {
		list.Endpoints = append(list.Endpoints, &endpoint.ApiEndpoint{Id: id, Address: s.address})
	}
	return list, nil
}

// Get finds one.
func (s endpointService) Get(_ context.Context, req *endpoint.GetApiEndpointRequest) (*endpoint.ApiEndpoint, error) {
	if !slices.Contains(endpoints, req.GetApiEndpointId()) {
		return nil, models.NewError(models.NotFound, "not_found", "There is no such endpoint. Those of Keydesk are: endpoint, iam, operation and resource-manager.")
	}
	return &endpoint.ApiEndpoint{Id: req.GetApiEndpointId(), Address: s.address}, nil
}
