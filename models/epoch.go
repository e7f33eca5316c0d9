package models

import (
	"fmt"
	"time"
)

// Origin names the database server that answers. A part that its role may not ask for, and all of it on SQLite, is "".
type Origin struct {
	SystemID string // of the Postgres cluster, which every copy of its files shares
	Timeline string // eight hex digits; a promotion and a recovery to a point in time begin another
}

// Same reports whether two readings can be of one history. A part that one of them does not know tells nothing.
func (o Origin) Same(other Origin) bool {
	return (o.SystemID == other.SystemID || o.SystemID == "" || other.SystemID == "") &&
		(o.Timeline == other.Timeline || o.Timeline == "" || other.Timeline == "")
}

// Epoch is a stretch of the database's history without a gap. A new one is written when a database that went back in time,
// or another that took its place, is accepted.
type Epoch struct {
	Number int64  `gorm:"primaryKey"`
	Origin Origin `gorm:"embedded"`
	Token  string // 128 random bits, hex: two databases may write an epoch of one number
	At     time.Time
	By     string // Actor.Label
}

// Standing is where a database stands: which one answers, in which epoch, and its newest change.
type Standing struct {
	Origin Origin
	Epoch  Epoch // zero where none was written yet
	Last   Change
	// Alarmed says that a gate found it to have gone back in time, and that nobody has accepted it since. Who knows less of its
	// history than that gate cannot tell that it is whole.
	Alarmed bool
}

// Departs says why a database is not the one that somebody knew by its epoch, "" where it is or goes on from that.
func (s Standing) Departs(known Epoch) string {
	switch {
	case s.Epoch.Number < known.Number:
		return fmt.Sprintf("its newest epoch is %d, and %d was known", s.Epoch.Number, known.Number)
	case s.Epoch.Number == known.Number && s.Epoch.Token != known.Token:
		return fmt.Sprintf("its epoch %d is another than the one that was known", known.Number)
	}
	return s.Strayed()
}

// Strayed says why the server that answers is not the one that the newest epoch was written on, "" where it is.
func (s Standing) Strayed() string {
	if s.Epoch.Number == 0 || s.Origin.Same(s.Epoch.Origin) {
		return ""
	}
	return fmt.Sprintf("system %s, timeline %s answers, and epoch %d was written on system %s, timeline %s",
		s.Origin.SystemID, s.Origin.Timeline, s.Epoch.Number, s.Epoch.Origin.SystemID, s.Epoch.Origin.Timeline)
}

// Follows reports whether an epoch that was accepted later than the known one is what answers.
func (s Standing) Follows(known Epoch) bool {
	return s.Epoch.Number > known.Number && s.Strayed() == ""
}
