package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"keydesk/models"
)

// FormField is the name of the field that carries the form token; htmx sends it in the header.
const (
	FormField  = "form_token"
	FormHeader = "Form-Token"
)

const (
	formNonce   = 16 // random bytes before the MAC: no two tokens are alike, so compression tells nothing of them
	tokenUse    = "form token"
	formMessage = "This page was open for too long, or you signed in or out meanwhile. Nothing was changed. " +
		"Go back: what you typed is still there. Copy it, reload that page, and send it again."
)

// FormToken proves that a form came from this session. Before anybody is signed in it is bound to a cookie of its own,
// which this sets where it is missing; so call it before the answer begins.
func FormToken(c echo.Context) string { return of(c).sign(c, tokenUse) }

// FormID is a one-time id for a form that makes something. The purpose says what is made, and for whom: an id for another
// does not fit. That it is used once is the maker's to see to, in the transaction of the creation.
func FormID(c echo.Context, purpose string) string { return of(c).sign(c, "form id\x00"+purpose) }

// CheckFormID reports whether the id was made by FormID in this session for this purpose.
func CheckFormID(c echo.Context, purpose, id string) bool {
	return of(c).signed(c, "form id\x00"+purpose, id)
}

func (v *visit) sign(c echo.Context, use string) string {
	key := v.key(c)
	if key == nil {
		key = v.visitor(c)
	}
	nonce := v.manager.draw(formNonce)
	return base64.RawURLEncoding.EncodeToString(append(nonce, mac(key, use, nonce)...))
}

func (v *visit) signed(c echo.Context, use, token string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	key := v.key(c)
	if err != nil || key == nil || len(raw) != formNonce+sha256.Size {
		return false
	}
	return hmac.Equal(raw[formNonce:], mac(key, use, raw[:formNonce]))
}

func mac(key []byte, use string, nonce []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(nonce)
	h.Write([]byte(use))
	return h.Sum(nil)
}

// key is what this visit's tokens are made with: the session's, else that of the visitor's cookie; nil where there is
// neither.
func (v *visit) key(c echo.Context) []byte {
	if v.signedIn() {
		return v.who.session.FormKey
	}
	if v.before != nil {
		return v.before
	}
	cookie, err := c.Cookie(v.manager.names.before)
	if err != nil || len(cookie.Value) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return nil
	}
	v.before = visitorKey(cookie.Value)
	return v.before
}

// visitor gives somebody who is not signed in a cookie for form tokens. It is never promoted to a session.
func (v *visit) visitor(c echo.Context) []byte {
	value := base64.RawURLEncoding.EncodeToString(v.manager.draw(sha256.Size))
	options := v.manager.store.options
	c.SetCookie(sessions.NewCookie(v.manager.names.before, value, &options))
	v.before = visitorKey(value)
	return v.before
}

func visitorKey(value string) []byte {
	sum := sha256.Sum256([]byte("keydesk form key\x00" + value))
	return sum[:]
}

// draw answers n random bytes. Without randomness nothing here is safe, so there is no way on.
func (m *Manager) draw(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(m.store.rand, b); err != nil {
		panic("session: no randomness: " + err.Error())
	}
	return b
}

// drop expires a cookie.
func (m *Manager) drop(c echo.Context, name string) {
	options := m.store.options
	options.MaxAge = -1
	c.SetCookie(sessions.NewCookie(name, "", &options))
}

// sent refuses an unsafe request whose form does not carry this session's token.
func (v *visit) sent(c echo.Context) error {
	r := c.Request()
	if v.unread != nil {
		return unread(v.unread)
	}
	token := r.Header.Get(FormHeader)
	if token == "" {
		token = r.PostForm.Get(FormField) // never from the query: a URL is no place for it
	}
	if v.signed(c, tokenUse, token) {
		return nil
	}
	return models.NewError(models.Forbidden, "form_token", formMessage)
}

// unread classifies a form that could not be read: too large is the server's to answer, the rest is malformed.
func unread(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return &models.Error{
		Code: models.Invalid, Reason: "form_malformed", Err: err,
		Text: "The form could not be read. Nothing was changed; go back, reload the page and send it again.",
	}
}

// safe reports whether a method promises to change nothing.
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
