package main

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestFirstCommandsAtOnce: several processes that find nothing yet make one installation of it, with one pepper.
func TestFirstCommandsAtOnce(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		const at = 4
		results := make([]result, at)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() { results[i] = in.keydesk("account", "create", "--name", "first-"+strconv.Itoa(i)) })
		}
		all.Wait()
		for i, r := range results {
			if r.status != exitDone {
				t.Errorf("command %d: status %d, %s", i, r.status, r.err)
			}
		}
		if list := in.done("account", "list"); strings.Count(list, "first-") != at {
			t.Errorf("the accounts are\n%s", list)
		}
	})
}

// TestPepperReplacedTwiceAtOnce: of two replacements at the same time one begins, and nothing is lost.
func TestPepperReplacedTwiceAtOnce(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		in.done("account", "create", "--name", "peppered")
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { in.keydesk("pepper", "replace") })
		}
		all.Wait()
		in.done("account", "list") // the file is the one that the database knows
	})
}

// TestNothingIsMadeByLooking: a command in the wrong directory says so, and leaves it as it was.
func TestNothingIsMadeByLooking(t *testing.T) {
	in := install(t, "sqlite:"+t.TempDir()+"/keydesk.db")
	for _, args := range [][]string{{"key", "list"}, {"account", "list"}, {"audit", "verify"}, {"pepper", "status"}, {"key", "revoke", "x", "--reason", "leaked"}} {
		in.keydesk(args...).refusedWith(t, exitRefused, "--data-dir")
	}
	if _, err := os.Stat(strings.TrimPrefix(in.database, "sqlite:")); !os.IsNotExist(err) {
		t.Errorf("a database was made (%v)", err)
	}
}

// TestASecretThatCannotBeWritten: a full disk behind standard output is no success.
func TestASecretThatCannotBeWritten(t *testing.T) {
	in := onSQLite(t)
	in.done("account", "create", "--name", "lost")
	for _, args := range [][]string{{"key", "create", "--account", "lost", "--scope", scopeMail}, {"gateway", "create", "--name", "edge"}, {"user", "add", "--email", "a@example.com", "--access", "reviewer"}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := in.command(t.Context(), args...)
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = full, &said
		err = cmd.Run()
		_ = full.Close()
		if err == nil || cmd.ProcessState.ExitCode() != exitRefused || !strings.Contains(said.String(), "kept nowhere") {
			t.Errorf("%v: %v, %s", args, err, said.String())
		}
	}
}
