package models

import (
	"fmt"
	"strconv"
	"time"
)

// OperationAction is what an operation does to each of its keys: the name of the event that each change makes.
type OperationAction string

// The actions.
const (
	OperationDisable OperationAction = "key.disable"
	OperationRevoke  OperationAction = "key.revoke"
)

// Permission is what the action asks for, at the start and again with every batch; "" of what is no action.
func (a OperationAction) Permission() Permission {
	switch a {
	case OperationDisable:
		return KeysDisable
	case OperationRevoke:
		return KeysRevoke
	}
	return ""
}

// OperationState is how far an operation is.
type OperationState string

// States of an operation. A draft has changed nothing; the last two are final.
const (
	OperationDraft     OperationState = "draft"
	OperationRunning   OperationState = "running"
	OperationDone      OperationState = "done"
	OperationCancelled OperationState = "cancelled" // it ended before its end: StopReason says why
)

// Why an operation ended before its end.
const (
	StopCancelled     = "cancelled"      // somebody asked for it
	StopActorDisabled = "actor_disabled" // who confirmed it may not sign in any more
	StopActorAccess   = "actor_access"   // who confirmed it lost the access that it needs
)

// Operation is a change of many keys, which is confirmed once and then carried out in batches, by whichever process is there.
type Operation struct {
	ID         string
	Action     OperationAction
	State      OperationState
	StopReason string
	Actor      OperationActor `gorm:"embedded;embeddedPrefix:actor_"`
	Reason     Reason
	Note       string
	Until      time.Time // disable: when it ends by itself; zero: not
	RetryOf    string    // the operation whose rest this is; "" where it is none
	CreatedAt  time.Time
	StartedAt  time.Time
	EndedAt    time.Time

	Total      int // rows
	Duplicates int // lines that named a key again, and are no rows
	Found      int // rows that name a key that its author could see when it was drafted
	Done       int
	Already    int
	Refused    int
	Failed     int

	CancelAt time.Time // when somebody asked to stop; zero: nobody did
	CancelBy string    // Actor.Label

	LeaseBy    string    // the worker that carries it out
	LeaseUntil time.Time // by the database's clock: from then on another may

	Revision    int64 // of the last change; 0: there is none
	Gates       int   // with ConfirmedAt: how many gates there were, and all of them knew the last change
	ConfirmedMS int64
	ConfirmedAt time.Time // zero: not every gate had confirmed when it ended
}

// OperationActor is who confirmed an operation, as its events name them. What they may is looked up anew with every batch.
type OperationActor struct {
	Type      ActorType
	ID        string
	Name      string
	Method    string
	RequestID string
	Address   string
}

// ActorOf keeps what an operation's events will need of an actor.
func ActorOf(by Actor) OperationActor {
	return OperationActor{by.Type, by.ID, by.Name, by.Method, by.RequestID, by.Address}
}

// As is the actor with the grants that they hold now.
func (a OperationActor) As(grants []Grant) Actor {
	return Actor{Type: a.Type, ID: a.ID, Name: a.Name, Method: a.Method, RequestID: a.RequestID, Address: a.Address, Grants: grants}
}

// Label is how people read the actor.
func (a OperationActor) Label() string { return a.As(nil).Label() }

// Is reports whether the operation is the actor's own.
func (a OperationActor) Is(by Actor) bool { return a.Type == by.Type && a.ID == by.ID }

// Waiting is how many rows nothing was decided about yet.
func (o Operation) Waiting() int { return o.Total - o.Done - o.Already - o.Refused - o.Failed }

// Ended reports whether nothing of it will change any more.
func (o Operation) Ended() bool { return o.State == OperationDone || o.State == OperationCancelled }

// Rest is how many rows another try could bring further: those that failed and, of an operation that ended before its
// end, those that it did not come to.
func (o Operation) Rest() int {
	if !o.Ended() {
		return 0
	}
	return o.Failed + o.Waiting()
}

// Cursor is the operation's place in the list, newest first.
func (o Operation) Cursor() Cursor { return Cursor{At: o.CreatedAt, ID: o.ID} }

// ItemState is what became of one row of an operation.
type ItemState string

// States of a row.
const (
	ItemWaiting ItemState = "waiting"
	ItemDone    ItemState = "done"
	ItemAlready ItemState = "already" // it was so before: nothing was changed
	ItemRefused ItemState = "refused" // Reason says why
	ItemFailed  ItemState = "failed"  // a defect kept it from being changed: it may be tried again
)

// ItemStates lists them in the order in which pages offer them.
var ItemStates = []ItemState{ItemWaiting, ItemDone, ItemAlready, ItemRefused, ItemFailed}

// Reasons of rows that have no other.
const (
	ItemMalformed = "malformed"
	ItemNotFound  = "not_found"
)

// OperationItem is one row of an operation. Given is the key's id, or as much of another text as may be kept.
type OperationItem struct {
	OperationID string
	Position    int // from 1, in the order in which they were given
	Given       string
	State       ItemState
	Reason      string
	At          time.Time // when it was decided
}

// Cursor is the row's place among the latest: by when it was decided, then by its position.
func (i OperationItem) Cursor() Cursor { return Cursor{At: i.At, ID: fmt.Sprintf("%09d", i.Position)} }

// PositionOf reads a position back from a cursor; anything else is 0.
func PositionOf(c Cursor) int {
	n, err := strconv.Atoi(c.ID)
	if err != nil {
		return 0
	}
	return n
}
