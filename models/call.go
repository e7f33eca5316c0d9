package models

import "time"

// Call is how a request of the API is remembered, so that a repeat makes nothing twice and its operation can be looked up
// later. It is claimed and kept in the transaction of the change itself.
type Call struct {
	Key         string // Idempotency-Key; "" where the client sent none
	Hash        string // SHA-256 of method and request in hex, so that another request under the same key is noticed
	OperationID string // of the operation that the call answers with; "" where it answers with none
	Description string // of the operation
	// Answer makes what the operation says of the object's id, and of the object as the change leaves it: a KeyWithUse, an
	// AccountWithUse, a Folder, an AuthorizedKey, a list of BindingDelta, or nil where it is gone. It neither waits nor asks.
	Answer func(objectID string, object any) (metadata, response Message, err error)
}

// Message is a typed message of the API, as its wire has it.
type Message struct {
	Type string // "yandex.cloud.iam.v1.ApiKey"; "" of none
	Body []byte
}

// APIOperation is the record of a change that was asked for through the API.
type APIOperation struct {
	ID          string
	FolderID    string
	AccountID   string // of the account that the object is or belongs to; "" of a folder
	ObjectID    string
	Description string
	CreatedAt   time.Time
	CreatedBy   string  // id of who asked
	Revision    int64   // that every gate has to enforce before it is done; 0: there is nothing for gates
	Metadata    Message `gorm:"embedded;embeddedPrefix:metadata_"`
	Response    Message `gorm:"embedded;embeddedPrefix:response_"`
}

// Cursor is the operation's place in the list by creation, newest first.
func (o APIOperation) Cursor() Cursor { return Cursor{At: o.CreatedAt, ID: o.ID} }

// AccountWithUse is a service account and when it proved last who it is: by a key at a gate, or for an IAM token.
type AccountWithUse struct {
	Account
	LastSeen time.Time
}

// KeyWithUse is a key and when it was used last.
type KeyWithUse struct {
	Key
	LastUsed LastUsed
}
