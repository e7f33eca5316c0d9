package mw_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/web/mw"
)

var small = mw.Rate{PerSecond: 1, Burst: 2, Parties: 3}

func TestRateLimit(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	anonymous := true
	through := mw.RateLimit(small, func() time.Time { return now }, func(echo.Context) bool { return anonymous })
	try := func(address string) int {
		r := post(form, "")
		r.RemoteAddr = address + ":999"
		return serve(t, r, ok, through).Code
	}
	for i, want := range []int{204, 204, 429} {
		if got := try("192.0.2.1"); got != want {
			t.Errorf("try %d: %d, want %d", i, got, want)
		}
	}
	if got := try("192.0.2.2"); got != 204 {
		t.Errorf("another address: %d, want 204", got)
	}
	now = now.Add(time.Second)
	if got := try("192.0.2.1"); got != 204 {
		t.Errorf("a second later: %d, want 204", got)
	}
	anonymous = false
	if got := try("192.0.2.1"); got != 204 {
		t.Errorf("signed in: %d, want 204", got)
	}
}

func TestAnIPv6NetworkIsOneParty(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	through := mw.RateLimit(small, func() time.Time { return now }, func(echo.Context) bool { return true })
	var last int
	for i := range 3 {
		r := post(form, "")
		r.RemoteAddr = fmt.Sprintf("[2001:db8::%d]:999", i+1)
		last = serve(t, r, ok, through).Code
	}
	if last != 429 {
		t.Errorf("third address of a /64: %d, want 429", last)
	}
}

func TestManyAddressesDoNotFreeTheFirst(t *testing.T) { // and share one allowance, so that memory stays bounded
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	through := mw.RateLimit(small, func() time.Time { return now }, func(echo.Context) bool { return true })
	try := func(address string) int {
		r := post(form, "")
		r.RemoteAddr = address + ":999"
		return serve(t, r, ok, through).Code
	}
	try("192.0.2.1")
	try("192.0.2.1")
	refused := 0
	for i := range 50 {
		if try(fmt.Sprintf("198.51.100.%d", i)) == 429 {
			refused++
		}
	}
	if got := try("192.0.2.1"); got != 429 {
		t.Errorf("the first address: %d, want it still refused", got)
	}
	if refused != 50-2-2 { // two were remembered by name, two fit the shared allowance
		t.Errorf("%d of 50 refused, want 46", refused)
	}
}

func TestRefusalsOfOnePersonAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	person := "bfb1"
	through := mw.RefusalLimit(small, func() time.Time { return now }, func(echo.Context) string { return person })
	answer := func(status int, err error) int {
		return serve(t, post(form, ""), func(c echo.Context) error {
			if err != nil {
				return err
			}
			return c.NoContent(status)
		}, through).Code
	}
	forbidden := models.NewError(models.Forbidden, "forbidden", "No.")
	for range 5 { // what is granted costs nothing
		if got := answer(303, nil); got != 303 {
			t.Fatalf("granted: %d", got)
		}
	}
	for i, want := range []int{403, 422, 429, 429} {
		refusal, status := error(forbidden), 0
		if i == 1 {
			refusal, status = nil, 422 // a form that comes back
		}
		if got := answer(status, refusal); got != want {
			t.Errorf("refusal %d: %d, want %d", i+1, got, want)
		}
	}
	if got := answer(200, nil); got != 429 {
		t.Errorf("beyond the limit anything is %d, want 429", got)
	}
	person = "bfb2"
	if got := answer(200, nil); got != 200 {
		t.Errorf("somebody else: %d", got)
	}
	person, now = "bfb1", now.Add(time.Second)
	if got := answer(0, errors.New("a defect")); got != 500 {
		t.Errorf("a second later: %d", got)
	}
	if got := answer(200, nil); got != 200 {
		t.Errorf("a defect of ours is no refusal: %d", got)
	}
	person = ""
	for range 5 {
		if got := answer(0, forbidden); got != 403 {
			t.Errorf("nobody signed in: %d", got)
		}
	}
}
