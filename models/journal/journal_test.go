package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/journal"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func revoked(n int) models.Fact {
	return models.Fact{At: noon, Kind: models.FactKeyRevoked, ID: fmt.Sprintf("aje%017d", n), Epoch: 1, Revision: int64(n), Token: fmt.Sprint("token", n)}
}

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, _, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func read(t *testing.T, path string) models.Journaled {
	t.Helper()
	sum, err := journal.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func appended(t *testing.T, j *journal.Journal, facts ...models.Fact) {
	t.Helper()
	if err := j.Append(facts); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFactsAreSummedUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "revocations.jsonl")
	if sum := read(t, path); !sum.Empty() {
		t.Errorf("what is not there says %+v", sum)
	}
	j, until := open(t, path), noon.Add(time.Hour)
	appended(t, j, revoked(1), models.Fact{Kind: models.FactAccountDeleted, ID: "a"}, models.Fact{Kind: models.FactGatewayRevoked, ID: "g"})
	appended(t, j,
		models.Fact{Kind: models.FactSecretRetired, ID: "s", KeyID: "k", Until: &until},
		models.Fact{Kind: models.FactSecretRetired, ID: "s", KeyID: "k"},
		models.Fact{Kind: models.FactSecretRetired, ID: "s", KeyID: "k", Until: &until}, // never put off
		models.Fact{Kind: models.FactKeyDisabled, ID: "k", Until: &until}, models.Fact{Kind: models.FactKeyDisabled, ID: "k2"},
		models.Fact{Kind: models.FactKeyEnabled, ID: "k2"}, models.Fact{Kind: models.FactAccountSuspended, ID: "a2"},
		models.Fact{Kind: models.FactAccountReactivated, ID: "a2"}, models.Fact{Kind: models.FactKeyScopes, ID: "k", Scopes: []string{"orders.read"}},
		models.Fact{Kind: models.FactEpoch, ID: "of two", Epoch: 2, Revision: 4, Token: "four"}, revoked(9))
	sum := read(t, path)
	if !sum.Keys[revoked(1).ID] || !sum.Accounts["a"] || !sum.Gateways["g"] || !sum.Secrets["s"].Ends().IsZero() || sum.Secrets["s"].KeyID != "k" {
		t.Errorf("what is final: %+v", sum)
	}
	if len(sum.Disabled) != 1 || !sum.Disabled["k"].Ends().Equal(until) || len(sum.Suspended) != 0 || len(sum.Scopes["k"].Scopes) != 1 {
		t.Errorf("what can be lifted: %+v", sum)
	}
	if sum.Epoch.Number != 2 || sum.Epoch.Token != "of two" || sum.Last.Revision != 4 || sum.Last.Token != "four" || sum.Lines != 14 {
		t.Errorf("the newest is %+v in %+v: a later revision of an older epoch is older", sum.Last, sum.Epoch)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
}

// A line that a crash cut short is no line; the next that is written stands by itself.
func TestATornLine(t *testing.T) {
	for name, tc := range map[string]struct {
		torn  string
		lines int
	}{
		"half a line":               {`{"at":"2026-11-23T12:00:00Z","fact":"key.rev`, 2},
		"a brace":                   {`{`, 2},
		"all but the end":           {`{"fact":"key.revoked","id":"whole","epoch":1,"revision":3,"token":"x"}`, 3},
		"nothing but what is blank": {"   ", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "j")
			appended(t, open(t, path), revoked(1))
			if err := os.WriteFile(path, []byte(content(t, path)+tc.torn), 0o600); err != nil {
				t.Fatal(err)
			}
			if sum := read(t, path); sum.Lines != tc.lines-1 || !sum.Keys[revoked(1).ID] {
				t.Errorf("before: %+v", sum)
			}
			j := open(t, path)
			appended(t, j, revoked(2))
			if sum := read(t, path); sum.Lines != tc.lines || !sum.Keys[revoked(2).ID] || sum.Keys["whole"] != (tc.lines == 3) {
				t.Errorf("after: %+v of %s", sum, content(t, path))
			}
			if err := j.Intact(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADamagedLineIsNamed(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{"", "xx", `{"fact":"key.revoked"}`, "null", "[1]"} {
		path := filepath.Join(t.TempDir(), "j")
		appended(t, open(t, path), revoked(1), revoked(2), revoked(3))
		lines := strings.SplitAfter(content(t, path), "\n")
		lines[1] = damage + "\n"
		if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		j, sum, err := journal.Open(path)
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", damage, err)
		}
		if !sum.Keys[revoked(1).ID] || !sum.Keys[revoked(3).ID] || j.Intact() == nil {
			t.Errorf("%q: the rest counts, and the whole does not: %+v", damage, sum)
		}
	}
}

// Several processes write one file: no line is lost or mixed with another.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	var all sync.WaitGroup
	const writers, batches, each = 4, 10, 5
	for w := range writers {
		j := open(t, path)
		all.Go(func() {
			for b := range batches {
				facts := make([]models.Fact, each)
				for i := range facts {
					facts[i] = revoked(1 + (w*batches+b)*each + i)
				}
				if err := j.Append(facts); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if sum := read(t, path); sum.Lines != writers*batches*each || len(sum.Keys) != sum.Lines {
		t.Errorf("%d lines, %d keys", sum.Lines, len(sum.Keys))
	}
}

// A journal that cannot be written says so, and goes on when it can.
func TestAJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "in the way")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the directory belongs: root is stopped too
		t.Fatal(err)
	}
	j, _, _ := journal.Open(filepath.Join(dir, "j"))
	if err := j.Append([]models.Fact{revoked(1)}); err == nil || j.Intact() == nil {
		t.Errorf("it fails with %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	appended(t, j, revoked(1))
	if sum := read(t, j.Path()); !sum.Keys[revoked(1).ID] {
		t.Errorf("after: %+v", sum)
	}
}

// A journal that was taken away is begun anew, and is not whole any more.
func TestAJournalThatIsTakenAway(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "j"))
	appended(t, j, revoked(1))
	if err := os.Remove(j.Path()); err != nil {
		t.Fatal(err)
	}
	if err := j.Append([]models.Fact{revoked(2)}); !errors.Is(err, models.ErrJournalAnew) {
		t.Errorf("it answers %v", err)
	}
	appended(t, j, revoked(1), revoked(2))
	if sum := read(t, j.Path()); sum.Lines != 2 || j.Intact() == nil {
		t.Errorf("after: %+v, %v", sum, j.Intact())
	}
}

// A journal out of which something was taken, as by a rotation that copies and truncates, is begun anew: what is known is
// written again.
func TestAJournalThatIsCut(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "j"))
	appended(t, j, revoked(1), revoked(2))
	if err := os.Truncate(j.Path(), 0); err != nil {
		t.Fatal(err)
	}
	if err := j.Append([]models.Fact{revoked(3)}); !errors.Is(err, models.ErrJournalAnew) || j.Intact() == nil {
		t.Errorf("it answers %v", err)
	}
	appended(t, j, revoked(1), revoked(2), revoked(3))
	if sum := read(t, j.Path()); sum.Lines != 3 {
		t.Errorf("after: %+v", sum)
	}
}

// A journal that was cut between a process's start and its first line is noticed by that line.
func TestAJournalThatIsCutBeforeTheFirstLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	appended(t, open(t, path), revoked(1))
	j := open(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := j.Append([]models.Fact{revoked(2)}); !errors.Is(err, models.ErrJournalAnew) {
		t.Errorf("it answers %v", err)
	}
}
