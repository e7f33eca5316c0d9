package manage_test

import (
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

func (b *bench) head() int64 {
	b.t.Helper()
	feed, err := b.Store.Feed(b.t.Context(), 0)
	return must(feed, err)(b.t).Last.Revision
}

func TestAKeysNoteIsEdited(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, id := t.Context(), b.key(b.account("worker"), "yc.postbox.send").Key.ID
		_, err := b.EditNote(ctx, operator, id, manage.NoteEdit{Note: "x"})
		wantCode(t, err, models.Precondition) // nothing holds that a note could be about
		until := stop
		until.Until = b.at.Add(time.Hour)
		disabled, _, err := b.DisableKey(ctx, operator, id, until)
		must(0, err)(t)
		b.pass(time.Hour)
		_, err = b.EditNote(ctx, operator, id, manage.NoteEdit{Note: "x"})
		wantCode(t, err, models.Precondition) // the disable ended by itself
		revoked, _, err := b.RevokeKey(ctx, responder, id, stop)
		must(0, err)(t)

		_, err = b.EditNote(ctx, responder, id, manage.NoteEdit{Version: disabled.Version, Note: "about the disable"})
		wantCode(t, err, models.Conflict)
		_, err = b.EditNote(ctx, responder, id, manage.NoteEdit{Note: strings.Repeat("é", models.MaxText+1)})
		wantField(t, err, "note")
		before := b.head()
		must(b.EditNote(ctx, responder, id, manage.NoteEdit{Version: revoked.Version, Note: "the team has a new one"}))(t)
		now := must(b.Key(ctx, reviewer, id))(t).Key
		want := revoked.Revoked
		want.Note = "the team has a new one"
		if now.Revoked != want || now.Disabled.Note != stop.Note || now.Version != revoked.Version+1 {
			t.Errorf("revoked %+v, disabled %+v, version %d", now.Revoked, now.Disabled, now.Version)
		}
		if e := b.lastEvent(); e.Action != "key.note" || e.Note != want.Note || e.ObjectID != id || e.Result != models.EventDone {
			t.Errorf("event %+v", e)
		}
		if after := b.head(); after != before {
			t.Errorf("a note took revision %d: gates do not know notes", after)
		}
	})
}

func TestASuspensionsNoteIsEdited(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, a := t.Context(), b.account("worker")
		_, err := b.EditAccountNote(ctx, operator, a.ID, manage.NoteEdit{Note: "x"})
		wantCode(t, err, models.Precondition)
		suspended, _, err := b.SuspendAccount(ctx, operator, a.ID, stop)
		must(0, err)(t)
		_, err = b.EditAccountNote(ctx, operator, a.ID, manage.NoteEdit{Version: a.Version, Note: "x"})
		wantCode(t, err, models.Conflict)
		_, err = b.EditAccountNote(ctx, operator, a.ID, manage.NoteEdit{Note: "a\nb"})
		wantField(t, err, "note")
		before := b.head()
		must(b.EditAccountNote(ctx, responder, a.ID, manage.NoteEdit{Version: suspended.Version}))(t)
		now := must(b.Account(ctx, reviewer, a.ID))(t)
		want := suspended.Suspended
		want.Note = ""
		if now.Suspended != want || now.Version != suspended.Version+1 || b.head() != before {
			t.Errorf("suspended %+v, version %d, revision %d (was %d)", now.Suspended, now.Version, b.head(), before)
		}
		if e := b.lastEvent(); e.Action != "account.note" || e.ActorName != responder.Name || e.ObjectID != a.ID {
			t.Errorf("event %+v", e)
		}
	})
}
