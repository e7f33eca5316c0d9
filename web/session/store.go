package session

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/gorilla/sessions"

	"keydesk/models"
	"keydesk/models/signin"
)

// store is a sessions.Store whose cookie holds a random id and nothing else. The id's digest is in the database, so that
// a session can be ended there, and a copy of the database opens none.
type store struct {
	service *signin.Service
	options sessions.Options
	rand    io.Reader
}

var _ sessions.Store = (*store)(nil)

// who is what the database knows of a session. It stands in Values under a key of its own type and is never written back.
type who struct {
	session models.Session
	person  models.Person
	actor   models.Actor
}

type valueKey struct{}

var whoKey = valueKey{}

func whoOf(s *sessions.Session) who {
	w, _ := s.Values[whoKey].(who)
	return w
}

// Get answers the request's session, the same one for the whole request.
func (s *store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session that the cookie names. An id that the database does not know is as good as none: it is never
// taken over, so planting one gains nothing.
func (s *store) New(r *http.Request, name string) (*sessions.Session, error) {
	options := s.options
	kept := sessions.NewSession(s, name)
	kept.Options, kept.IsNew = &options, true
	cookie, err := r.Cookie(name)
	if err != nil {
		return kept, nil //nolint:nilerr // no cookie: nobody is signed in
	}
	var w who
	find := s.service.Session
	if r.Method == http.MethodGet && r.Header.Get("HX-Request") != "" {
		find = s.service.Glance // a part of an open page, which nobody may be looking at
	}
	w.session, w.person, w.actor, err = find(r.Context(), cookie.Value)
	if models.CodeOf(err) == models.Unauthenticated {
		return kept, nil
	}
	if err != nil {
		return kept, err
	}
	kept.ID, kept.IsNew = cookie.Value, false
	kept.Values = decode(w.session.Data)
	kept.Values[whoKey] = w
	return kept, nil
}

// Save writes the cookie of a session that begins or ends, and the values of one that goes on, if they changed.
func (s *store) Save(r *http.Request, w http.ResponseWriter, kept *sessions.Session) error {
	if kept.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(kept.Name(), "", kept.Options))
		return nil
	}
	if kept.IsNew {
		http.SetCookie(w, sessions.NewCookie(kept.Name(), kept.ID, kept.Options))
	}
	known := whoOf(kept)
	data, err := encode(kept.Values)
	if err != nil || data == known.session.Data {
		return err
	}
	known.session.Data = data
	kept.Values[whoKey] = known
	return s.service.SaveSession(r.Context(), known.session)
}

// encode writes the values that have a name; what this package keeps beside them stays.
func encode(values map[any]any) (string, error) {
	named := map[string]string{}
	for k, v := range values {
		name, isName := k.(string)
		text, isText := v.(string)
		if isName && isText {
			named[name] = text
		}
	}
	if len(named) == 0 {
		return "", nil
	}
	b, err := json.Marshal(named)
	return string(b), err
}

// decode reads what encode wrote. Damaged data is no data: at worst a message is not shown.
func decode(data string) map[any]any {
	var named map[string]string
	_ = json.Unmarshal([]byte(data), &named)
	values := map[any]any{}
	for k, v := range named {
		values[k] = v
	}
	return values
}
