package gate

import (
	"net/http"
	"testing"
)

func TestTheClientIsTheRightmostUntrustedHop(t *testing.T) {
	trusted := prefixes("127.0.0.0/8", "10.0.0.0/8", "fd00::/8")
	for name, tc := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"peer alone":                {"127.0.0.1:1", nil, "127.0.0.1"},
		"one hop":                   {"127.0.0.1:1", []string{"192.0.2.1"}, "192.0.2.1"},
		"a client's own claim":      {"127.0.0.1:1", []string{"6.6.6.6, 192.0.2.1"}, "192.0.2.1"},
		"proxies between":           {"127.0.0.1:1", []string{"6.6.6.6, 192.0.2.1, 10.1.1.1"}, "192.0.2.1"},
		"several lines":             {"127.0.0.1:1", []string{"6.6.6.6", "192.0.2.1,10.1.1.1"}, "192.0.2.1"},
		"all trusted":               {"127.0.0.1:1", []string{"10.2.2.2, 10.1.1.1"}, "10.2.2.2"},
		"an untrusted peer":         {"192.0.2.9:1", []string{"6.6.6.6"}, "192.0.2.9"},
		"no address":                {"127.0.0.1:1", []string{"6.6.6.6, unknown, 10.1.1.1"}, "10.1.1.1"},
		"only rubbish":              {"127.0.0.1:1", []string{"rubbish"}, "127.0.0.1"},
		"empty":                     {"127.0.0.1:1", []string{""}, "127.0.0.1"},
		"IPv6":                      {"[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		"a zone":                    {"[fe80::1%eth0]:1", nil, "fe80::1"},
		"mapped":                    {"[::ffff:127.0.0.1]:1", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		"a peer without an address": {"@", []string{"6.6.6.6"}, "invalid IP"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &Handlers{trusted: trusted}
			r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{"X-Forwarded-For": tc.forwarded}}
			if got := h.client(r).String(); got != tc.want {
				t.Errorf("client %s, want %s", got, tc.want)
			}
		})
	}
}
