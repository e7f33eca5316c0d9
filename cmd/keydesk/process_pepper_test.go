package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// pepperReport is what `pepper status --json` prints.
type pepperReport struct {
	Current int
	Secrets map[string]int `json:"secrets_by_version"`
}

func (in *installation) peppers() (r pepperReport) {
	in.t.Helper()
	in.answer(&r, "pepper", "status")
	return r
}

// TestPepperReplaced: under a running server the pepper is replaced: each secret moves at its next use, none is refused, and
// the old pepper goes when none needs it.
func TestPepperReplaced(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("peppered")
		used, unused := in.key("peppered", "--scope", scopeRead), in.key("peppered", "--scope", scopeRead)
		s.passes("before", used, scopeRead)
		if p := in.peppers(); p.Current != 1 || p.Secrets["1"] != 2 {
			t.Errorf("before the replacement the peppers are %+v", p)
		}
		in.done("pepper", "replace")
		if p := in.peppers(); p.Current != 2 || p.Secrets["1"] != 2 {
			t.Errorf("after its beginning the peppers are %+v", p)
		}
		made := in.key("peppered", "--scope", scopeRead) // its digest is of a pepper that the server did not have when it began
		s.passes("a key of the new pepper", made, scopeRead)
		s.passes("a key of the old one", used, scopeRead)
		eventually(t, 2*flushEvery+flushTakes, "the used key moves", func() bool { p := in.peppers(); return p.Secrets["1"] == 1 && p.Secrets["2"] == 2 })
		s.passes("a key that moved", used, scopeRead)
		in.keydesk("pepper", "replace").refusedWith(t, exitRefused)

		if status := s.stop(); status != exitDone {
			t.Errorf("the server ended with status %d", status)
		}
		s = in.serve()
		s.passes("a key that did not move, after a restart", unused, scopeRead)
		s.passes("a key that moved, after a restart", used, scopeRead)
		eventually(t, 2*flushEvery+flushTakes, "the last key moves", func() bool { p := in.peppers(); return p.Secrets["1"] == 0 && p.Secrets["2"] == 3 })
		if said := in.done("pepper", "replace"); !strings.Contains(said, "dropped") {
			t.Errorf("the end of the replacement is answered %q", said)
		}
		for what, k := range map[string]madeKey{"first": used, "second": unused, "third": made} {
			s.passes("after the end, the "+what+" key", k, scopeRead)
		}
		s.refuses("a typo, as ever", madeKey{Secret: flipped(used.Secret)}, scopeRead, http.StatusUnauthorized, "malformed_key")
		s.kill()
		in.serve().passes("under the new pepper alone", used, scopeRead)
	})
}

// TestPepperFile: a wrong or a missing pepper stops a start in plain words, and nothing is written in its place.
func TestPepperFile(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		in.done("account", "create", "--name", "peppered")
		right, err := os.ReadFile(in.path(pepperFile))
		if err != nil {
			t.Fatal(err)
		}
		other := install(t, "sqlite:"+t.TempDir()+"/keydesk.db")
		other.done("account", "create", "--name", "other")
		wrong, err := os.ReadFile(other.path(pepperFile))
		if err != nil {
			t.Fatal(err)
		}
		serve := []string{"serve", "--listen", "127.0.0.1:0", "--gate-listen", "127.0.0.1:0"}

		putFile(t, in.path(pepperFile), string(wrong))
		in.keydesk(serve...).refusedWith(t, exitRefused, pepperFile, "not the one that this database was made with", "--pepper-file")
		in.keydesk("key", "list").refusedWith(t, exitRefused, pepperFile)
		putFile(t, in.path(pepperFile), `{"current":1,"peppers":{"1":"`)
		broken := in.keydesk(serve...)
		broken.refusedWith(t, exitRefused, pepperFile, "not what Keydesk wrote")
		if err := os.Remove(in.path(pepperFile)); err != nil {
			t.Fatal(err)
		}
		in.keydesk(serve...).refusedWith(t, exitRefused, pepperFile, "is missing", "--pepper-file")
		if _, err := os.Stat(in.path(pepperFile)); !os.IsNotExist(err) {
			t.Errorf("a pepper was made in place of the missing one (%v)", err)
		}

		elsewhere := t.TempDir() + "/kept.json"
		putFile(t, elsewhere, string(right))
		in.done("account", "list", "--pepper-file", elsewhere)
		in.with("KEYDESK_PEPPER_FILE="+elsewhere).done("account", "list")
	})
}

// TestPepperOfGateway: a gateway's credential moves like a key's secret, or the old pepper could never go.
func TestPepperOfGateway(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve("--gate-listen", "0.0.0.0:0")
		in.account("behind-gateway")
		k := in.key("behind-gateway", "--scope", scopeRead)
		var edge struct{ Secret string }
		in.answer(&edge, "gateway", "create", "--name", "edge")
		in.done("pepper", "replace")
		s.check(k.Secret, scopeRead, "Keydesk-Gateway", edge.Secret).is(t, "under the old pepper", http.StatusNoContent, "")
		eventually(t, 2*flushEvery+flushTakes, "both move", func() bool { p := in.peppers(); return p.Secrets["1"] == 0 && p.Secrets["2"] == 2 })
		in.done("pepper", "replace")
		s.check(k.Secret, scopeRead, "Keydesk-Gateway", edge.Secret).is(t, "under the new pepper", http.StatusNoContent, "")
	})
}
