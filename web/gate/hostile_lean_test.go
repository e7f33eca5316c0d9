package gate

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBothServersAnswerAlike sends what is odd to the gate's server and to net/http alone: as many answers come from both,
// with the same status, header and body.
func TestBothServersAnswerAlike(t *testing.T) {
	s := prepare(t).start(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	alone := NewHTTPServer(New(Config{Gate: s.gate, Now: time.Now}), slog.New(slog.DiscardHandler))
	go func() { _ = alone.Serve(listener) }()
	t.Cleanup(func() { _ = alone.Close() })
	for name, request := range odd(s) {
		t.Run(name, func(t *testing.T) {
			got, want := s.raw(t, request, 4, true), rawTo(t, listener.Addr().String(), request, 4, true)
			if g, w := describeAll(got), describeAll(want); g != w {
				t.Errorf("%q:\n%s\nnet/http answers:\n%s", request, g, w)
			}
		})
	}
}

func describeAll(list []*http.Response) string {
	var text []string
	for _, r := range list {
		if r.StatusCode >= 400 && r.Header.Get("Keydesk-Error") == "" { // the server's words, not the gate's
			text = append(text, fmt.Sprint(r.StatusCode, r.Close))
			continue
		}
		r.Header.Del("Date")
		text = append(text, fmt.Sprint(r.Proto, r.StatusCode, r.Close, r.ContentLength, r.Header, read(r)))
	}
	return strings.Join(text, "\n")
}

// odd are requests that servers have disagreed about, each followed by a plain one.
func odd(s *service) map[string]string {
	const line = "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\n"
	rest := "Host: gate\r\n" + s.auth() + "\r\n"
	plain := line + rest + "\r\n"
	all := map[string]string{"plain": plain, "HEAD": strings.Replace(plain, "GET", "HEAD", 1), "two": plain + plain + plain}
	for name, with := range map[string]string{
		"nothing more": "", "close": "Connection: close\r\n", "close in a list": "Connection: x, close\r\n", "keep-alive": "Connection: keep-alive\r\n",
		"close in another case": "connection: CLOSE\r\n", "two connections": "Connection: keep-alive\r\nConnection: close\r\n", "upgrade": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n",
		"length 0": "Content-Length: 0\r\n", "a body": "Content-Length: 3\r\n\r\nabc", "length below 0": "Content-Length: -1\r\n", "length +1": "Content-Length: +1\r\n",
		"length 0x1": "Content-Length: 0x1\r\n", "length 1, 1": "Content-Length: 1, 1\r\n", "no length": "Content-Length: \r\n",
		"a huge length": "Content-Length: 99999999999999999999999\r\n", "identity": "Transfer-Encoding: identity\r\n", "chunked": "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"CHUNKED": "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", "chunked twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunked, chunked": "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "xchunked": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "chunked after a tab": "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
		"a blank before the colon": "Transfer-Encoding : chunked\r\n", "a tab before the colon": "Transfer-Encoding\t: chunked\r\n", "a blank in a name": "X Y: z\r\n", "a folded encoding": "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
		"folded": "X-Y: a\r\n b\r\n", "folded onto nothing": "X-Y:\r\n\t\r\n", "a bare newline": "X-Y: z\nX-Z: y\r\n", "a bare return": "X-Y: z\rX-Z: y\r\n", "no colon": "X-Y\r\n", "no name": ": x\r\n",
		"no name, no value": ":\r\n", "an underscore": "Keydesk_Scope: nope\r\n", "NUL in a name": "X\x00Y: z\r\n", "a delete": "X-Y: \x7f\r\n", "high bytes": "X-Y: \xff\xfe\r\n", "a name of high bytes": "X\xff: y\r\n",
		"two hosts": "Host: other\r\n", "an agent": "User-Agent: curl\r\n", "two agents": "User-Agent: a\r\nUser-Agent: b\r\n", "no agent": "User-Agent: \r\n", "an expectation": "Expect: 100-continue\r\n",
		"another expectation": "Expect: 200-ok\r\n", "an expected body": "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "a trailer": "Trailer: X-Y\r\n",
		"a second key": s.auth() + "\r\n", "a session": "Cookie: keydesk_local=x\r\n", "a cookie": "Cookie: a=b\r\n", "two cookies": "Cookie: a=b\r\nCookie: __Host-keydesk=x\r\n", "an odd cookie": "Cookie: =;;keydesk_local\r\n",
		"a scope": "Keydesk-Scope: nope\r\n", "the same scope": "keydesk-scope: yc.postbox.send\r\n", "range": "Range: bytes=0-0\r\n", "if none match": "If-None-Match: *\r\n", "a method": "X-HTTP-Method-Override: DELETE\r\n",
	} {
		all["with "+name] = line + rest + with + ending(with) + plain
	}
	for _, target := range []string{
		"/gate/check", "/gate/check?", "/gate/check?scope=", "/gate/check?scope=yc.postbox.send#x", "/gate/check#", "/gate/check/?scope=x", "/gate/check;x", "/gate/check%3Fscope=x", "/gate/chec%6b?scope=yc.postbox.send",
		"//gate/check?scope=yc.postbox.send", "/gate/../gate/check", "http://gate/gate/check?scope=yc.postbox.send", "http://other/gate/check?scope=yc.postbox.send", "gate/check", "/gate/check?scope=\xff", "/gate/check?scope=a&scope=b",
		"/gate/check?api_key=x", "/gate/check?scope=a;b", "/gate/check?%73cope=yc.postbox.send", "/readyz", "/healthz?x", "/gate/verify", "/%zz", "/gate/check?%zz", "",
	} {
		all["target "+target] = "GET " + target + " HTTP/1.1\r\n" + rest + "\r\n" + plain
	}
	for _, version := range []string{"HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.7", "HTTP/1", "http/1.1", "HTTP/1.1 ", "HTTP/01.1", ""} {
		all["version "+version] = "GET /gate/check?scope=yc.postbox.send " + version + "\r\n" + rest + "\r\n" + plain
	}
	for _, host := range []string{"a b", "a\x01b", "gate:8081", "[::1]:8081", "keydesk_gate", "ü.example", "a@b", "a/b", "a,b", "a\"b"} {
		all["host "+host] = line + "Host: " + host + "\r\n" + s.auth() + "\r\n\r\n" + plain
	}
	for _, method := range []string{"POST", "PUT", "get", "PRI", "P", "CONNECT", "G\x00T", "GE T", "OPTIONS"} {
		all["method "+method] = method + " /gate/check?scope=yc.postbox.send HTTP/1.1\r\n" + rest + "\r\n" + plain
	}
	all["nothing"], all["half a line"], all["half a header"], all["no credential"] = "", "GET /ga", line+"Host: ga", line+"Host: gate\r\n\r\n"+plain
	all["HTTP/1.0 kept alive"] = "GET /gate/check?scope=yc.postbox.send HTTP/1.0\r\nConnection: keep-alive\r\n" + rest + "\r\n" + plain
	all["HTTP/1.0 without a header"] = "GET /healthz HTTP/1.0\r\n\r\n"
	all["newlines alone end the lines"] = strings.ReplaceAll(line+rest, "\r\n", "\n") + "\r\n" + plain
	all["half a preface"], all["most of a preface"] = preface[:9], "PRI / HTTP/1.1\r\nHost: gate\r\n\r\n"
	all["bytes of TLS"] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
	all["refused, then plain"] = strings.Replace(plain, s.key, s.key+"x", 1) + plain
	all["refused HEAD"] = strings.Replace(strings.Replace(plain, "GET", "HEAD", 1), s.key, s.key+"x", 1)
	return all
}

// ending closes a header that is not closed yet.
func ending(with string) string {
	if strings.Contains(with, "\r\n\r\n") {
		return ""
	}
	return "\r\n"
}

// TestWhatTheLeanServerRefusesByItself names where the two differ, so that nothing is added unseen: the gate's server is the
// stricter one, or does what RFC 9112 asks for (section 2.2) and net/http does after a POST only.
func TestWhatTheLeanServerRefusesByItself(t *testing.T) {
	s := prepare(t).start(t)
	const line, host = "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\n", "Host: gate\r\n"
	plain := line + host + s.auth() + "\r\n\r\n"
	for name, tc := range map[string]struct {
		request string
		status  []int
	}{
		"an empty line before":    {"\r\n" + plain + plain, []int{204, 204}},
		"an encoding in HTTP/1.0": {"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + plain, []int{501}},
		"one length twice":        {line + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx" + plain, []int{400}},
		"an empty host":           {line + "Host: \r\n\r\n" + plain, []int{400}},
		"a bad escape in a host":  {line + "Host: ga%te\r\n\r\n" + plain, []int{400}},
		"a bad trailer":           {line + host + "Trailer: Content-Length\r\n\r\n" + plain, []int{400}},
		"a star":                  {"GET * HTTP/1.1\r\n" + host + "\r\n" + plain, []int{400}},
		"most of a preface":       {preface[:20] + "XXXX", []int{400}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, r := range s.raw(t, tc.request, len(tc.status)+1, true) {
				got = append(got, r.StatusCode)
			}
			if !slices.Equal(got, tc.status) {
				t.Errorf("answers %v, want %v", got, tc.status)
			}
		})
	}
}
