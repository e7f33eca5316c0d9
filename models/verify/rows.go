package verify

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"keydesk/models"
)

// ID is an identifier in place, so that rows hold no pointers. Shorter ones end in zero bytes.
type ID [20]byte

func newID(text string) (id ID, err error) {
	if text == "" || len(text) > len(id) {
		return id, fmt.Errorf("an identifier of %d characters: want 1 to %d", len(text), len(id))
	}
	copy(id[:], text)
	return id, nil
}

// String gives the identifier as text; the zero value is "".
func (id ID) String() string { return string(id.Bytes()) }

// Bytes gives the same, in the identifier's own memory.
func (id *ID) Bytes() []byte { return bytes.TrimRight(id[:], "\x00") }

// Times in rows are microseconds of the Unix epoch; 0 is none, and always is until lifted.
const always = math.MaxInt64

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	if m := t.UnixMicro(); m != 0 {
		return m
	}
	return -1 // the epoch itself is a time, not none
}

// past reports whether a time is set and reached: valid strictly before it.
func past(at, now int64) bool { return at != 0 && now >= at }

// until is the end of a restriction that holds, 0 where there is none.
func until(holds bool, end time.Time) int64 {
	switch {
	case !holds:
		return 0
	case end.IsZero():
		return always
	}
	return micros(end)
}

// Flags of rows. Those that a check sets are set atomically.
const (
	flagRevoked uint32 = 1 << iota
	flagUsed           // an allowed use is known: the next is not the first ever
	flagRetired
	flagRedigest // its new digest is on the way
)

type keyRow struct {
	expires       int64
	disabledUntil int64
	id            ID
	account       uint32 // of memory.accounts
	scopes        uint32 // of sets.scopes
	secrets       uint32 // the first of its secrets in memory.secrets
	flags         uint32
	seat          uint32 // in the key's shard of uses, whose lock it is under
}

type secretRow struct {
	retires int64
	digest  [32]byte
	id      ID
	key     uint32
	next    uint32 // the key's next secret
	alike   uint32 // the next secret whose digest has the same head
	flags   uint32
	pepper  int32
}

// account is replaced as a whole when it changes; there are few of them, so they may hold pointers.
type account struct {
	id             string
	folder         string
	suspendedUntil int64
	expires        int64
	deleted        bool
	roles          uint32 // of sets.roles
}

// unseen stands for an account that a key names before the account arrives: nothing of it passes.
func unseen(id string) *account { return &account{id: id, deleted: true} }

func (a *account) stopped(now int64) bool {
	return a.deleted || now < a.suspendedUntil || past(a.expires, now)
}

func keyFlags(k models.GateKey) (f uint32) {
	if k.Revoked {
		f |= flagRevoked
	}
	if k.UsedBefore {
		f |= flagUsed
	}
	return f
}
