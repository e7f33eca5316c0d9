package iamv1

import (
	"context"
	"strconv"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/manage"
)

// Access bindings are alike on folders and on service accounts, but for the operation of the desk behind them.

// subjectTypes are those that a role is bound to. Others of the API (federated users, groups, system) are not known here.
var subjectTypes = map[string]models.ActorType{"userAccount": models.ActorPerson, "serviceAccount": models.ActorAccount}

func wireBinding(b models.Binding) *access.AccessBinding {
	subject := &access.Subject{Id: b.SubjectID}
	for name, is := range subjectTypes {
		if is == b.SubjectType {
			subject.Type = name
		}
	}
	return &access.AccessBinding{RoleId: b.Role, Subject: subject}
}

// readBinding reads a binding that stands at this place of the request.
func readBinding(b *access.AccessBinding, at string) (models.Binding, error) {
	subject, known := subjectTypes[b.GetSubject().GetType()]
	if !known {
		return models.Binding{}, models.FieldProblems(models.Fields{at + ".subject.type": "userAccount or serviceAccount"})
	}
	return models.Binding{Role: b.GetRoleId(), SubjectType: subject, SubjectID: b.GetSubject().GetId()}, nil
}

func at(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// bindings pages over what is bound on a resource of this kind.
func (c *core) bindings(
	ctx context.Context, req *access.ListAccessBindingsRequest, kind string,
	list func(context.Context, models.Actor, string, models.Cursor, int) (models.Page[models.Binding], error),
) (*access.ListAccessBindingsResponse, error) {
	of := []string{"access_bindings", kind, req.GetResourceId()}
	after, rows, err := c.page(ctx, req, of...)
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, actor(ctx), req.GetResourceId(), after, rows)
	if err != nil {
		return nil, err
	}
	answer := &access.ListAccessBindingsResponse{NextPageToken: c.next(ctx, found.More, found.Next, of...)}
	for _, b := range found.Rows {
		answer.AccessBindings = append(answer.AccessBindings, wireBinding(b))
	}
	return answer, nil
}

// bind is how the desk changes what is bound on a resource.
type bind func(ctx context.Context, by models.Actor, id string, deltas manage.Deltas) ([]models.BindingDelta, manage.Confirmation, error)

func (c *core) setBindings(
	ctx context.Context, req *access.SetAccessBindingsRequest, what string, bind bind,
) (*operation.Operation, error) {
	wanted := make([]models.Binding, len(req.GetAccessBindings()))
	for i, b := range req.GetAccessBindings() {
		var err error
		if wanted[i], err = readBinding(b, at("access_bindings", i)); err != nil {
			return nil, err
		}
	}
	by := answering(ctx, "Set "+what+" access bindings", func(id string, deltas any) (proto.Message, proto.Message) {
		return &access.SetAccessBindingsMetadata{ResourceId: id}, wireDeltas(deltas)
	})
	_, conf, err := bind(ctx, by, req.GetResourceId(), manage.TheseBindings(wanted))
	return c.done(ctx, by, conf, renamed(err, map[string]string{"roles": "access_bindings.role_id"}))
}

func (c *core) updateBindings(
	ctx context.Context, req *access.UpdateAccessBindingsRequest, what string, bind bind,
) (*operation.Operation, error) {
	deltas := make([]models.BindingDelta, len(req.GetAccessBindingDeltas()))
	for i, d := range req.GetAccessBindingDeltas() {
		place := at("access_binding_deltas", i)
		b, err := readBinding(d.GetAccessBinding(), place+".access_binding")
		if err != nil {
			return nil, err
		}
		switch d.GetAction() {
		case access.AccessBindingAction_ADD, access.AccessBindingAction_REMOVE:
		default:
			return nil, models.FieldProblems(models.Fields{place + ".action": "ADD or REMOVE"})
		}
		deltas[i] = models.BindingDelta{Binding: b, Remove: d.GetAction() == access.AccessBindingAction_REMOVE}
	}
	by := answering(ctx, "Update "+what+" access bindings", func(id string, deltas any) (proto.Message, proto.Message) {
		return &access.UpdateAccessBindingsMetadata{ResourceId: id}, wireDeltas(deltas)
	})
	_, conf, err := bind(ctx, by, req.GetResourceId(), manage.TheseDeltas(deltas))
	return c.done(ctx, by, conf, renamed(err, map[string]string{"roles": "access_binding_deltas.access_binding.role_id"}))
}

// wireDeltas translates what a change of bindings really changed.
func wireDeltas(changed any) *access.AccessBindingsOperationResult {
	deltas, _ := changed.([]models.BindingDelta)
	r := &access.AccessBindingsOperationResult{}
	for _, d := range deltas {
		action := access.AccessBindingAction_ADD
		if d.Remove {
			action = access.AccessBindingAction_REMOVE
		}
		r.EffectiveDeltas = append(r.EffectiveDeltas, &access.AccessBindingDelta{Action: action, AccessBinding: wireBinding(d.Binding)})
	}
	return r
}
