package models

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"
)

// EventEncoding is the version of the byte form that Event.Digest hashes. A change of the form is a new version.
const EventEncoding = 1

// Results of an event.
const (
	EventDone    = "done"
	EventRefused = "refused"
)

// Facts is a fixed list of an object's fields for an event's before and after; never a raw body, never a secret.
type Facts map[string]any

// Event is one row of the audit log. Number, PrevHash and Hash are set when it is written, under the one lock.
type Event struct {
	Number     int64
	Encoding   int
	At         time.Time
	FolderID   string
	ActorType  ActorType
	ActorID    string
	ActorName  string
	AuthMethod string
	RequestID  string
	Address    string
	Action     string // "key.create": object and verb
	ObjectType string // "key", "account", "person", "gateway", "catalogue", …
	ObjectID   string
	ObjectName string
	AccountID  string // the account that the object belongs to, for its activity
	Result     string // EventDone or EventRefused
	Reason     string // the refusal's word, or the reason given (leaked, …)
	Note       string
	Before     string // JSON of Facts, or ""
	After      string
	PrevHash   []byte
	Hash       []byte
}

// NewEvent starts an event of the actor.
func NewEvent(by Actor, at time.Time, action, objectType, objectID, objectName string) Event {
	return Event{
		Encoding: EventEncoding, At: Instant(at), Result: EventDone, Action: action,
		ActorType: by.Type, ActorID: by.ID, ActorName: by.Name, AuthMethod: by.Method, RequestID: by.RequestID, Address: by.Address,
		ObjectType: objectType, ObjectID: objectID, ObjectName: objectName,
	}
}

// Marshal writes facts as JSON with sorted names, so that equal facts are equal bytes.
func (f Facts) Marshal() string {
	if f == nil {
		return ""
	}
	b, err := json.Marshal(f)
	if err != nil { // facts are strings, numbers, lists and times
		panic("models: facts that are no JSON: " + err.Error())
	}
	return string(b)
}

// Digest hashes the event with its predecessor's hash: SHA-256 over length-prefixed fields in a fixed order.
func (e Event) Digest(prev []byte) []byte {
	h := sha256.New()
	field := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(v int64) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(v)) //nolint:gosec // bits, not a size
		field(n[:])
	}
	number(int64(e.Encoding))
	field(prev)
	number(e.Number)
	number(e.At.UnixMicro())
	for _, s := range []string{
		e.FolderID, string(e.ActorType), e.ActorID, e.ActorName, e.AuthMethod, e.RequestID, e.Address,
		e.Action, e.ObjectType, e.ObjectID, e.ObjectName, e.AccountID, e.Result, e.Reason, e.Note, e.Before, e.After,
	} {
		field([]byte(s))
	}
	return h.Sum(nil)
}

// Head is a signed statement of how far the chain goes: what is rewritten or cut before it can be found.
type Head struct {
	Number    int64
	Hash      []byte
	SignedAt  time.Time
	KeyID     string // hex of the first eight bytes of SHA-256 of the public key
	Signature []byte // Ed25519 over HeadMessage
}

// Message is the byte form that is signed.
func (h Head) Message() []byte {
	m := []byte("keydesk audit head v1\n")
	m = binary.BigEndian.AppendUint64(m, uint64(h.Number)) //nolint:gosec // bits
	m = binary.BigEndian.AppendUint64(m, uint64(h.SignedAt.UnixMicro()))
	return append(m, h.Hash...)
}
