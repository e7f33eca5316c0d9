package clients

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/yandex-cloud/go-sdk/v2/credentials"
	"github.com/yandex-cloud/go-sdk/v2/pkg/options"
)

// Addresses of the nginx configuration that ships.
const (
	shippedFront   = "127.0.0.1:8443"
	shippedConsole = "127.0.0.1:8080"
)

// nginxMain is what a distribution's nginx.conf does around the shipped file, in one process that the test ends.
const nginxMain = `daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {}
http {
access_log off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
include console.conf;
}
`

// TestSDKv2BehindNginx: the shipped nginx before a Keydesk without TLS, for SDK v2 that looks the addresses up, for REST, and
// for the console.
func TestSDKv2BehindNginx(t *testing.T) {
	if told := os.Getenv(handedOver); told != "" {
		var d desk
		if err := json.Unmarshal([]byte(told), &d); err != nil {
			t.Fatal(err)
		}
		tell(t, d, buildV2(t, credentials.IAMToken(d.Token), options.WithDiscoveryEndpoint(d.API)))
		return
	}
	t.Parallel()
	front := freeAddress(t)
	s := serve(t, "--api-endpoint", front, "--trusted-proxy", "127.0.0.1/32")
	d := s.desk
	d.API, d.CA = front, startFront(t, front, s.API)
	again(t, d)
	for path, want := range map[string]string{"/signin": "<h1", "/iam/v1/apiKeyScopes?pageSize=1": `"scopes"`} {
		if got := d.get(t, path); !strings.Contains(got, want) {
			t.Errorf("GET %s through nginx answers %q, want something with %q", path, got, want)
		}
	}
}

// freeAddress is one where nobody listens now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startFront starts nginx with a certificate for 127.0.0.1, before a console, and gives the certificate's file.
func startFront(t *testing.T, front, console string) (ca string) {
	t.Helper()
	dir := t.TempDir()
	shipped, err := os.ReadFile(filepath.Join(root, "cmd/keydesk/gateway/nginx/console.conf"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, port, _ := net.SplitHostPort(console)
	put("console.conf", strings.NewReplacer(shippedFront, front, shippedConsole, "127.0.0.1:"+port).Replace(string(shipped)))
	certificate, key := pair(t)
	put("tls.key", key)
	cmd := exec.CommandContext(context.Background(), "/usr/sbin/nginx", "-p", dir, "-c", put("nginx.conf", nginxMain), "-e", "stderr") //nolint:gosec // of this test
	said := &transcript{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	ca = put("tls.pem", certificate)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("nginx said:\n%s", said)
		}
	})
	eventually(t, "nginx listens", func() bool {
		c, err := net.Dial("tcp", front) //nolint:noctx // of this test
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return ca
}

// pair is a certificate for 127.0.0.1 and its key, PEM: that of the standard library's test server.
func pair(t *testing.T) (certificate, key string) {
	t.Helper()
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	defer lender.Close()
	der, err := x509.MarshalPKCS8PrivateKey(lender.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	encoded := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encoded("CERTIFICATE", lender.Certificate().Raw), encoded("PRIVATE KEY", der)
}

// get asks for a path of the desk with the administrator's token, and gives what a good answer says.
func (d desk) get(t *testing.T, path string) string {
	t.Helper()
	certificate, err := os.ReadFile(d.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer c.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+d.API+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(path, "/iam/") {
		r.Header.Set("Authorization", "Bearer "+d.Token)
	}
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var body bytes.Buffer
	if _, err := io.Copy(&body, a.Body); err != nil || a.StatusCode != http.StatusOK {
		t.Errorf("GET %s: %d %v", path, a.StatusCode, err)
	}
	return body.String()
}
