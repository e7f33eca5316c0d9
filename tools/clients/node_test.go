package clients

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// nodePackages installs what node/package-lock.json pins, at its first use. No script of a package runs.
var nodePackages = sync.OnceValues(func() (out []byte, err error) {
	cmd := exec.CommandContext(context.Background(), "npm", "ci", "--ignore-scripts")
	cmd.Dir = "node"
	return cmd.CombinedOutput()
})

// node runs a script of node/ against a desk, and gives what it printed.
func node(t *testing.T, d desk, script string, env ...string) string {
	t.Helper()
	if out, err := nodePackages(); err != nil {
		t.Fatalf("npm ci, which tools/install.sh makes possible: %v: %s", err, out)
	}
	told, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), "node", script) //nolint:gosec // a script of this repository
	cmd.Dir, cmd.Stderr = "node", &stderr
	cmd.Env = append(append(os.Environ(), handedOver+"="+string(told)), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node %s: %v\n%s%s", script, err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

func TestNodeSDK(t *testing.T) {
	t.Parallel()
	d := serve(t, withTLS...).desk
	keyID := node(t, d, "story.mjs")
	if !regexp.MustCompile(`^aje[a-z0-9]{17}$`).MatchString(keyID) {
		t.Fatalf("the story in Node ends with %q, want the id of a key", keyID)
	}
	d.carriesTheChip(t, keyID)
}
