package gate

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keydesk/models"
)

// TestTheWire: items 10, 11, 23 and 24. After bytes that are no request the connection ends: what follows them is never
// taken for a request of somebody else.
func TestTheWire(t *testing.T) { both(t, theWire) }

func theWire(t *testing.T) {
	s := prepare(t).start(t)
	head := "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\nHost: gate\r\n"
	post := "POST /gate/check?scope=yc.postbox.send HTTP/1.1\r\nHost: gate\r\n" + s.auth() + "\r\n"
	next := head + s.auth() + "\r\n\r\n"
	for name, tc := range map[string]struct {
		request string
		status  []int
	}{
		"10 NUL in a header":       {head + s.auth() + "\x00\r\n\r\n" + next, []int{400}},
		"11 1.1 MB of header":      {head + "X-Big: " + strings.Repeat("x", 1_100_000) + "\r\n\r\n", []int{431}},
		"24 two content lengths":   {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx" + next, []int{400}},
		"24 chunked garbage":       {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nGET /x" + next, []int{204}},
		"24 length and chunked":    {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next, []int{204}},
		"24 unknown encoding":      {post + "Transfer-Encoding: gzip\r\n\r\n" + next, []int{501}},
		"24 no host":               {"GET /gate/check HTTP/1.1\r\n" + s.auth() + "\r\n\r\n", []int{400}},
		"24 a folded header":       {head + "Authorization: Api-Key\r\n " + s.key + "\r\n\r\n", []int{204}},
		"24 two requests in a row": {next + next, []int{204, 204}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, r := range s.raw(t, tc.request, len(tc.status)+1, true) {
				got = append(got, r.StatusCode)
			}
			if fmt.Sprint(got) != fmt.Sprint(tc.status) {
				t.Errorf("answers %v, want %v and no more", got, tc.status)
			}
		})
	}
	for _, method := range []string{"OPTIONS", "TRACE", "PROPFIND", "PUT", "DELETE", "get"} {
		t.Run("23 "+method, func(t *testing.T) {
			r := s.ask(t, method+" /gate/check?scope=yc.postbox.send", s.auth())
			expect(t, r, http.StatusMethodNotAllowed, wrongMethod)
			if r.Header.Get("Allow") != "GET, HEAD, POST" {
				t.Errorf("Allow: %q", r.Header.Get("Allow"))
			}
		})
	}
	for _, path := range []string{"/gate/verify", "/gate/verify:batch"} {
		r := s.ask(t, "GET "+path, s.auth())
		if expect(t, r, http.StatusMethodNotAllowed, wrongMethod); r.Header.Get("Allow") != "POST" {
			t.Errorf("%s: Allow: %q", path, r.Header.Get("Allow"))
		}
	}
	for _, path := range []string{"/", "/gate", "/gate/check/", "/gate//check", "/Gate/check", "/gate/%2e%2e/gate/check", "/debug/pprof/"} {
		expect(t, s.ask(t, "GET "+path+"?scope=yc.postbox.send", s.auth()), http.StatusNotFound, notFoundCode)
	}
}

// TestGateways: items 19 and 30.
func TestGateways(t *testing.T) { both(t, gateways) }

func gateways(t *testing.T) {
	s := prepare(t).start(t, func(c *Config) { c.GatewayRequired = true })
	mine := "Keydesk-Gateway: " + s.gateway
	for name, headers := range map[string][]string{
		"19 none":         {},
		"19 an API key":   {"Keydesk-Gateway: " + s.key},
		"19 wrong by one": {mine[:len(mine)-1] + "!"},
		"19 empty":        {"Keydesk-Gateway: "},
		"19 twice":        {mine, mine},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.check(t, append(headers, s.auth())...)
			expect(t, r, http.StatusForbidden, models.GatewayDenied)
			r = s.post(t, "/gate/verify", s.question(), headers...)
			expect(t, r, http.StatusUnauthorized, models.GatewayDenied)
			if r.Header.Get("Www-Authenticate") != `Keydesk-Gateway realm="keydesk"` {
				t.Errorf("challenge %q", r.Header.Get("Www-Authenticate"))
			}
		})
	}
	expect(t, s.check(t, mine, s.auth()), 204, "")
	expect(t, s.post(t, "/gate/verify", s.question(), mine), 200, "")
}

func (s *service) question() string {
	return `{"api_key":"` + s.key + `","scopes":["yc.postbox.send"]}`
}

// TestARevokedGatewayOnAnOpenConnection: item 30.
func TestARevokedGatewayOnAnOpenConnection(t *testing.T) { both(t, aRevokedGatewayOnAnOpenConnection) }

func aRevokedGatewayOnAnOpenConnection(t *testing.T) {
	s := prepare(t).start(t, func(c *Config) { c.GatewayRequired = true })
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	ask := func() int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+"/gate/check?scope=yc.postbox.send", nil)
		must(t, err)
		r.Header.Set("Authorization", "Api-Key "+s.key)
		r.Header.Set("Keydesk-Gateway", s.gateway)
		answer, err := client.Do(r)
		must(t, err)
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if got := ask(); got != 204 {
		t.Fatalf("before: %d", got)
	}
	revoked := s.feed.Gateways[0]
	revoked.RevokedAt = time.Now()
	s.change(t, models.Feed{Gateways: []models.Gateway{revoked}})
	if got := ask(); got != http.StatusForbidden {
		t.Errorf("after: %d", got)
	}
}

func TestAGateThatCannotKnowSaysSo(t *testing.T) { both(t, aGateThatCannotKnowSaysSo) }

func aGateThatCannotKnowSaysSo(t *testing.T) {
	s := prepare(t).start(t)
	if r := s.ask(t, "GET /readyz"); r.StatusCode != 200 {
		t.Errorf("readyz %d", r.StatusCode)
	}
	s.leave()
	for name, r := range map[string]*http.Response{
		"check": s.check(t, s.auth()), "verify": s.post(t, "/gate/verify", s.question()), "readyz": s.ask(t, "GET /readyz"),
		"batch": s.post(t, "/gate/verify:batch", `{"checks":[`+s.question()+`,`+s.question()+`]}`),
	} {
		if expect(t, r, 503, models.GateUnavailable); r.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After %q", name, r.Header.Get("Retry-After"))
		}
	}
	if r := s.ask(t, "GET /healthz"); r.StatusCode != 200 {
		t.Errorf("healthz %d", r.StatusCode)
	}
}
