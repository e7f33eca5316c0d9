package clients

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// documented is where the README says that Keydesk listens.
const documented = "localhost:8080"

// block is the README's one block of a language after some words of the section about the API.
func block(t *testing.T, after, language string) string {
	t.Helper()
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## The API\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, section, found := strings.Cut(section, after)
	_, section, opens := strings.Cut(section, "\n```"+language+"\n")
	code, _, closes := strings.Cut(section, "\n```\n")
	if !found || !opens || !closes {
		t.Fatalf("README.md, The API: no block of %s after %q", language, after)
	}
	return code + "\n"
}

// environment runs the README's block that sets what clients need, in the directory of a server, and gives what it set.
func (s *server) environment() []string {
	s.t.Helper()
	lines := strings.Split(s.shell(block(s.t, "for this terminal:", "sh")+"export -p\n", nil), "\n")
	var set []string
	for _, line := range lines {
		m := regexp.MustCompile(`^declare -x (YC_\w+|SSL_CERT_FILE)="(.*)"$`).FindStringSubmatch(line)
		if m != nil {
			set = append(set, m[1]+"="+m[2])
		}
	}
	if len(set) != 4 {
		s.t.Fatalf("the README's block sets %d variables, want 4", len(set))
	}
	return set
}

// shell runs lines of the README where the server runs, with its own address in place of the documented one.
func (s *server) shell(lines string, env []string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", strings.ReplaceAll(lines, documented, s.API)) //nolint:gosec // our README
	cmd.Dir, cmd.Stderr = s.dir, &stderr
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}, env...)
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("the README's lines: %v: %s%s", err, out, &stderr)
	}
	return string(out)
}

var anySecret = regexp.MustCompile(`keydesk_[0-9A-Za-z]{49}`)

// isAKey checks that what a block printed names a key and its secret: the gate knows it, and its account has no role yet.
func (s *server) isAKey(printed, scope string) {
	s.t.Helper()
	secret := anySecret.FindString(printed)
	if secret == "" {
		s.t.Fatalf("no secret is in %q", printed)
	}
	if got := s.opens(secret, scope); got != 403 {
		s.t.Errorf("for the new key the gate answers %d, want 403", got)
	}
	var keys []struct{ ID, MaskedSecret string }
	if err := json.Unmarshal([]byte(strings.ReplaceAll(s.typed("", "key", "list", "--json"), "masked_secret", "MaskedSecret")), &keys); err != nil {
		s.t.Fatal(err)
	}
	for _, k := range keys {
		if k.MaskedSecret == "****"+secret[len(secret)-6:] && strings.Contains(printed, k.ID) {
			return
		}
	}
	s.t.Errorf("the key of the secret is not among %v, or its id not in what was printed", keys)
}

func TestReadmeCurl(t *testing.T) {
	t.Parallel()
	s := serve(t, withTLS...)
	printed := s.shell(block(t, "**curl.**", "sh"), s.environment())
	s.isAKey(printed, "yc.postbox.send")
	if n := strings.Count(printed, `"maskedSecret"`); n != 2 {
		t.Errorf("the new key is told of %d times, want in the answer that makes it and in the list", n)
	}
}

func TestReadmeGo(t *testing.T) {
	t.Parallel()
	shown(t, "example/main.go", block(t, "**Go**", "go"))
	binary := filepath.Join(t.TempDir(), "example")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./example").CombinedOutput(); err != nil { //nolint:gosec // ours
		t.Fatalf("%v: %s", err, out)
	}
	s := serve(t, withTLS...)
	s.isAKey(s.shell(binary, s.environment()), "yc.postbox.send")
}

func TestReadmeNode(t *testing.T) {
	t.Parallel()
	shown(t, "node/example.mjs", block(t, "**Node**", "js"))
	s := serve(t, withTLS...)
	s.isAKey(node(t, s.desk, "example.mjs", s.environment()...), "yc.postbox.send")
}

// shown checks that the README shows a program as it is, but for the line that says where it is shown.
func shown(t *testing.T, file, block string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, code, _ := strings.Cut(string(text), "\n"); code != block {
		t.Errorf("README.md shows another program than tools/clients/%s: copy it over", file)
	}
}

// configuration is the README's for Terraform: its blocks by their words, with the attributes that are written out.
type configuration map[string]map[string]any

func readConfiguration(t *testing.T) configuration {
	t.Helper()
	file, problems := hclsyntax.ParseConfig([]byte(block(t, "**Terraform**", "hcl")), "README.md", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	c := configuration{}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks { //nolint:errcheck,forcetypeassert // what this parser makes
		attributes := map[string]any{}
		for name, a := range b.Body.Attributes {
			if v, problems := a.Expr.Value(nil); !problems.HasErrors() {
				attributes[name] = plainValue(v)
			}
		}
		c[strings.Join(append([]string{b.Type}, b.Labels...), " ")] = attributes
	}
	if at := c["provider yandex"]["endpoint"]; at != documented {
		t.Errorf("the provider is pointed at %v, want %s", at, documented)
	}
	return c
}

func plainValue(v cty.Value) any {
	if v.Type() == cty.String {
		return v.AsString()
	}
	var all []string
	for _, e := range v.AsValueSlice() {
		all = append(all, e.AsString())
	}
	return all
}

// resource is one of the README's.
func (c configuration) resource(t *testing.T, kind, name string) map[string]any {
	t.Helper()
	r, there := c["resource "+kind+" "+name]
	if !there {
		t.Fatalf("README.md configures no %s %s", kind, name)
	}
	return r
}

// TestReadmeNamesTheFolder: the folder that the README names is the one that an empty Keydesk has.
func TestReadmeNamesTheFolder(t *testing.T) {
	t.Parallel()
	s := serve(t, withTLS...)
	if env := s.environment(); !slices.Contains(env, "YC_FOLDER_ID="+s.Folder) {
		t.Errorf("YC_FOLDER_ID is another in the README than %s", s.Folder)
	}
	if c := readConfiguration(t); c["provider yandex"]["folder_id"] != s.Folder {
		t.Errorf("the provider's folder is %v, want %s", c["provider yandex"]["folder_id"], s.Folder)
	}
}
