// Package session is the conversation about who asks: the cookie, who is signed in, what they may, form tokens, and the
// message that a redirect leaves for the next page.
package session

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
)

// Manager keeps sessions. It holds no state of its own: any process answers any request.
type Manager struct {
	service *signin.Service
	store   *store
	origins *http.CrossOriginProtection
	names   names
}

// Options are the surroundings of a Manager.
type Options struct {
	Secure    bool      // served over https: the cookies are Secure and carry the __Host- prefix
	Demo      bool      // cookies of its own: browsers do not tell ports apart, and a real console may be on another one
	PublicURL string    // scheme and host under which browsers see the console; "" where it is what they ask for
	Rand      io.Reader // production: crypto/rand.Reader; used from several goroutines at once
}

// names of the cookies. With the __Host- prefix a browser takes them only from this very host, over https, for all
// paths. Plain http on loopback cannot have it.
type names struct{ session, before, link string }

func namesOf(opt Options) names {
	switch {
	case opt.Demo:
		return names{"keydesk_demo", "keydesk_demo_form", "keydesk_demo_link"}
	case opt.Secure:
		return names{"__Host-keydesk", "__Host-keydesk-form", "__Host-keydesk-link"}
	}
	return names{"keydesk_local", "keydesk_local_form", "keydesk_local_link"}
}

// New makes a Manager. A public URL that is not scheme://host[:port] is an error.
func New(service *signin.Service, opt Options) (*Manager, error) {
	origins := http.NewCrossOriginProtection()
	if opt.PublicURL != "" {
		if err := origins.AddTrustedOrigin(opt.PublicURL); err != nil {
			return nil, fmt.Errorf("the public URL must be scheme://host[:port]: %w", err)
		}
	}
	options := sessions.Options{Path: "/", Secure: opt.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	return &Manager{
		service: service, origins: origins, names: namesOf(opt),
		store: &store{service: service, rand: opt.Rand, options: options},
	}, nil
}

// Meta is what is known of the request, for the sign-in rules and their events.
func Meta(c echo.Context) signin.Meta {
	return signin.Meta{RequestID: requestID(c), Address: c.RealIP(), Agent: c.Request().UserAgent()}
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// Load finds out who asks, once a request, and forbids caches to keep the answer. A form is read before: it may arrive
// slowly, and whoever was kept out meanwhile changes nothing. A database that does not answer is an error: nobody is taken
// for signed out because of it.
func (m *Manager) Load(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		var unread error
		if !safe(c.Request().Method) {
			unread = c.Request().ParseForm()
		}
		kept, err := m.store.Get(c.Request(), m.names.session)
		if err != nil {
			return err
		}
		v := &visit{manager: m, kept: kept, who: whoOf(kept), unread: unread}
		v.who.actor.RequestID, v.who.actor.Address = requestID(c), c.RealIP()
		c.Set(visitKey, v)
		return next(c)
	}
}

// Begin puts a session that was just opened into the browser's cookie. One that the browser had before ends: an id never
// survives a sign-in.
func (m *Manager) Begin(c echo.Context, g signin.Granted) error {
	v := of(c)
	if old := v.kept.ID; old != "" {
		if err := m.service.SignOut(c.Request().Context(), Meta(c), old); err != nil {
			return err
		}
	}
	v.kept.ID, v.kept.IsNew = g.Token, true
	v.kept.Values = map[any]any{whoKey: who{session: g.Session}}
	m.drop(c, m.names.before)
	return v.kept.Save(c.Request(), c.Response())
}

// End signs out: the id is dead on the server, and the browser is told to forget what it kept of this site.
func (m *Manager) End(c echo.Context) error {
	v := of(c)
	if v.kept.ID == "" {
		return nil
	}
	if err := m.service.SignOut(c.Request().Context(), Meta(c), v.kept.ID); err != nil {
		return err
	}
	v.kept.Options.MaxAge = -1
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return v.kept.Save(c.Request(), c.Response())
}

// visitKey is where a request's visit is kept in echo's context.
const visitKey = "keydesk.visit"

// visit is one request's view of its session.
type visit struct {
	manager *Manager
	kept    *sessions.Session
	who     who
	before  []byte // form key of a visitor who is not signed in, once it is known
	unread  error  // why the form could not be read
}

// of answers the request's visit. A route outside Load is a mistake of ours, found by the first request.
func of(c echo.Context) *visit {
	v, ok := c.Get(visitKey).(*visit)
	if !ok {
		panic(errors.New("session: this route is not behind Load"))
	}
	return v
}

// Actor is who asks, with the access they have now. The zero actor is nobody and may nothing.
func Actor(c echo.Context) models.Actor {
	if v := of(c); v.signedIn() {
		return v.who.actor
	}
	return models.Actor{}
}

// Person is who is signed in; zero where nobody is.
func Person(c echo.Context) models.Person { return of(c).who.person }

// Current is the session of this request; zero where nobody is signed in.
func Current(c echo.Context) models.Session { return of(c).who.session }

// Still answers whether whoever asks is signed in now, and holds the permission: for an answer that takes long.
func Still(c echo.Context, p models.Permission) error {
	v := of(c)
	_, _, by, err := v.manager.service.Glance(c.Request().Context(), v.kept.ID)
	if err == nil && !by.MayAnywhere(p) {
		err = models.NewError(models.Forbidden, "forbidden", "Your access does not include this any more.")
	}
	return err
}

// Known reports whether Load ran for this request: the frame of an error page asks before it asks who.
func Known(c echo.Context) bool {
	_, ok := c.Get(visitKey).(*visit)
	return ok
}

func (v *visit) signedIn() bool { return v.who.person.ID != "" }
