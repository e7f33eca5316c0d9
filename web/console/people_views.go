package console

import (
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/people"
	"keydesk/views/ui"
	"keydesk/web/session"
)

func personModel(c echo.Context, r signin.PersonRow) people.Person {
	return people.Person{
		ID: r.ID, Email: r.Email, Access: r.Access, State: r.State(), LockedUntil: r.LockedUntil, CreatedAt: r.CreatedAt,
		DisabledAt: r.DisabledAt, LastSignInAt: r.LastSignInAt, Self: r.ID == session.Person(c).ID,
	}
}

// mayPerson says which controls would not be refused. Who manages people may all; the rest is the person's state.
func (h *Handler) mayPerson(c echo.Context, v signin.PersonView) people.Can {
	if !session.Actor(c).MayAnywhere(models.PeopleManage) {
		return people.Can{}
	}
	disabled := !v.DisabledAt.IsZero()
	return people.Can{
		Access: true, Disable: !disabled && !v.Last && v.ID != session.Person(c).ID, Enable: disabled, Link: !disabled,
		Unlock: h.now().Before(v.LockedUntil), Sessions: len(v.Sessions) > 0 || v.State() == models.PersonActive, // who has none may have IAM tokens
	}
}

func sessionModels(c echo.Context, list []models.Session) []people.Session {
	current := session.Current(c).Ref()
	var out []people.Session
	for _, s := range list {
		out = append(out, people.Session{
			Ref: s.Ref(), Address: s.Address, Agent: s.Agent, Since: s.CreatedAt, Seen: s.SeenAt, This: s.Ref() == current,
		})
	}
	return out
}

func eventModels(v signin.PersonView) []people.Event {
	var out []people.Event
	for _, e := range v.Events {
		m := people.Event{
			At: e.At, Action: e.Action, By: e.ActorName, Address: e.Address, Refused: e.Result == models.EventRefused, Reason: e.Reason,
			Personal: e.ActorType == models.ActorPerson && e.ActorID == v.ID,
		}
		if e.ObjectID != v.ID && e.ObjectType != "session" {
			m.Object = e.ObjectName
		}
		out = append(out, m)
	}
	return out
}

// What a change of a person came to. Each holds only as long as the person bears it out.
const (
	doneUnlocked = "unlocked"
)

func personSaid(done string, v signin.PersonView, now time.Time) string {
	disabled := !v.DisabledAt.IsZero()
	said := map[string]struct {
		holds bool
		text  string
	}{
		doneDisabled: {disabled, v.Email + " is disabled, and signed out everywhere."},
		doneEnabled:  {!disabled, v.Email + " can sign in again."},
		doneUnlocked: {!now.Before(v.LockedUntil), v.Email + " is no longer locked out."},
	}[done]
	if !said.holds {
		return ""
	}
	return said.text
}

func okFlash(text string) *ui.Flash { return &ui.Flash{Kind: ui.KindOK, Text: text} }
