// Package audit holds the page of the audit log, and the timeline that other pages show of one object. What an event says
// is put into words here; which events there are is told.
package audit

import (
	"time"

	"keydesk/models"
	"keydesk/views/ui"
)

// Addresses of the log.
const (
	ListPath     = "/audit"
	VerifyPath   = "/audit/verify"   // POST: reads the whole log
	VerifiedPath = "/audit/verified" // the part of the page that tells how far that is
	CSVPath      = "/audit.csv"
	JSONPath     = "/audit.jsonl"
)

// ListPage is a page of the log. Its filter is a GET form; its fields are those of Filter.
type ListPage struct {
	Now      time.Time
	Filter   Filter
	Total    string // "214", "1,000+"; may be empty
	Rows     []Event
	Pager    ui.PagerProps
	CSV      string // address of the same events as a file; "" where the person may not export
	JSON     string
	Verified Verified
}

// Filter is what was asked for, as it was typed.
type Filter struct {
	ActorType  string // actor_type: a models.ActorType
	Actor      string // actor
	Action     string // action
	ObjectType string // object_type
	Object     string // object
	Account    string // account
	Result     string // result: models.EventDone or models.EventRefused
	From, To   string // from, to: days, or RFC 3339
	Problems   models.Fields
}

// Any reports whether something was asked for.
func (f Filter) Any() bool {
	f.Problems = nil
	return f.words() != ""
}

// Event is an event as a page shows it. What the person may not know is left empty.
type Event struct {
	Number      int64
	At          time.Time
	Actor       string // "olga@example.com", "local:root@desk"
	ActorType   models.ActorType
	ActorPage   string // the service account's own page; "" of other actors
	ActorHref   string // all events of this actor; "" where the person may not see the log
	Action      string
	Refused     bool
	Reason      string // a models.Reason, or the word of the refusal
	ObjectType  string
	ObjectID    string
	ObjectName  string
	ObjectHref  string // the object's own page; "" where it has none
	EventsHref  string // all events of the object
	AccountName string // of an event about one of its keys
	AccountHref string
	Note        string
	Before      string // JSON of models.Facts, or ""
	After       string
	Address     string
	RequestID   string
	Method      string // how the actor had proved who they are
	Hash        string // hex
}

// Verified says how far the log was verified. It is a part of its own, so that a check under way keeps it current:
// GET VerifiedPath.
type Verified struct {
	Now       time.Time
	FormToken string
	UpTo      int64     // read from the first event up to this one; 0: never
	At        time.Time // when that ended
	By        string
	Heads     int   // signed heads that agreed
	Since     int64 // events written after UpTo
	Problem   string
	ProblemAt int64     // the event that the problem is at
	SignedTo  int64     // events up to this one are signed; 0: none
	SignedAt  time.Time // when
	Running   *Progress
	CutShort  *Progress // the last check that began and never ended
}

// Progress is a check of the log that is under way.
type Progress struct {
	By      string
	Started time.Time
	UpTo    int64
	Of      int64
}

// Timeline is what happened to one object, newest first.
type Timeline struct {
	Rows  []Event
	Pager ui.PagerProps
	Self  string // id of the object whose page it is: it is not named again
	Audit string // address of the same in the log; "" where the person may not see it
}
