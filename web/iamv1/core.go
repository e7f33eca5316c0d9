package iamv1

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"keydesk/models"
	"keydesk/models/manage"
)

// core is what the services share.
type core struct {
	desk *manage.Desk
}

type actorKey struct{}

// withActor hands who calls to the handlers.
func withActor(ctx context.Context, a models.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// actor is who calls. Of a method that changes something its Call is set, with the Idempotency-Key and the id of the
// operation that the method answers with.
func actor(ctx context.Context) models.Actor {
	a, _ := ctx.Value(actorKey{}).(models.Actor)
	return a
}

// answering is who calls, for a change whose operation says this of itself.
func answering(ctx context.Context, description string, answer func(objectID string, object any) (metadata, response proto.Message)) models.Actor {
	a := actor(ctx)
	if a.Call == nil {
		return a
	}
	call := *a.Call
	call.Description = description
	call.Answer = func(objectID string, object any) (m, r models.Message, err error) {
		metadata, response := answer(objectID, object)
		if m, err = message(metadata); err != nil {
			return m, r, err
		}
		r, err = message(response)
		return m, r, err
	}
	a.Call = &call
	return a
}

func message(m proto.Message) (models.Message, error) {
	if m == nil {
		return models.Message{Body: []byte{}}, nil
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	return models.Message{Type: string(m.ProtoReflect().Descriptor().FullName()), Body: body}, err
}

// done answers a change with its operation: the one that was kept with it, or the one of the first such call.
func (c *core) done(ctx context.Context, by models.Actor, conf manage.Confirmation, err error) (*operation.Operation, error) {
	id := ""
	if by.Call != nil {
		id = by.Call.OperationID
	}
	if first, repeated := repeats(err); repeated {
		id, err = first, nil
	}
	if err != nil {
		return nil, gone(err)
	}
	o, err := c.desk.APIOperation(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if conf.Revision == o.Revision && conf.Complete() {
		o.Done = true
	}
	return wireOperation(o)
}

// typePrefix begins the type of every message within another.
const typePrefix = "type.googleapis.com/"

// wireOperation is an operation as the clients read it. What it answers with is said only once it is done.
func wireOperation(o manage.APIOperation) (*operation.Operation, error) {
	w := &operation.Operation{
		Id: o.ID, Description: o.Description, CreatedAt: stamp(o.CreatedAt), CreatedBy: o.CreatedBy, ModifiedAt: stamp(o.CreatedAt), Done: o.Done,
		Metadata: &anypb.Any{TypeUrl: typePrefix + o.Metadata.Type, Value: o.Metadata.Body},
	}
	if o.Done {
		w.Result = &operation.Operation_Response{Response: &anypb.Any{TypeUrl: typePrefix + o.Response.Type, Value: o.Response.Body}}
	}
	return w, nil
}

// stamp is a time as the clients read it; none is none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// paged is what the requests of all lists have.
type paged interface {
	GetPageSize() int64
	GetPageToken() string
}

const (
	defaultRows = 100
	tokenFor    = "page tokens"
	tokenMAC    = 16 // bytes
)

// page reads where a list goes on, and how many rows are wanted. of names the list: its method, and whatever else of the
// request selects rows, so that a token of another list, or of another caller, is refused.
func (c *core) page(ctx context.Context, req paged, of ...string) (models.Cursor, int, error) {
	rows := int(req.GetPageSize())
	if rows == 0 {
		rows = defaultRows
	}
	if req.GetPageToken() == "" {
		return models.Cursor{}, rows, nil
	}
	refused := models.FieldProblems(models.Fields{"page_token": "This is no page token of this list: it comes from next_page_token of the page before, with all else of the request as it was"})
	raw, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
	if err != nil || len(raw) < tokenMAC+8 {
		return models.Cursor{}, 0, refused
	}
	mac, place := raw[:tokenMAC], raw[tokenMAC:]
	for _, key := range c.desk.Tokens.Derive(tokenFor) {
		if hmac.Equal(mac, sealPlace(key, place, actor(ctx), of)) {
			at := models.Cursor{ID: string(place[8:])}
			if micros := int64(binary.BigEndian.Uint64(place)); micros != noTime { //nolint:gosec // bits
				at.At = time.UnixMicro(micros).UTC()
			}
			return at, rows, nil
		}
	}
	return models.Cursor{}, 0, refused
}

// noTime stands in a token for the place in a list that is not sorted by time.
const noTime = -1 << 63

// next is the token of the page after this one; "" after the last. of is that of page.
func (c *core) next(ctx context.Context, more bool, at models.Cursor, of ...string) string {
	if !more {
		return ""
	}
	micros := int64(noTime)
	if !at.At.IsZero() {
		micros = at.At.UnixMicro()
	}
	place := append(binary.BigEndian.AppendUint64(nil, uint64(micros)), at.ID...) //nolint:gosec // bits
	mac := sealPlace(c.desk.Tokens.Derive(tokenFor)[0], place, actor(ctx), of)
	return base64.RawURLEncoding.EncodeToString(append(mac, place...))
}

func sealPlace(key, place []byte, by models.Actor, of []string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(by.Label() + "\x00" + strings.Join(of, "\x00") + "\x00\x00"))
	m.Write(place)
	return m.Sum(nil)[:tokenMAC]
}
