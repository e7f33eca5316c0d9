package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/endpoint"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// TestSelfSigned: on request the server makes a certificate that clients can be told to trust. gRPC, REST and the console's
// pages are at one address, by whichever name of this machine, and the list of endpoints says the advertised one.
func TestSelfSigned(t *testing.T) {
	in := onSQLite(t)
	s := in.serve("--tls-self-signed", "--api-endpoint", "keydesk.test:7443")
	if !strings.Contains(s.said.String(), in.path(selfSignedCert)) {
		t.Errorf("the server does not say where the certificate is: %s", s.said)
	}
	made := in.mustRead(selfSignedCert)
	for _, name := range []string{selfSignedCert, selfSignedKey} {
		if file, err := os.Stat(in.path(name)); err != nil || file.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, file, err)
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(made)) {
		t.Fatal("the certificate cannot be read")
	}
	trusting := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	at, err := url.Parse(s.console)
	if err != nil || at.Scheme != "https" {
		t.Fatalf("the console is at %q, %v", s.console, err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "127.0.0.1", hostname} {
		config := trusting.Clone()
		config.ServerName = name
		if address := firstEndpoint(t, at.Host, config); address != "keydesk.test:7443" {
			t.Errorf("as %s the endpoint is %q", name, address)
		}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting, ForceAttemptHTTP2: true}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	for path, word := range map[string]string{"/endpoints": "keydesk.test:7443", "/signin": "<html"} {
		res, err := client.Get(s.console + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.ProtoMajor != 2 || !strings.Contains(string(text), word) {
			t.Errorf("%s over HTTP/%d: %.200s", path, res.ProtoMajor, text)
		}
	}
	if status := s.stop(); status != exitDone {
		t.Errorf("the server ended with status %d", status)
	}
	in.serve("--tls-self-signed")
	if in.mustRead(selfSignedCert) != made {
		t.Error("a second start made another certificate")
	}
}

// firstEndpoint asks over gRPC where the services are.
func firstEndpoint(t *testing.T, at string, config *tls.Config) string {
	t.Helper()
	conn, err := grpc.NewClient(at, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	list, err := endpoint.NewApiEndpointServiceClient(conn).List(ctx, &endpoint.ListApiEndpointsRequest{})
	if err != nil {
		t.Errorf("as %s: %v", config.ServerName, err)
		return ""
	}
	return list.GetEndpoints()[0].GetAddress()
}

func (in *installation) mustRead(name string) string {
	in.t.Helper()
	text, err := os.ReadFile(in.path(name))
	if err != nil {
		in.t.Fatal(err)
	}
	return string(text)
}

// TestSelfSignedIsMadeAnew: where the certificate of before is of no use any more.
func TestSelfSignedIsMadeAnew(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	cert, key := filepath.Join(dir, selfSignedCert), filepath.Join(dir, selfSignedKey)
	if stillGood(cert, key, "desk", now) {
		t.Error("files that are not there are good")
	}
	if err := makeSelfSigned(cert, key, "desk", now); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		hostname string
		at       time.Time
		good     bool
	}{
		"as it was made":      {"desk", now, true},
		"on another machine":  {"other", now, false},
		"a month before ends": {"desk", now.Add(selfSignedFor - selfSignedLeft + time.Minute), false},
	} {
		if stillGood(cert, key, tc.hostname, tc.at) != tc.good {
			t.Errorf("%s it is good: %v", name, !tc.good)
		}
	}
	putFile(t, key, "half a file")
	if stillGood(cert, key, "desk", now) {
		t.Error("a pair without its key is good")
	}
}

// TestAdvertisedEndpoint: clients are sent to the public address, at the port that its scheme means.
func TestAdvertisedEndpoint(t *testing.T) {
	for address, want := range map[string]string{
		"https://keydesk.example.com": "keydesk.example.com:443", "http://keydesk.example.com": "keydesk.example.com:80",
		"https://keydesk.example.com:8443": "keydesk.example.com:8443", "http://localhost:8080": "localhost:8080", "https://[::1]:8080": "[::1]:8080",
	} {
		if got := hostPort(address); got != want {
			t.Errorf("%s leads to %q, want %q", address, got, want)
		}
	}
	in := onSQLite(t)
	in.keydesk("serve", "--api-endpoint", "https://keydesk.example.com").refusedWith(t, exitUsage, "host:port")
	in.keydesk("serve", "--tls-self-signed", "--tls-cert", "a.pem", "--tls-key", "a.key").refusedWith(t, exitUsage, "--tls-self-signed")
}
