package main

import (
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// search looks for the secrets in every place where Keydesk leaves something.
func (c *canary) search(s *server, when string) {
	c.t.Helper()
	link := s.setupLink()
	said := strings.Replace(s.said.String(), link, "", 1) // the terminal's one line
	c.vault.absent(c.t, when+": the log", []byte(said), "level=INFO")
	c.vault.absent(c.t, when+": an answer of another command or request", []byte(c.heard.String()), "Keydesk-Error")
	files := 0
	for path, text := range c.files(c.dir) {
		if name := filepath.Base(path); name == pepperFile || name == auditKeyFile {
			continue
		}
		files++
		c.vault.absent(c.t, when+": "+path, text, "")
	}
	if files == 0 {
		c.t.Errorf("%s: the data directory has no files", when)
	}
	if path, ok := strings.CutPrefix(c.database, "sqlite:"); ok {
		c.sqlite(path, when)
		return
	}
	c.postgres(when)
}

// files reads all files below a directory; those that end meanwhile are left out.
func (c *canary) files(dir string) map[string][]byte {
	c.t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a database removes files as it likes
		}
		if text, err := os.ReadFile(path); err == nil {
			all[path] = text
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

// sqlite looks into the file and, while the server runs, into its log of changes.
func (c *canary) sqlite(path, when string) {
	c.t.Helper()
	names := []string{path}
	if when == "running" {
		names = append(names, path+"-wal")
	}
	all := ""
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			c.t.Error(err)
		}
		all += string(text)
	}
	c.vault.absent(c.t, when+": the database", []byte(all), c.key.ID)
}

// postgres looks into a dump, and into the files of the database and of the server's log of changes.
func (c *canary) postgres(when string) {
	c.t.Helper()
	dump := exec.Command(c.postgresProgram("pg_dump"), "--dbname", c.database)
	text, err := dump.Output()
	if err != nil {
		c.t.Fatalf("pg_dump: %v", err)
	}
	c.vault.absent(c.t, when+": the dump", text, c.key.ID)
	c.alter(0, "CHECKPOINT")
	oid := ""
	db := c.open()
	if err := db.QueryRow("SELECT oid::text FROM pg_database WHERE datname = current_database()").Scan(&oid); err != nil {
		c.t.Fatal(err)
	}
	u, err := url.Parse(c.database)
	if err != nil {
		c.t.Fatal(err)
	}
	data := filepath.Join(u.Query().Get("host"), "data")
	for what, dir := range map[string]string{"the database's files": filepath.Join(data, "base", oid), "the server's log of changes": filepath.Join(data, "pg_wal")} {
		var all []byte
		for _, text := range c.files(dir) {
			all = append(all, text...)
		}
		c.vault.absent(c.t, when+": "+what, all, c.key.ID)
	}
}

// postgresProgram is a program of the newest Postgres that is installed.
func (c *canary) postgresProgram(name string) string {
	c.t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	if err != nil {
		c.t.Fatal(err)
	}
	return path
}
