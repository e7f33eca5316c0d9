package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheServiceOfTheReadme: the service that README shows builds in a module of its own, as README says.
func TestTheServiceOfTheReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n### A service that asks by itself\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(section, -1)
	edit := regexp.MustCompile("`(go mod edit [^`]*)`").FindStringSubmatch(section)
	if len(blocks) != 1 || edit == nil {
		t.Fatalf("README's section has %d blocks of Go and the command %q", len(blocks), edit)
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	putFile(t, filepath.Join(dir, "main.go"), blocks[0][1])
	for _, line := range []string{"go mod init orders", strings.ReplaceAll(edit[1], "../keydesk", here), "go mod tidy", "go vet .", "go build -o orders ."} {
		words := strings.Fields(line)
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || strings.Contains(string(mod), "// indirect") {
		t.Errorf("a service that asks by net/http needs other modules: %s %v", mod, err)
	}
}
