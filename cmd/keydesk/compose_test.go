package main

import (
	goversion "go/version"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCompose: what docker-compose.yml mounts exists, what it publishes stays on loopback, and it holds no password.
func TestCompose(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	mounts := regexp.MustCompile(`(?m)^ +- (\./\S+?):/`).FindAllStringSubmatch(text, -1)
	if len(mounts) == 0 {
		t.Error("no mounted files found")
	}
	for _, m := range mounts {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("docker-compose.yml mounts what is not there: %v", err)
		}
	}
	ports := regexp.MustCompile(`(?m)^ +- "?(\S+:\d+)"?$`).FindAllStringSubmatch(text, -1)
	if len(ports) == 0 {
		t.Error("no published ports found")
	}
	for _, p := range ports {
		if !strings.HasPrefix(p[1], "127.0.0.1:") {
			t.Errorf("docker-compose.yml publishes %s beyond loopback", p[1])
		}
	}
	if m := regexp.MustCompile(`(?m)^ +POSTGRES_PASSWORD: .*$`).FindString(text); m != "" {
		t.Errorf("docker-compose.yml holds a password: %s", m)
	}
}

// TestDockerfilePinsGo: the image is built with one version of Go, of the line that go.mod names.
func TestDockerfilePinsGo(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	docker, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod)
	pinned := regexp.MustCompile(`golang:([0-9]+\.[0-9]+\.[0-9]+)-`).FindSubmatch(docker)
	if named == nil || pinned == nil {
		t.Fatal("go.mod or the Dockerfile names no whole version of Go")
	}
	want, have := "go"+string(named[1]), "go"+string(pinned[1])
	if goversion.Lang(have) != goversion.Lang(want) || goversion.Compare(have, want) < 0 {
		t.Errorf("the Dockerfile builds with %s, go.mod wants %s or a later one of its line", have, want)
	}
}
