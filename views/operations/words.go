package operations

import (
	"strconv"

	"keydesk/models"
	"keydesk/views/layout"
	"keydesk/views/ui"
)

func verb(o models.Operation) string {
	if o.Action == models.OperationDisable {
		return "Disable"
	}
	return "Revoke"
}

// done is the verb of what was done.
func done(o models.Operation) string {
	if o.Action == models.OperationDisable {
		return "disabled"
	}
	return "revoked"
}

// Title is what pages call an operation.
func Title(o models.Operation) string { return verb(o) + " " + ui.Plural(int64(o.Found), "key") }

func crumbs() []ui.Link {
	return []ui.Link{{Label: "Keys", Href: layout.NavKeys}, {Label: "Operations", Href: ListPath}}
}

func malformed(m DraftPage) int64 { return int64(m.Op.Refused) }

func notFound(m DraftPage) int64 { return int64(m.Op.Total - m.Op.Refused - m.Op.Found) }

// number is a count as it has to be typed.
func number(n int) string { return strconv.Itoa(n) }

// typedLabel asks for what has to be typed.
func typedLabel(m DraftPage) string {
	if m.Typed == number(m.Op.Found) {
		return "Type " + m.Typed + " to confirm"
	}
	return "Type the account's name to confirm"
}

func typedHint(m DraftPage) string {
	if m.Typed == number(m.Op.Found) {
		return "The number of keys that were found."
	}
	return m.Typed
}

func stateBadge(o models.Operation) ui.BadgeProps {
	switch o.State {
	case models.OperationDraft:
		return ui.BadgeProps{Kind: ui.KindQuiet, Icon: "info", Word: "Not started"}
	case models.OperationRunning:
		if !o.CancelAt.IsZero() {
			return ui.BadgeProps{Kind: ui.KindWarn, Icon: "clock", Word: "Cancelling"}
		}
		return ui.BadgeProps{Kind: ui.KindQuiet, Icon: "clock", Word: "Running"}
	case models.OperationCancelled:
		if o.StopReason == models.StopCancelled {
			return ui.BadgeProps{Kind: ui.KindWarn, Icon: "circle-pause", Word: "Cancelled"}
		}
		return ui.BadgeProps{Kind: ui.KindWarn, Icon: "circle-pause", Word: "Stopped"}
	}
	return ui.BadgeProps{Kind: ui.KindOK, Icon: "circle-check", Word: "Done"}
}

func itemBadge(o models.Operation, s models.ItemState) ui.BadgeProps {
	switch s {
	case models.ItemDone:
		return ui.BadgeProps{Kind: ui.KindOK, Icon: "circle-check", Word: itemWord(o, s)}
	case models.ItemAlready:
		return ui.BadgeProps{Kind: ui.KindQuiet, Icon: "circle-check", Word: itemWord(o, s)}
	case models.ItemRefused:
		return ui.BadgeProps{Kind: ui.KindWarn, Icon: "circle-alert", Word: itemWord(o, s)}
	case models.ItemFailed:
		return ui.BadgeProps{Kind: ui.KindDanger, Icon: "circle-x", Word: itemWord(o, s)}
	}
	return ui.BadgeProps{Kind: ui.KindQuiet, Icon: "clock", Word: itemWord(o, s)}
}

// itemWord is what became of a row. Of an operation that ended nothing waits any more.
func itemWord(o models.Operation, s models.ItemState) string {
	switch s {
	case models.ItemDone:
		if o.Action == models.OperationDisable {
			return "Disabled"
		}
		return "Revoked"
	case models.ItemAlready:
		return "Already " + done(o)
	case models.ItemRefused:
		return "Not changed"
	case models.ItemFailed:
		return "Failed"
	}
	if o.Ended() {
		return "Not reached"
	}
	return "Waiting"
}

var reasons = map[string]string{
	models.ItemMalformed: "This is not the ID of a key.",
	models.ItemNotFound:  "There is no such key, or not one that you may see.",
	"key_expired":        "The key has expired.",
	"key_revoked":        "The key is revoked.",
	"held_by_another":    "Somebody else stopped it, and only who may lift that can change it.",
	"forbidden":          "The access of who started this does not include this key.",
	"until_past":         "The date until which it was to be disabled has passed.",
}

// reasonText says why a row was not changed.
func reasonText(r Row) string {
	switch {
	case r.Reason == "":
		return ""
	case r.State == models.ItemFailed:
		return "A defect of Keydesk kept it from being changed. The log has the details; it can be tried again."
	case reasons[r.Reason] != "":
		return reasons[r.Reason]
	}
	return r.Reason
}

// stopText says why an operation ended before its end.
func stopText(o models.Operation) string {
	switch o.StopReason {
	case models.StopActorDisabled:
		return o.Actor.Label() + " may not sign in any more, so nothing more is done in their name."
	case models.StopActorAccess:
		return o.Actor.Label() + " lost the access that this needs, so nothing more is done in their name."
	}
	if o.CancelBy != "" {
		return "Cancelled by " + o.CancelBy + "."
	}
	return "Cancelled."
}

// tabs are the rows by state, those that there are.
func tabs(m Page) []ui.Link {
	counts := map[models.ItemState]int{
		models.ItemWaiting: m.Op.Waiting(), models.ItemDone: m.Op.Done, models.ItemAlready: m.Op.Already,
		models.ItemRefused: m.Op.Refused, models.ItemFailed: m.Op.Failed,
	}
	links := []ui.Link{{Label: "All " + ui.Count(int64(m.Op.Total)), Href: Path(m.Op.ID), Current: m.State == ""}}
	for _, s := range models.ItemStates {
		if counts[s] > 0 || m.State == s {
			links = append(links, ui.Link{
				Label: itemWord(m.Op, s) + " " + ui.Count(int64(counts[s])), Href: Path(m.Op.ID) + "?state=" + string(s), Current: m.State == s,
			})
		}
	}
	return links
}

// decided is how many rows something became of.
func decided(o models.Operation) int64 { return int64(o.Total - o.Waiting()) }

// current reports whether the page will say something else soon: then it asks for itself.
func (m Page) current() bool {
	return !m.Op.Ended() || m.Confirmation != nil && !m.Confirmation.Done()
}

func outcome(o models.Operation) string {
	return ui.Count(int64(o.Done)) + " of " + ui.Plural(int64(o.Found), "key") + " " + done(o)
}
