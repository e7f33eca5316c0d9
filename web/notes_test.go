package web_test

import (
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// noteForm is the form of a note as its page gives it.
func noteForm(b *browser, at, note string) url.Values {
	return url.Values{"version": {b.get(at + "/note").field("version")}, "note": {note}}
}

func TestTheNoteOfAStopIsEditedLater(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Responder)
		a := app.account("billing-worker", "orders.user")
		for at, stops := range map[string][]string{
			"/keys/" + app.key(a, "prod").Key.ID: {"disable", "revoke"}, "/service-accounts/" + a.ID: {"suspend"},
		} {
			b.get(at+"/note").want(t, 409) // there is nothing to note
			if got := b.get(at); strings.Contains(got.text, at+"/note") {
				t.Errorf("%s links to a note that it cannot have", at)
			}
			for _, action := range stops {
				b.post(at+"/"+action, url.Values{"reason": {"other"}}).want(t, 303)
				b.get(at).want(t, 200, at+"/note", "Add a note")
				b.follow(b.post(at+"/note", noteForm(b, at, "asked the team about <"+action+">"))).
					want(t, 200, "The note is saved.", "asked the team about <"+action+">", "Edit note")
				b.get(at+"/note").want(t, 200, "asked the team about <"+action+">", "Other")
			}
		}
	})
}

func TestARefusedNoteComesBack(t *testing.T) {
	app := start(t, storetest.New(t))
	b, a := app.as(models.Operator), app.account("billing-worker", "orders.user")
	key := "/keys/" + app.key(a, "prod").Key.ID
	b.post(key+"/disable", url.Values{"reason": {"unused"}, "note": {"first"}}).want(t, 303)
	b.post("/service-accounts/"+a.ID+"/suspend", url.Values{"reason": {"other"}, "note": {"first"}}).want(t, 303)
	for _, at := range []string{key, "/service-accounts/" + a.ID} {
		form := noteForm(b, at, strings.Repeat("x", models.MaxText+1))
		refused := b.post(at+"/note", form)
		refused.want(t, 422, "256 characters at most; this has 257", form.Get("note"))
		if refused.field("version") != form.Get("version") {
			t.Errorf("%s: version %s came back as %s", at, form.Get("version"), refused.field("version"))
		}
		b.post(at+"/note", url.Values{"version": {"1"}, "note": {"x"}, "reason": {"leaked"}}).want(t, 422, "a field that it does not have")
		b.post(at+"/note", url.Values{"note": {"typed"}}).want(t, 422, "The form is damaged", "typed")

		form = noteForm(b, at, "mine")
		b.post(at+"/note", noteForm(b, at, "theirs")).want(t, 303)
		late := b.post(at+"/note", form)
		late.want(t, 409, "Somebody changed this", "It says now: theirs", "mine")
		b.follow(b.post(at+"/note", url.Values{"version": {late.field("version")}, "note": {"mine"}})).want(t, 200, "“mine”")
	}
}

// TestANoteDoesNotMove: the note of a disable that was opened before a revoke is not saved as that of the revoke.
func TestANoteDoesNotMove(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	at := "/keys/" + app.key(app.account("billing-worker", "orders.user"), "prod").Key.ID
	b.post(at+"/disable", url.Values{"reason": {"unused"}}).want(t, 303)
	form := noteForm(b, at, "quiet for a year")
	b.post(at+"/revoke", url.Values{"reason": {"leaked"}, "note": {"in a public repository"}}).want(t, 303)
	b.post(at+"/note", form).want(t, 409, "It says now: in a public repository", "quiet for a year", "Revoked", "Leaked")
	b.get(at).want(t, 200, "“in a public repository”")
}
