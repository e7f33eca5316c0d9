package console

import (
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/ui"
)

var (
	revokeFields  = fields{"reason": once, "note": once}
	disableFields = revokeFields.and("until") // and suspend
)

// stop reads why something is disabled, suspended or revoked, and until when.
func (f *form) stop() manage.Stop {
	return manage.Stop{Reason: models.Reason(f.one("reason")), Note: f.one("note"), Until: f.optionalDate("until")}
}

// stopForm offers the reasons, with the likeliest chosen.
func stopForm(now time.Time, likely models.Reason, hasUntil bool) ui.RestrictionForm {
	return ui.RestrictionForm{Reasons: models.Reasons, Reason: likely, HasUntil: hasUntil, Earliest: tomorrow(now)}
}

// typedStop is the form as it was typed, with its problems.
func typedStop(now time.Time, f *form, hasUntil bool, problems models.Fields) ui.RestrictionForm {
	m := stopForm(now, models.Reason(f.one("reason")), hasUntil)
	m.Note, m.Until, m.Problems = f.raw("note"), f.one("until"), problems
	return m
}
