package models

import (
	"slices"
	"time"
)

// ActorType says who acts.
type ActorType string

// The actors. The zero value is nobody and may nothing.
const (
	ActorPerson  ActorType = "person"
	ActorAccount ActorType = "account" // a service account, by an IAM token
	ActorLocal   ActorType = "local"   // the command line on the host: local:<user>@<host>
	ActorSystem  ActorType = "system"  // Keydesk itself: an expiry, a start
)

// AllFolders is the folder of a grant that holds everywhere.
const AllFolders = "*"

// Grant is a role (a person's access or an IAM role) in a folder, in all, or on one service account.
type Grant struct {
	Role      string
	FolderID  string // "" where it is of one account
	AccountID string
}

// Actor is who asks for a change or a list, as far as the decision and its audit event need it.
type Actor struct {
	Type      ActorType
	ID        string // a person's or a service account's id; "<user>@<host>" for local; "keydesk" for system
	Name      string // mail address of a person, name of a service account; the same as ID otherwise
	Method    string // how they proved who they are: "session", "local", "setup_link", "iam_token"
	RequestID string
	Address   string // source address, "" where there is none
	Grants    []Grant
	Call      *Call // of the API, where the request has to be remembered; else nil
	Token     TokenUse
}

// TokenUse is what is known of the IAM token by which somebody acts; the zero value is none.
type TokenUse struct {
	Key       string // the authorized key that it was given for
	ExpiresAt time.Time
	Link      *TokenLink // the token itself, for those that are made by it
}

// TokenLink is an IAM token as one that was made by it names it.
type TokenLink struct {
	ID          string     `json:"jti"`
	SubjectType ActorType  `json:"typ"`
	SubjectID   string     `json:"sub"`
	IssuedAt    int64      `json:"iat"`          // Unix time in microseconds
	By          *TokenLink `json:"by,omitempty"` // which made it in turn
}

// Links counts the tokens that led to one.
func (l *TokenLink) Links() (n int) {
	for ; l != nil; l = l.By {
		n++
	}
	return n
}

// MethodToken is the Method of whoever acts by an IAM token.
const MethodToken = "iam_token"

// Label is how people read the actor: a mail address, or local:<user>@<host>.
func (a Actor) Label() string {
	if a.Type == ActorPerson {
		return a.Name
	}
	return string(a.Type) + ":" + a.ID
}

// FolderScope is where an actor holds a permission: in folders, and on single service accounts beside them. The zero value
// is nowhere.
type FolderScope struct {
	All      bool
	IDs      []string
	Accounts []string
}

// Has reports whether the folder is in the set.
func (f FolderScope) Has(folder string) bool { return f.All || slices.Contains(f.IDs, folder) }

// HasAccount reports whether the account of that folder is in the set, by its folder or by itself.
func (f FolderScope) HasAccount(folder, account string) bool {
	return f.Has(folder) || account != "" && slices.Contains(f.Accounts, account)
}

// None reports whether the set is empty: a query over it finds nothing.
func (f FolderScope) None() bool { return !f.All && len(f.IDs)+len(f.Accounts) == 0 }

// Folders returns where the actor holds the permission.
func (a Actor) Folders(p Permission) FolderScope {
	if a.Type == ActorLocal || a.Type == ActorSystem {
		return FolderScope{All: true}
	}
	var f FolderScope
	for _, g := range a.Grants {
		switch {
		case !Permits(g.Role, p), access(g.Role) && (a.Type == ActorAccount || g.AccountID != ""):
		case g.AccountID != "":
			f.Accounts = append(f.Accounts, g.AccountID)
		case g.FolderID == AllFolders:
			return FolderScope{All: true}
		default:
			f.IDs = append(f.IDs, g.FolderID)
		}
	}
	return f
}

// access reports whether a role's name is that of an access, which people hold, everywhere. Whatever an installation calls its
// own roles, none of those makes a service account an administrator.
func access(role string) bool { return slices.Contains(AccessNames, role) }

// May reports whether the actor holds the permission in the folder.
func (a Actor) May(p Permission, folder string) bool { return a.Folders(p).Has(folder) }

// MayOn reports whether the actor holds the permission on the account of that folder, or on what is the account's.
func (a Actor) MayOn(p Permission, folder, account string) bool {
	return a.Folders(p).HasAccount(folder, account)
}

// MayAnywhere reports whether the actor holds the permission in any folder: enough to see a page, not an object.
func (a Actor) MayAnywhere(p Permission) bool { return !a.Folders(p).None() }

// Is reports whether the actor holds the access.
func (a Actor) Is(role string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == role })
}
