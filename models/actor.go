package models

import "slices"

// ActorType says who acts.
type ActorType string

// The actors. The zero value is nobody and may nothing.
const (
	ActorPerson ActorType = "person"
	ActorLocal  ActorType = "local"  // the command line on the host: local:<user>@<host>
	ActorSystem ActorType = "system" // Keydesk itself: an expiry, a start
)

// AllFolders is the folder of a grant that holds everywhere.
const AllFolders = "*"

// Grant is a role (a person's access or an IAM role) in a folder, or in all.
type Grant struct {
	Role     string
	FolderID string
}

// Actor is who asks for a change or a list, as far as the decision and its audit event need it.
type Actor struct {
	Type      ActorType
	ID        string // person's id; "<user>@<host>" for local; "keydesk" for system
	Name      string // mail address of a person; the same as ID otherwise
	Method    string // how they proved who they are: "session", "local", "setup_link"
	RequestID string
	Address   string // source address, "" where there is none
	Grants    []Grant
}

// Label is how people read the actor: a mail address, or local:<user>@<host>.
func (a Actor) Label() string {
	if a.Type == ActorPerson {
		return a.Name
	}
	return string(a.Type) + ":" + a.ID
}

// FolderScope is the set of folders in which an actor holds a permission. The zero value is none.
type FolderScope struct {
	All bool
	IDs []string
}

// Has reports whether the folder is in the set.
func (f FolderScope) Has(folder string) bool { return f.All || slices.Contains(f.IDs, folder) }

// None reports whether the set is empty: a query over it finds nothing.
func (f FolderScope) None() bool { return !f.All && len(f.IDs) == 0 }

// Folders returns where the actor holds the permission.
func (a Actor) Folders(p Permission) FolderScope {
	if a.Type == ActorLocal || a.Type == ActorSystem {
		return FolderScope{All: true}
	}
	var f FolderScope
	for _, g := range a.Grants {
		if !Permits(g.Role, p) {
			continue
		}
		if g.FolderID == AllFolders {
			return FolderScope{All: true}
		}
		f.IDs = append(f.IDs, g.FolderID)
	}
	return f
}

// May reports whether the actor holds the permission in the folder.
func (a Actor) May(p Permission, folder string) bool { return a.Folders(p).Has(folder) }

// MayAnywhere reports whether the actor holds the permission in any folder: enough to see a page, not an object.
func (a Actor) MayAnywhere(p Permission) bool { return !a.Folders(p).None() }

// Is reports whether the actor holds the access.
func (a Actor) Is(role string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == role })
}
