package main

import (
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

// TestDockerfilePinsGo: the image is built with the version of Go that go.mod names.
func TestDockerfilePinsGo(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	docker, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod)
	if version == nil || !strings.Contains(string(docker), "golang:"+string(version[1])+"-") {
		t.Errorf("the Dockerfile does not build with Go %s, which go.mod names", version[1])
	}
}
