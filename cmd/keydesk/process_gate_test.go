package main

import (
	"net/http"
	"os"
	"testing"

	"keydesk/models/store/storetest"
)

// TestAGateAlone answers without a console, makes nothing, and leaves as it came.
func TestAGateAlone(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	alone := []string{"gate", "--gate-listen", "127.0.0.1:0"}
	in.keydesk(append(alone, "--database", "sqlite:"+in.path(databaseFile))...).refusedWith(t, exitUsage, "needs Postgres", "keydesk serve")
	in.keydesk(append(alone, "--stale-for", "500ms", "--trusted-proxy", "here")...).refusedWith(t, exitUsage, "--stale-for", "--trusted-proxy")
	in.keydesk(alone...).refusedWith(t, exitRefused, "pepper.json is missing", "--pepper-file")
	putFile(t, in.path(pepperFile), "{}")
	in.keydesk(alone...).refusedWith(t, exitRefused, "this database is empty", "keydesk serve")
	if err := os.Remove(in.path(pepperFile)); err != nil {
		t.Fatal(err)
	}

	desk := in.serve()
	in.account("shop")
	k := in.key("shop", "--scope", scopeRead)
	s := in.gateAlone("--stale-for", "1s")
	desk.stop()
	s.passes("a key, while no console runs", k, scopeRead)
	if c := in.revokeBeside(k); c.Gates != 1 || c.Confirmed != 1 {
		t.Errorf("confirmation %+v, want it from the one gate", c)
	}
	s.refuses("a key that the command line revoked", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	if r := in.keydesk("healthcheck", "--gate-listen", s.gate[len("http://"):]); r.status != exitDone {
		t.Errorf("the healthcheck of a gate alone says %q", r.err)
	}
	if status := s.stop(); status != exitDone {
		t.Errorf("it ended with status %d: %s", status, s.said)
	}
	if n := in.number("SELECT COUNT(*) FROM gates"); n != 0 {
		t.Errorf("%d gates are registered after all have left", n)
	}
	if n := in.counted(t, k.ID, "allowed"); n != 1 {
		t.Errorf("%d uses are counted, want the one that it saw", n)
	}
}
