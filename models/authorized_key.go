package models

import "time"

// AuthorizedKey is the public half of a key pair by which a service account proves who it is, and gets IAM tokens. The
// private half is in the answer that made it, and nowhere else.
type AuthorizedKey struct {
	ID          string
	AccountID   string
	FolderID    string // its account's
	Description string
	Algorithm   string // RSA2048 or RSA4096
	PublicKey   string // PEM of a SubjectPublicKeyInfo
	CreatedAt   time.Time
	CreatedBy   string // Actor.Label
	LastUsedAt  time.Time
}

// Algorithms of authorized keys.
const (
	RSA2048 = "RSA_2048"
	RSA4096 = "RSA_4096"
)

// Cursor is the key's place in the list by creation, newest first.
func (k AuthorizedKey) Cursor() Cursor { return Cursor{At: k.CreatedAt, ID: k.ID} }

// Binding is a role that a subject holds, in a folder or on a service account.
type Binding struct {
	Role        string
	SubjectType ActorType // ActorPerson or ActorAccount
	SubjectID   string
}

// BindingSep stands between the parts of a binding's place in its list. Neither a type nor an id has it.
const BindingSep = "/"

// Cursor is the binding's place in its list, which is sorted by subject and then by role.
func (b Binding) Cursor() Cursor {
	return Cursor{ID: string(b.SubjectType) + BindingSep + b.SubjectID + BindingSep + b.Role}
}

// BindingDelta is a binding to add or to take away.
type BindingDelta struct {
	Binding
	Remove bool
}

// RevokedToken is an IAM token that was given back before its end. It is forgotten when the token would have ended anyway.
type RevokedToken struct {
	ID        string
	SubjectID string
	RevokedAt time.Time
	ExpiresAt time.Time
}
