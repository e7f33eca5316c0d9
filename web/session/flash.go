package session

import (
	"encoding/json"

	"github.com/labstack/echo/v4"

	"keydesk/views/ui"
)

const flashValue = "flash"

// SetFlash leaves a message for the next page, after a redirect. It is kept in the database, so it must hold no secret.
// A later one replaces it. Without a session there is nobody to leave it for.
func SetFlash(c echo.Context, f ui.Flash) error {
	v := of(c)
	if !v.signedIn() {
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	v.kept.Values[flashValue] = string(b)
	return v.kept.Save(c.Request(), c.Response())
}

// TakeFlash answers the message that was left, once; nil where there is none. Where it cannot be deleted it may be shown
// again, which is better than no page.
func TakeFlash(c echo.Context) *ui.Flash {
	v := of(c)
	text, ok := v.kept.Values[flashValue].(string)
	if !ok {
		return nil
	}
	delete(v.kept.Values, flashValue)
	_ = v.kept.Save(c.Request(), c.Response())
	var f ui.Flash
	if json.Unmarshal([]byte(text), &f) != nil {
		return nil
	}
	return &f
}
