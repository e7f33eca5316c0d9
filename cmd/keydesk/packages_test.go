package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the top of the repository, seen from this package's directory.
const root = "../.."

// module is the product's module path; every package of ours begins with it.
const module = "keydesk"

// listed is what `go list` says about one package.
type listed struct {
	ImportPath, Dir, Export            string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
	DepOnly                            bool
	Error                              *struct{ Err string }
}

// room is the package's directory in the repository: "models/store"; "" outside the product.
func (l listed) room() string {
	room, ours := strings.CutPrefix(l.ImportPath, module+"/")
	if !ours {
		return ""
	}
	return room
}

// everything lists the product's packages with all that they import, compiled, so that types can be looked up.
// The libraries are named beside them because the bad examples of the rules use them.
var everything = sync.OnceValues(func() ([]listed, error) {
	cmd := exec.Command("go", "list", "-export", "-deps",
		"-json=ImportPath,Dir,Export,GoFiles,Imports,TestImports,XTestImports,DepOnly,Error", "./...",
		"gorm.io/gorm", "gorm.io/driver/postgres", "github.com/jackc/pgx/v5", "github.com/labstack/echo/v4",
		"github.com/a-h/templ", "github.com/gorilla/sessions")
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = root, &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var all []listed
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		switch err := in.Decode(&l); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		case l.Error != nil:
			return nil, fmt.Errorf("%s: %s", l.ImportPath, l.Error.Err)
		}
		all = append(all, l)
	}
})

// packages are the product's own packages.
func packages(t *testing.T) []listed {
	t.Helper()
	all, err := everything()
	if err != nil {
		t.Fatal(err)
	}
	var ours []listed
	for _, l := range all {
		if l.room() != "" {
			ours = append(ours, l)
		}
	}
	return ours
}

// source is one package, parsed and type-checked.
type source struct {
	room  string
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
}

// typed checks the types of files as the package of that room.
func typed(t *testing.T, room string, fset *token.FileSet, files []*ast.File) *source {
	t.Helper()
	all, err := everything()
	if err != nil {
		t.Fatal(err)
	}
	exports := make(map[string]string, len(all))
	for _, l := range all {
		exports[l.ImportPath] = l.Export
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	s := &source{room, fset, files, &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Uses:  map[*ast.Ident]types.Object{},
		Defs:  map[*ast.Ident]types.Object{},
	}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	if _, err := conf.Check(module+"/"+room, fset, files, s.info); err != nil {
		t.Fatalf("%s: %v", room, err)
	}
	return s
}

// load reads a package of the product.
func load(t *testing.T, l listed) *source {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range l.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(l.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return typed(t, l.room(), fset, files)
}

// snippet reads an example, given without its package clause, as if it were a file of that room.
func snippet(t *testing.T, room, text string) *source {
	t.Helper()
	head, code := "", text
	if strings.HasPrefix(text, "// Code generated") { // which counts before the package clause alone
		head, code, _ = strings.Cut(text, "\n")
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "example.go", head+"\npackage example\n"+code, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return typed(t, room, fset, []*ast.File{f})
}
