package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// proof is the whole of what a command tells of a confirmation, as JSON.
type proof struct {
	Confirmation struct {
		Complete, Unknown *bool
		Revision          int64
		Gates, Confirmed  int
		TookMS            *int64 `json:"took_ms"`
		Pending           []struct {
			Gate      string
			RefusesBy time.Time `json:"refuses_by"`
		}
		LastAccepted *time.Time `json:"last_accepted_at"`
		RefusedSince *int64     `json:"refused_since"`
	}
}

// TestAStopIsProven: what stops something tells of the last accepted use and of the refusals since, as JSON and in words.
func TestAStopIsProven(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("proven")
		k, other := in.key("proven", "--scope", scopeRead), in.key("proven", "--scope", scopeRead)
		proven := func(refused int64, args ...string) {
			t.Helper()
			var p proof
			in.answer(&p, args...)
			c := p.Confirmation
			if c.Complete == nil || !*c.Complete || c.Unknown == nil || *c.Unknown || c.TookMS == nil || c.Revision == 0 || c.Gates != 1 || c.Confirmed != 1 || c.Pending == nil {
				t.Errorf("%v: %+v, want it confirmed by one gate", args, c)
			}
			if refused < 0 {
				if c.LastAccepted != nil || c.RefusedSince != nil {
					t.Errorf("%v: %+v, want nothing of a stop", args, c)
				}
				return
			}
			if c.LastAccepted == nil || time.Since(*c.LastAccepted) > time.Minute || c.RefusedSince == nil || *c.RefusedSince != refused {
				t.Errorf("%v: %+v, want the last accepted use, and %d refused since", args, c, refused)
			}
		}
		s.passes("the key", k, scopeRead)
		proven(0, "key", "disable", k.ID)
		proven(-1, "key", "enable", k.ID)
		s.passes("the key again", k, scopeRead)
		proven(0, "account", "suspend", "proven")
		s.refuses("the suspended account", k, scopeRead, http.StatusUnauthorized, "suspended_account")
		proven(0, "account", "suspend", "proven", "--note", "again")
		proven(-1, "account", "reactivate", "proven")
		proven(0, "key", "revoke", k.ID, "--reason", "leaked")
		s.refuses("the revoked key", k, scopeRead, http.StatusUnauthorized, "revoked_key")
		s.refuses("the revoked key", k, scopeRead, http.StatusUnauthorized, "revoked_key")
		proven(2, "key", "revoke", k.ID, "--reason", "leaked")
		words := in.keydesk("key", "revoke", other.ID, "--reason", "leaked").err
		if !strings.Contains(words, "Confirmed by 1 of 1 gates in ") || !strings.Contains(words, "; never accepted; 0 refused since.") {
			t.Errorf("in words: %s", words)
		}
		proven(0, "account", "delete", "proven", "--name", "proven")
		var edge struct{ ID string }
		in.answer(&edge, "gateway", "create", "--name", "edge")
		proven(-1, "gateway", "revoke", edge.ID)
	})
}

// TestAnUnconfirmedStopIsDone: the command succeeds, and says which gate may still accept the key and until when.
func TestAnUnconfirmedStopIsDone(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve("--stale-for", "60s")
		in.account("cut-off")
		k := in.key("cut-off", "--scope", scopeRead)
		s.kill()
		r := in.keydesk("key", "revoke", k.ID, "--reason", "leaked", "--json")
		var p proof
		oneValue(t, r.out, &p)
		c := p.Confirmation
		if r.status != exitDone || c.Complete == nil || *c.Complete || c.Confirmed != 0 || len(c.Pending) != 1 || c.Pending[0].RefusesBy.Before(time.Now()) {
			t.Errorf("status %d, confirmation %+v: want it done, and pending of the gate that was killed", r.status, c)
		}
		if !strings.Contains(r.err, "NOT confirmed yet: by 0 of 1 gates") || !strings.Contains(r.err, c.Pending[0].Gate+" has not confirmed: it refuses by 20") {
			t.Errorf("on standard error: %s", r.err)
		}
	})
}
