package iamv1

import (
	"context"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"

	"keydesk/models"
)

// operationService tells what became of changes.
type operationService struct{ core }

// Get finds an operation.
func (s operationService) Get(ctx context.Context, req *operation.GetOperationRequest) (*operation.Operation, error) {
	o, err := s.desk.APIOperation(ctx, actor(ctx), req.GetOperationId())
	if err != nil {
		return nil, err
	}
	return wireOperation(o)
}

// Cancel stops nothing: a change is made before it is answered, and only the gates' word may be missing.
func (s operationService) Cancel(ctx context.Context, req *operation.CancelOperationRequest) (*operation.Operation, error) {
	o, err := s.desk.APIOperation(ctx, actor(ctx), req.GetOperationId())
	if err != nil {
		return nil, err
	}
	if !o.Done {
		return nil, models.NewError(models.Precondition, "not_cancellable",
			"This operation cannot be cancelled: what it asked for is stored already, and it is done when every gate knows it. Ask for it again in a moment.")
	}
	return wireOperation(o)
}
