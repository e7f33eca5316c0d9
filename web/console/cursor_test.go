package console

import (
	"net/url"
	"testing"
	"time"

	"keydesk/models"
)

func TestAPlaceIsReadAsItWasWritten(t *testing.T) {
	for name, want := range map[string]place{
		"by name":   {at: models.Cursor{ID: "billing-worker/aje00000000000000000"}},
		"by time":   {at: models.Cursor{At: time.Date(2026, 11, 23, 9, 5, 7, 123456000, time.UTC), ID: "aje00000000000000000"}},
		"backwards": {at: models.Cursor{ID: "a"}, back: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := readPlace(want.String()); err != nil || got != want {
				t.Errorf("%+v came back as %+v, %v", want, got, err)
			}
		})
	}
	if got, err := readPlace(""); err != nil || got != (place{}) {
		t.Errorf("no place is %+v, %v", got, err)
	}
}

// FuzzReadPlace: whatever somebody makes up is refused, or is a place that its own address leads back to.
func FuzzReadPlace(f *testing.F) {
	f.Add(place{at: models.Cursor{ID: "a"}}.String())
	f.Add("AQI")
	f.Add("%%%")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := readPlace(text)
		if err == nil && text != "" && p.String() != text {
			t.Errorf("%q is read as %+v, which is %q", text, p, p.String())
		}
	})
}

type line string

func (l line) Cursor() models.Cursor { return models.Cursor{ID: string(l)} }

func TestPager(t *testing.T) {
	rows := []line{"b", "c"}
	after, before := place{at: models.Cursor{ID: "a"}}, place{at: models.Cursor{ID: "d"}, back: true}
	for name, tc := range map[string]struct {
		here       place
		rows       []line
		more       bool
		prev, next bool
	}{
		"all there is":          {place{}, rows, false, false, false},
		"the first page":        {place{}, rows, true, false, true},
		"one in the middle":     {after, rows, true, true, true},
		"the last":              {after, rows, false, true, false},
		"back in the middle":    {before, rows, true, true, true},
		"back at the first":     {before, rows, false, false, true},
		"nothing is left of it": {after, nil, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := pager(models.Page[line]{Rows: tc.rows, More: tc.more}, tc.here, "/x", url.Values{"q": {"é&"}})
			if (p.Prev != "") != tc.prev || (p.Next != "") != tc.next {
				t.Errorf("prev %q, next %q, want %v and %v", p.Prev, p.Next, tc.prev, tc.next)
			}
			if p.Next != "" && !keeps(p.Next, "é&") {
				t.Errorf("%q lost the filter", p.Next)
			}
		})
	}
}

func keeps(link, q string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Query().Get("q") == q && u.Path == "/x"
}
