package ui

import (
	"strings"
	"time"

	"keydesk/models"
)

// Picker is a list of checkboxes grouped by service: scopes of a key, roles of an account.
type Picker struct {
	Name    string // of the checkboxes: "scopes", "roles"
	Legend  string
	Hint    string
	Filter  string // label of the live filter: "Find a scope"
	Groups  []Group
	Fold    string // over the groups that are folded away: "12 services that no role of the account permits"
	Starts  []Link // "Start from": links to this form with another selection; may be empty
	Problem string
}

// Group is one service's choices.
type Group struct {
	Title   string
	Choices []Choice
	Folded  bool // folded away with the others that are
}

// Choice is one checkbox.
type Choice struct {
	Value    string
	Text     string
	Selected bool
	Covers   []string // what is permitted with it, beyond itself
	Role     bool     // it is a role: what it covers are the scopes that it permits
	Warning  string   // stands beside the choice whether it is selected or not: "no role of this account permits this"
	Extra    *Extra   // what makes it of use after all; nil: nothing
}

// Extra is a checkbox beneath a choice. It says something else than the choice, and is sent under another name.
type Extra struct {
	Name   string // "add_roles"
	Value  string
	Label  string
	Ticked bool
}

// groups are those that stand in sight, or those that are folded away.
func (p Picker) groups(folded bool) []Group {
	var out []Group
	for _, g := range p.Groups {
		if g.Folded == folded {
			out = append(out, g)
		}
	}
	return out
}

// Selected counts the ticked choices.
func (p Picker) Selected() int {
	n := 0
	for _, g := range p.Groups {
		for _, c := range g.Choices {
			if c.Selected {
				n++
			}
		}
	}
	return n
}

// coversText says what lies behind a choice.
func (c Choice) coversText() string {
	if c.Role {
		return "Permits " + Plural(int64(len(c.Covers)), "scope")
	}
	return "Covers " + Plural(int64(len(c.Covers)), "other scope")
}

// search is what the live filter looks in.
func (c Choice) search(group string) string {
	return strings.ToLower(c.Value + " " + c.Text + " " + group + " " + strings.Join(c.Covers, " "))
}

// Values of an expiry choice. A form sends one as the field, and a date beside it in <name>_date ("2027-02-21").
const (
	ExpiryDate  = "date"  // at 00:00 UTC of <name>_date
	ExpiryNever = "never" // no expiry
	ExpiryKeep  = "keep"  // edit: as it is
)

// ExpiryPicker is a choice of moments. It serves a key's expiry, an account's, and the overlap of a reissue.
type ExpiryPicker struct {
	Name     string // of the field: "expires", "overlap"
	Legend   string
	Hint     string
	Choices  []Moment
	Selected string    // Value of the chosen one
	Date     string    // as typed, "2027-02-21"
	Earliest time.Time // of the date
	Latest   time.Time // zero: no limit
	DateHelp string    // under the date; empty: "Stops working at 00:00 UTC on that day."
	Problem  string    // with the choice
	DateBad  string    // with the date
}

// Moment is one choice: a preset, or one of the Expiry constants.
type Moment struct {
	Value   string    // "7d", "30d", "90d", "1y", ExpiryDate, ExpiryNever, ExpiryKeep; overlaps: "now", "1h", "24h", "7d", ExpiryDate
	Label   string    // "90 days"
	At      time.Time // the moment that it stands for, zero where it stands for none
	Warning string    // shown with it: why it is a bad idea
	Off     string    // why it cannot be chosen; empty: it can
}

// RestrictionForm asks why, until when and with which note: disable, suspend, revoke.
type RestrictionForm struct {
	Reasons  []models.Reason
	Reason   models.Reason // preselected
	Note     string
	HasUntil bool   // it may end by itself
	Until    string // as typed, "2027-02-21": ends at 00:00 UTC of that day; "" until lifted
	Earliest time.Time
	Problems models.Fields // reason, note, until
}

// NoteWord is what a link to a restriction's note says.
func NoteWord(note string) string {
	if note == "" {
		return "Add a note"
	}
	return "Edit note"
}

// ReasonWord is a reason in words.
func ReasonWord(r models.Reason) string {
	switch r {
	case models.ReasonLeaked:
		return "Leaked"
	case models.ReasonUnused:
		return "Unused"
	case models.ReasonSuperseded:
		return "Superseded"
	case models.ReasonOwnerLeft:
		return "Owner left"
	}
	return "Other"
}
