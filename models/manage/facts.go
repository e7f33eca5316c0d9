package manage

import (
	"strings"
	"time"

	"keydesk/models"
)

// accountFacts are what an event says of an account: these fields and no others.
func accountFacts(a models.Account) models.Facts {
	f := models.Facts{
		"name": a.Name, "description": a.Description, "owner": a.Owner, "roles": strings.Join(a.Roles, " "),
		"expires_at": when(a.ExpiresAt), "suspended": restrictionFacts(a.Suspended),
	}
	if len(a.Labels) > 0 {
		f["labels"] = a.Labels
	}
	return f
}

// keyFacts are what an event says of a key; of its secrets only the masks.
func keyFacts(k models.Key) models.Facts {
	f := models.Facts{
		"service_account_id": k.AccountID, "description": k.Description, "scopes": strings.Join(k.Scopes, " "),
		"expires_at": when(k.ExpiresAt), "disabled": restrictionFacts(k.Disabled), "revoked": restrictionFacts(k.Revoked),
	}
	var masks []string
	for _, s := range k.Secrets {
		mask := s.Mask()
		switch {
		case !s.RetiredAt.IsZero():
			mask += " retired " + when(s.RetiredAt)
		case !s.RetiresAt.IsZero():
			mask += " retires " + when(s.RetiresAt)
		}
		masks = append(masks, mask)
	}
	f["secrets"] = strings.Join(masks, ", ")
	if k.DefaultScopes {
		f["default_scopes"] = true
	}
	return f
}

// restrictionFacts is "" for none, else the facts of one restriction in a line.
func restrictionFacts(r models.Restriction) string {
	if r.At.IsZero() {
		return ""
	}
	s := "since " + when(r.At) + ", " + string(r.Reason)
	if !r.Until.IsZero() {
		s += ", until " + when(r.Until)
	}
	return s
}

// when prints a time in an event; none is "".
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
