package verify

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"keydesk/models"
	"keydesk/models/secret"
)

func TestAnOldPeppersSecretIsMovedAtItsNextUse(t *testing.T) {
	w := newWorld(t) // its key is stored under version 1
	var err error
	if w.peppers, err = secret.NewPeppers(2, map[int][]byte{1: make([]byte, 32), 2: []byte("0123456789abcdef0123456789abcdef")}); err != nil {
		t.Fatal(err)
	}
	g := leased(t, w)
	for range 3 {
		expect(t, g, w.ask("orders.read"), models.Allowed)
	}
	if err := g.flush.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	moved := w.flushed[0].Redigest
	want, _ := w.peppers.Digest(2, w.secret.Sum())
	if len(moved) != 1 || moved[0] != (models.Redigest{KeyID: w.key.ID, SecretID: w.key.Secrets[0].ID, Digest: want, PepperVersion: 2}) {
		t.Fatalf("moved %+v", moved)
	}
	w.key.Secrets[0].Digest, w.key.Secrets[0].PepperVersion = want, 2
	step(t, g, w, models.Feed{Keys: []models.GateKey{w.key}})
	expect(t, g, w.ask("orders.read"), models.Allowed)
	if g.flush.collect(); len(g.flush.queue) != 1 || len(g.flush.queue[0].Redigest) != 0 {
		t.Errorf("moved again: %+v", g.flush.queue)
	}
}

func TestAPepperThatAnotherProcessAddedIsRead(t *testing.T) {
	w, path, r := newWorld(t), filepath.Join(t.TempDir(), "pepper.json"), rand.NewChaCha8([32]byte{})
	if err := secret.CreatePepperFile(path, r); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.peppers, err = secret.LoadPeppers(path); err != nil {
		t.Fatal(err)
	}
	g := leased(t, w)
	if _, err := secret.AddPepper(path, r); err != nil {
		t.Fatal(err)
	}
	other, err := secret.LoadPeppers(path)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := other.Digest(2, w.secret.Sum())
	w.key.Secrets = []models.GateSecret{{ID: w.key.Secrets[0].ID, Digest: digest, PepperVersion: 2}}
	step(t, g, w, models.Feed{Keys: []models.GateKey{w.key}})
	expect(t, g, w.ask("orders.read"), models.Allowed)
}

func TestGatewayCredentials(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	credential, err := secret.NewGateway(w.rand)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := w.peppers.Digest(1, credential.Sum())
	gateway := models.Gateway{ID: w.id(t), Digest: digest[:], PepperVersion: 1}
	if g.Gateway(credential.Reveal()) {
		t.Error("an unknown credential is good")
	}
	step(t, g, w, models.Feed{Gateways: []models.Gateway{gateway}})
	if !g.Gateway(credential.Reveal()) || g.Gateway(w.secret.Reveal()) || g.Gateway("") {
		t.Error("the credential is refused, or a key's secret is taken for one")
	}
	if w.peppers, err = secret.NewPeppers(2, map[int][]byte{1: make([]byte, 32), 2: []byte("0123456789abcdef0123456789abcdef")}); err != nil {
		t.Fatal(err)
	}
	g.cfg.Peppers = w.peppers
	for range 2 { // the second is queued no second time
		if !g.Gateway(credential.Reveal()) {
			t.Error("a credential under the old pepper is refused")
		}
	}
	want, _ := w.peppers.Digest(2, credential.Sum())
	if g.flush.collect(); len(g.flush.queue) != 1 || len(g.flush.queue[0].Redigest) != 1 ||
		g.flush.queue[0].Redigest[0] != (models.Redigest{GatewayID: gateway.ID, Digest: want, PepperVersion: 2}) {
		t.Errorf("moved: %+v", g.flush.queue)
	}
	gateway.RevokedAt = w.clock()
	step(t, g, w, models.Feed{Gateways: []models.Gateway{gateway}})
	if g.Gateway(credential.Reveal()) {
		t.Error("a revoked credential is good")
	}
}
