package mw

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// Hosts answers only for the names that are Keydesk's: another name in the Host header is how a web page reaches a server
// on somebody's own machine (DNS rebinding), and how caches are poisoned. A name of the loopback interface always is one;
// an IP address is where the connection came in at it; so is the host of the public URL, if there is one.
func Hosts(publicURL *url.URL) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if publicURL != nil && strings.EqualFold(r.Host, publicURL.Host) || loopback(r) || ownAddress(r) {
				return next(c)
			}
			return echo.NewHTTPError(http.StatusMisdirectedRequest)
		}
	}
}

// hostname is the Host header without its port and brackets, in lower case.
func hostname(r *http.Request) string {
	return strings.ToLower((&url.URL{Host: r.Host}).Hostname())
}

func loopback(r *http.Request) bool {
	name := hostname(r)
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

func ownAddress(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	ip := net.ParseIP(hostname(r))
	return ok && ip != nil && ip.Equal(local.IP)
}
