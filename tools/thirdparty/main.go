// Command thirdparty writes THIRD_PARTY.md: what of others' work the program has in it or beside it, and under which
// licences. With -check it writes nothing and fails when the file is not what it would write.
//
// It is run by make, from the folder tools; it asks nobody but the go command about modules that are there already.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// root is the top of the repository, seen from the folder of this module.
const root = ".."

func main() {
	check := flag.Bool("check", false, "compare, and write nothing")
	flag.Parse()
	if err := run(filepath.Join(root, "THIRD_PARTY.md"), *check); err != nil {
		fmt.Fprintln(os.Stderr, "thirdparty:", err)
		os.Exit(1)
	}
}

func run(file string, check bool) error {
	linked, err := modules(root, "./cmd/keydesk")
	if err != nil {
		return err
	}
	shipped, err := assets(root)
	if err != nil {
		return err
	}
	text := document(linked, shipped)
	if !check {
		return os.WriteFile(file, text, 0o644)
	}
	have, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if !bytes.Equal(have, text) {
		return errors.New("THIRD_PARTY.md is not what the linked modules and shipped assets say: run `make third-party`")
	}
	return nil
}
