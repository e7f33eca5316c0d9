package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

const runbookFile = root + "/RUNBOOK.md"

// documents are what people copy commands from.
var documents = []string{root + "/README.md", runbookFile, root + "/docker-compose.yml", "monitoring/prometheus.yml", "gateway/traefik.md", "detectors/README.md"}

// TestDocumentedCommands: every command line of a document is one that the program understands.
func TestDocumentedCommands(t *testing.T) {
	found := 0
	for _, file := range documents {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(text)) {
			found++
			if err := parsed(line); err != nil {
				t.Errorf("%s: keydesk %s: %v", filepath.Base(file), strings.Join(line, " "), err)
			}
		}
	}
	if found < 20 {
		t.Errorf("%d command lines were found: the test looks in the wrong place", found)
	}
}

// TestCommandLines shows what counts as a command line.
func TestCommandLines(t *testing.T) {
	const text = "Say `keydesk pepper status` or `keydesk key revoke ID`, the binary `keydesk`, not `keydesk key [--x]` nor `keydesk user a|b`.\n" +
		"```sh\nsudo keydesk migrate # first\nSECRET=$(./keydesk key create --account 'a b')\ngo build -o keydesk ./cmd/keydesk && ./keydesk\n" +
		"keydesk audit head > head.json\ncp keydesk-data/x /y\n```\n```\nkeydesk key create [--scope S]…\n```\n"
	var got []string
	for _, line := range commandLines(text) {
		got = append(got, strings.Join(line, "+"))
	}
	want := []string{"pepper+status", "key+revoke+ID", "migrate", "key+create+--account+a b", "", "audit+head"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

var (
	shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")
	inline     = regexp.MustCompile("`keydesk ([^`|…\\[<>\n]+)(?:[<>][^`]*)?`")
	command    = regexp.MustCompile(`(?m)(?:^|[(|&;] *|sudo |exec keydesk )(?:\./|/usr/local/bin/)?keydesk((?: [^|&;)#<>\n]*)?)(?:$|[|&;)#<>])`)
	word       = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
)

// commandLines are the arguments of each command of ours: in shell blocks, and in the text between backquotes.
func commandLines(text string) (lines [][]string) {
	add := func(args string) {
		var words []string
		for _, w := range word.FindAllString(args, -1) {
			words = append(words, strings.Trim(w, `'"`))
		}
		lines = append(lines, words)
	}
	for _, m := range inline.FindAllStringSubmatch(text, -1) {
		add(m[1])
	}
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		for _, m := range command.FindAllStringSubmatch(block[1], -1) {
			add(m[1])
		}
	}
	return lines
}

// parsed reads a command line as main does, and carries nothing out.
func parsed(args []string) error {
	if at := slices.Index(args, "--head"); at >= 0 && at+1 < len(args) { // a file that has to be there
		args = slices.Clone(args)
		args[at+1] = runbookFile
	}
	var c cli
	parser, err := kong.New(&c, kong.Name("keydesk"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard), kong.Vars{"version": version})
	if err == nil {
		_, err = parser.Parse(args)
	}
	return err
}

// TestSeveralGates: nginx asks the next gate where one says that it cannot know, and where one is not there.
func TestSeveralGates(t *testing.T) {
	const second = "127.0.0.1:8082"
	lost := record(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Keydesk-Error", "unavailable")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	well := record(t, scriptedGate)
	service := record(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the service's answer")) })
	for name, first := range map[string]string{"it lost the database": lost.addr, "it is not there": freeAddr(t)} {
		t.Run(name, func(t *testing.T) {
			addr := freeAddr(t)
			runNginx(t, addr, "several.conf", shippedGate, first, second, well.addr, shippedUpstream, service.addr, shippedNginx, addr)
			s := gatewayScene{url: "http://" + addr, gate: well, service: service}
			for range 8 {
				if answer, _ := s.ask(t, "GET", "/mail/1", "allowed", ""); answer.StatusCode != http.StatusOK {
					t.Errorf("a good key: %d", answer.StatusCode)
				}
				if answer, _ := s.ask(t, "GET", "/mail/1", "revoked_key", ""); answer.StatusCode != http.StatusUnauthorized {
					t.Errorf("a revoked key: %d", answer.StatusCode)
				}
			}
		})
	}
}

// TestAlertsHaveTheirRunbook: each leads to a heading of its own.
func TestAlertsHaveTheirRunbook(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile(alertsFile)
	if err == nil {
		err = yaml.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(runbookFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if want := "RUNBOOK.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
				t.Errorf("%s leads to %q, want %q", r.Alert, r.Annotations["runbook_url"], want)
			}
			if !strings.Contains(string(runbook), "\n### "+r.Alert+"\n") {
				t.Errorf("RUNBOOK.md has no heading %q", "### "+r.Alert)
			}
		}
	}
}
