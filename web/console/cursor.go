package console

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/ui"
)

// place is where a page of a list begins, as its address carries it: opaque, for what is in it may change.
type place struct {
	at   models.Cursor
	back bool // the page ends before at, instead of beginning after it
}

// placeVersion is the form of a place; another is refused rather than misread.
const placeVersion = 1

func (p place) String() string {
	raw := []byte{placeVersion, 0}
	if p.back {
		raw[1] = 1
	}
	raw = binary.BigEndian.AppendUint64(raw, uint64(p.at.At.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(raw, p.at.ID...))
}

// readPlace reads a list's "page" parameter; none is the list's beginning.
func readPlace(text string) (place, error) {
	if text == "" {
		return place{}, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) <= 10 || raw[0] != placeVersion || raw[1] > 1 || !printable(string(raw[10:])) {
		return place{}, echo.ErrBadRequest
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(raw[2:10]))).UTC() //nolint:gosec // bits; what is no time is refused below
	p := place{at: models.Cursor{At: at, ID: string(raw[10:])}, back: raw[1] == 1}
	if p.String() != text || at.Year() < 1 || at.Year() > 9999 { // base64 has spellings of its own, and not every number is a time
		return place{}, echo.ErrBadRequest
	}
	return p, nil
}

// row is what can be paged over.
type row interface{ Cursor() models.Cursor }

// pager links the pages around this one. A page that was reached backwards has a next one: the one it was reached from.
func pager[T row](page models.Page[T], here place, path string, query url.Values) ui.PagerProps {
	var p ui.PagerProps
	if len(page.Rows) == 0 {
		return p
	}
	link := func(to place) string {
		q := url.Values{"page": {to.String()}}
		for name, values := range query {
			q[name] = values
		}
		return path + "?" + q.Encode()
	}
	if first := page.Rows[0].Cursor(); here.back && page.More || !here.back && here != (place{}) {
		p.Prev = link(place{at: first, back: true})
	}
	if last := page.Rows[len(page.Rows)-1].Cursor(); here.back || page.More {
		p.Next = link(place{at: last})
	}
	return p
}

// onlyParams refuses a query with a parameter that the page does not know, or has twice: a filter that is silently ignored
// shows more than was asked for.
func onlyParams(c echo.Context, names ...string) error {
	for name, values := range c.QueryParams() {
		if len(values) != 1 || !slices.Contains(names, name) || !printable(values[0]) {
			return echo.ErrBadRequest
		}
		if manage.HoldsSecret(values[0]) {
			return models.NewError(models.Invalid, "secret_in_address",
				"A secret was entered here, and is in this page's address now: in the browser's history, at least. Treat its key as leaked.")
		}
	}
	return nil
}
