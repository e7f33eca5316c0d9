package mw_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"testing"

	"keydesk/web/mw"
)

func TestHosts(t *testing.T) {
	public := &url.URL{Scheme: "https", Host: "keys.example.com"}
	for name, tc := range map[string]struct {
		host   string
		public *url.URL
		want   int
	}{
		"localhost":              {"localhost:8080", nil, 204},
		"loopback":               {"127.0.0.1:8080", nil, 204},
		"loopback, version 6":    {"[::1]:8080", nil, 204},
		"loopback beside public": {"localhost:8080", public, 204},
		"public":                 {"Keys.Example.com", public, 204},
		"public, another port":   {"keys.example.com:8443", public, 421},
		"own address":            {"192.0.2.7:8080", nil, 204},
		"another address":        {"192.0.2.8:8080", nil, 421},
		"another name":           {"evil.example", public, 421},
		"a name like ours":       {"localhost.evil.example", nil, 421},
		"a name around ours":     {"keys.example.com.evil.example", public, 421},
		"no name":                {"", public, 421},
	} {
		t.Run(name, func(t *testing.T) {
			r := get()
			r.Host = tc.host
			here := &net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 8080}
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, here))
			if rec := serve(t, r, ok, mw.Hosts(tc.public)); rec.Code != tc.want {
				t.Errorf("Host %q: %d, want %d", tc.host, rec.Code, tc.want)
			}
		})
	}
}
