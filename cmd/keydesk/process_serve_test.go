package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keydesk/models/store/storetest"
)

// onFreePorts begins the arguments of a server that is expected not to start.
func onFreePorts(args ...string) []string {
	return append([]string{"serve", "--listen", "127.0.0.1:0", "--gate-listen", "127.0.0.1:0"}, args...)
}

// TestTwoServers: one process serves a SQLite file, and the second is told who does; of Postgres any number serve.
func TestTwoServers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		in := onSQLite(t)
		s := in.serve()
		in.keydesk(onFreePorts()...).refusedWith(t, exitRefused, fmt.Sprintf("process %d", s.cmd.Process.Pid), "keydesk.db")
		in.account("served")
		s.passes("the first still serves", in.key("served", "--scope", scopeRead), scopeRead)
		s.kill()
		in.serve() // a lock outlives nobody
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		in := install(t, storetest.EmptyPostgres(t))
		first, second := in.serve(), in.serve()
		in.account("served")
		k := in.key("served", "--scope", scopeRead)
		if c := k.Confirmation; c.Gates != 2 || c.Confirmed != 2 {
			t.Errorf("confirmation %+v, want it from both gates", c)
		}
		first.passes("at the first gate", k, scopeRead)
		second.passes("at the second gate", k, scopeRead)
		first.revoke(k)
		second.refuses("at the second gate", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	})
}

// TestBeyondLoopback: passwords do not travel in the clear unless the operator insists, and then every page says so.
func TestBeyondLoopback(t *testing.T) {
	in := onSQLite(t)
	in.keydesk(onFreePorts("--listen", "0.0.0.0:0")...).refusedWith(t, exitUsage, "0.0.0.0:0 is beyond loopback", "--tls-cert", "--insecure-http")
	in.keydesk("--listen", "0.0.0.0:0").refusedWith(t, exitUsage, "0.0.0.0:0 is beyond loopback") // serve is the default
	in.keydesk(onFreePorts("--listen", "0.0.0.0:0", "--public-url", "http://keydesk.example.com")...).refusedWith(t, exitUsage, "beyond loopback")
	all := in.keydesk(onFreePorts("--listen", "0.0.0.0:0", "--tls-key", "k.pem", "--stale-for", "1h", "--public-url", "keydesk.example.com")...)
	all.refusedWith(t, exitUsage, "beyond loopback", "--tls-cert and --tls-key", "--stale-for", "--public-url")
	if _, err := os.Stat(in.path(databaseFile)); !os.IsNotExist(err) {
		t.Errorf("a start that was refused left a database (%v)", err)
	}
	s := in.serve("--listen", "0.0.0.0:0", "--insecure-http")
	v := s.visitor()
	v.opens("/signin")
	v.sees(http.StatusOK, "This connection is not encrypted.")
	s.stop()
	in.serve("--listen", "0.0.0.0:0", "--public-url", "https://keydesk.example.com")
}

// TestTLS: with a certificate the console is served over https alone, beyond loopback too.
func TestTLS(t *testing.T) {
	in := onSQLite(t)
	lender := httptest.NewTLSServer(nil) // of a certificate for 127.0.0.1 and of its key
	defer lender.Close()
	key, err := x509.MarshalPKCS8PrivateKey(lender.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := in.path("cert.pem"), in.path("key.pem")
	putFile(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw})))
	putFile(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: signerBlock, Bytes: key})))
	s := in.serve("--listen", "0.0.0.0:0", "--tls-cert", certFile, "--tls-key", keyFile)
	answer, err := lender.Client().Get(s.console + "/signin")
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasPrefix(s.console, "https://") {
		t.Fatalf("%s answers %+v (%v)", s.console, answer, err)
	}
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		if !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("the cookie %s may travel in the clear", c.Name)
		}
	}
	plain, err := s.client.Get(strings.Replace(s.console, "https", "http", 1) + "/signin")
	if err == nil && plain.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP is answered %s", plain.Status)
	}
}

// TestEnvironment: variables say what flags say, flags have the last word, and a secret may be in a file.
func TestEnvironment(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		in.with("KEYDESK_STALE_FOR=500ms").keydesk(onFreePorts()...).refusedWith(t, exitUsage, "1s to 300s")
		in.with("KEYDESK_LISTEN=0.0.0.0:0").keydesk("serve").refusedWith(t, exitUsage, "beyond loopback")
		s := in.with("KEYDESK_LOG_FORMAT=json", "KEYDESK_LISTEN=nowhere", "KEYDESK_GATE_LISTEN=nowhere", "KEYDESK_STALE_FOR=500ms").serve("--stale-for", "5s")
		if !strings.Contains(s.said.String(), `"msg":"gate: loaded"`) {
			t.Errorf("the log is no JSON: %s", s.said)
		}
		in.account("seen")
		file := in.path("database-url")
		putFile(t, file, in.database+"\n")
		other := *in
		other.env = []string{"KEYDESK_DATABASE_FILE=" + file, "KEYDESK_DATA_DIR=" + in.dir}
		if list := other.done("account", "list"); !strings.Contains(list, "seen") {
			t.Errorf("the database of the file shows %q", list)
		}
		other.env[0] = "KEYDESK_DATABASE_FILE=" + file + ".gone"
		other.keydesk("account", "list").refusedWith(t, exitRefused, "KEYDESK_DATABASE_FILE", "database-url.gone")
	})
}

// TestHealthcheck: it says whether the gate is ready, wherever that listens.
func TestHealthcheck(t *testing.T) {
	in := onSQLite(t)
	s := in.serve("--gate-listen", "0.0.0.0:0")
	port := s.gate[strings.LastIndex(s.gate, ":"):]
	for _, address := range []string{"127.0.0.1", "0.0.0.0", "localhost", ""} {
		if said := in.done("healthcheck", "--gate-listen", address+port); said != "ready\n" {
			t.Errorf("%q is answered %q", address, said)
		}
	}
	in.with("KEYDESK_GATE_LISTEN=127.0.0.1" + port).done("healthcheck")
	s.stop()
	in.keydesk("healthcheck", "--gate-listen", "127.0.0.1"+port).refusedWith(t, exitRefused, "does not answer")
}

// TestServicesFile: a mistake in the file of services stops the start, and its place is named.
func TestServicesFile(t *testing.T) {
	in := onSQLite(t)
	for name, tc := range map[string]struct{ old, new, word string }{
		"an unknown field":      {"    title: Orders\n", "    titel: Orders\n", "[4:5] unknown field \"titel\""},
		"a list that is none":   {"covers: [orders.read]", "covers: orders.read", "[10:17]"},
		"broken YAML":           {"scopes:\n", "scopes: [\n", "[5:13]"},
		"a scope twice":         {"name: orders.write", "name: orders.read", `"orders.read" of service "orders": This scope is there twice`},
		"a scope of another":    {"name: orders.write", "name: mail.write", `"mail.write" of service "orders"`},
		"covers what is not":    {"covers: [orders.read]", "covers: [orders.reed]", `"orders.reed", which is not there`},
		"a service without one": {"- name: orders\n", "- name: ''\n", `service ""`},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "mistake.yaml")
			text := strings.Replace(ownServices, tc.old, tc.new, 1)
			if text == ownServices {
				t.Fatalf("the file has no %q", tc.old)
			}
			putFile(t, file, text)
			in.keydesk(onFreePorts("--services", file)...).refusedWith(t, exitRefused, tc.word, "mistake.yaml")
		})
	}
	in.keydesk(onFreePorts("--services", in.path("gone.yaml"))...).refusedWith(t, exitRefused, "gone.yaml")
}

// TestMigrate: an empty database is brought up to date, and a Postgres that lags behind waits for its operator.
func TestMigrate(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		if said := in.done("migrate"); !strings.Contains(said, "up to date") || strings.HasPrefix(said, "0 ") {
			t.Errorf("the first migration says %q", said)
		}
		if said := in.done("migrate"); !strings.HasPrefix(said, "0 migrations") {
			t.Errorf("the second migration says %q", said)
		}
		if strings.HasPrefix(in.database, "sqlite:") {
			return
		}
		in.run("DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
		in.keydesk(onFreePorts()...).refusedWith(t, exitRefused, "1 migrations behind", "keydesk migrate")
		in.keydesk("account", "list").refusedWith(t, exitRefused, "keydesk migrate")
	})
}
