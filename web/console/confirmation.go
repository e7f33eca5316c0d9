package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/ui"
	"keydesk/web/session"
)

// Parameters of a page that shows what a change came to. They hold nothing that a link must not carry, so that a reload
// shows the same and repeats nothing.
const (
	paramDone     = "done"
	paramRevision = "revision"
	paramMillis   = "ms"
)

// changed leads from a change to the page that shows its outcome.
func changed(c echo.Context, path, done string, conf manage.Confirmation) error {
	ref := changeRef{done: done, revision: conf.Revision, millis: conf.Took.Milliseconds()}
	return c.Redirect(http.StatusSeeOther, path+"?"+ref.query().Encode())
}

// done leads on from a change of which no later page could bear out that it was made: it is said once, to this session. A
// link that somebody made up says nothing.
func done(c echo.Context, path, text string) error {
	_ = session.SetFlash(c, *okFlash(text)) // without it the page shows the change all the same
	return c.Redirect(http.StatusSeeOther, path)
}

// changeRef is a change as a page's address names it.
type changeRef struct {
	done     string
	revision int64
	millis   int64
}

// query is the reference as an address carries it.
func (r changeRef) query() url.Values {
	q := url.Values{paramDone: {r.done}}
	if r.revision > 0 {
		q.Set(paramRevision, strconv.FormatInt(r.revision, 10))
		q.Set(paramMillis, strconv.FormatInt(r.millis, 10))
	}
	return q
}

// readChange reads it from the page's address.
func readChange(c echo.Context) changeRef {
	q := c.QueryParams()
	return changeRef{done: q.Get(paramDone), revision: count(q.Get(paramRevision)), millis: count(q.Get(paramMillis))}
}

// afterwardsFor is how long a page may take that tells of what was committed.
const afterwardsFor = 3 * time.Second

// afterwards gives the rest of a request time of its own, until done is called: a change that was committed is told of even
// where the request's own time is over. What fails in it must not be answered as if nothing had changed: see untold.
func afterwards(c echo.Context) (done func()) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), afterwardsFor)
	c.SetRequest(c.Request().WithContext(ctx))
	return cancel
}

// untold is the answer to a change that was committed, where the page that tells of it could not be read.
func untold(err error, text string) error {
	if models.CodeOf(err) != models.Unavailable {
		return err
	}
	return models.NewError(models.Unavailable, "commit_unknown", text)
}

// count reads a number of our own making; anything else is none.
func count(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// subject is the object that a page shows the last change of.
type subject struct {
	kind models.ChangeKind
	id   string
}

func ofKey(k models.Key) subject         { return subject{models.ChangeKey, k.ID} }
func ofAccount(a models.Account) subject { return subject{models.ChangeAccount, a.ID} }

// confirmed reads what the gates say of the change by now; nil where there is none to ask about.
func (h *Handler) confirmed(c echo.Context, of subject, ref changeRef) (*ui.Confirmation, error) {
	if ref.revision == 0 {
		return nil, nil
	}
	conf, err := h.Desk.Recheck(c.Request().Context(), session.Actor(c), of.kind, of.id, ref.revision)
	if err != nil {
		return nil, err
	}
	shown := confirmation(conf)
	shown.Millis = 0
	if conf.Revision == ref.revision { // how long another change took is not known here
		shown.Millis = ref.millis
	}
	return &shown, nil
}

func confirmation(conf manage.Confirmation) ui.Confirmation {
	shown := ui.Confirmation{
		Revision: conf.Revision, Gates: conf.Gates, Confirmed: conf.Confirmed, Millis: conf.Took.Milliseconds(), Now: conf.At,
		Unknown: conf.Unknown, Unproven: conf.Unproven,
	}
	for _, g := range conf.Pending {
		shown.Pending = append(shown.Pending, ui.PendingGate{Gate: g.Name, RefusesBy: g.RefusesBy})
	}
	return shown
}

// flash is the message of a change that a page's address names. said is what the change came to, "" where the object does
// not bear it out: a link that somebody made up says nothing.
func (h *Handler) flash(c echo.Context, of subject, ref changeRef, said string, undo *ui.UndoProps) (*ui.Flash, error) {
	conf, err := h.confirmed(c, of, ref)
	if err != nil || said == "" {
		return nil, err
	}
	f := &ui.Flash{Kind: ui.KindOK, Text: said, Undo: undo, Confirmation: conf}
	if conf != nil {
		f.Kind = conf.Kind()
	}
	return f, nil
}

// refusedSince counts the refusals that only the restriction can have caused.
func refusedSince(uses []models.Use, because models.Outcome, at time.Time) int64 {
	var n int64
	for _, u := range uses {
		if u.Outcome == because && !u.LastAt.Before(at) {
			n += u.Count
		}
	}
	return n
}
