package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

const (
	gormDB = "gorm.io/gorm.DB"
	advice = ": write a constant with ? for values, or give it the type `type query string` of models/store, " +
		"whose values come from constants alone (and hand it over as string(q))"
)

// sqlAt says which arguments of gorm become SQL text beside those that are called query or sql. From "conds" on,
// gorm takes a string that stands first for SQL: db.First(&key, text) runs the text.
var sqlAt = map[string]struct {
	first int
	all   bool
}{
	"Order": {0, false}, "Group": {0, false}, "Pluck": {0, false}, "Table": {0, false}, "Joins": {0, false},
	"Update": {0, false}, "UpdateColumn": {0, false}, "Preload": {0, false},
	"Select": {0, true}, "Omit": {0, true}, "Distinct": {0, true},
	"First": {1, false}, "Find": {1, false}, "Take": {1, false}, "Last": {1, false}, "Delete": {1, false},
	"FirstOrInit": {1, false}, "FirstOrCreate": {1, false},
}

// constantSQL: SQL is a constant and values are bound, because gorm runs what it is given, and gosec does not see it.
func constantSQL(s *source, report func(ast.Node, string)) {
	s.inspect(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, arg := range s.sqlArguments(n) {
				if !s.fixed(arg) {
					report(arg, "SQL that is not constant"+advice)
				}
			}
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok && s.global(id) == "gorm.io/gorm/clause#SQL" && !s.fixed(n.Value) {
				report(n, "SQL that is not constant"+advice)
			}
		}
		return true
	})
}

// sqlArguments are those arguments of a call that a database library takes for SQL.
func (s *source) sqlArguments(call *ast.CallExpr) []ast.Expr {
	id := callee(call)
	if id == nil {
		return nil
	}
	fun, ok := s.info.Uses[id].(*types.Func)
	if !ok || fun.Pkg() == nil || !speaksSQL(fun.Pkg().Path()) {
		return nil
	}
	sig := fun.Signature()
	if at, is := sqlAt[fun.Name()]; is && sig.Recv() != nil && typeName(sig.Recv().Type()) == gormDB {
		last := at.first + 1
		if at.all {
			last = len(call.Args)
		}
		return call.Args[min(at.first, len(call.Args)):min(last, len(call.Args))]
	}
	var found []ast.Expr
	for i := range min(sig.Params().Len(), len(call.Args)) {
		if name := sig.Params().At(i).Name(); slices.Contains([]string{"sql", "query", "expr"}, name) {
			found = append(found, call.Args[i])
		}
	}
	return found
}

func callee(call *ast.CallExpr) *ast.Ident {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	}
	return nil
}

func speaksSQL(path string) bool {
	return path == "database/sql" || strings.HasPrefix(path, "gorm.io/") || strings.HasPrefix(path, "github.com/jackc/pgx/")
}

// fixed tells whether an expression that becomes SQL holds nothing that a request could have put there.
func (s *source) fixed(e ast.Expr) bool {
	e = ast.Unparen(e)
	tv := s.info.Types[e]
	if tv.Value != nil || isQuery(tv.Type) {
		return true
	}
	switch e := e.(type) {
	case *ast.CallExpr: // string(q)
		if len(e.Args) == 1 && s.info.Types[e.Fun].IsType() {
			return s.fixed(e.Args[0])
		}
	case *ast.CompositeLit: // []string{"id", "name"}, map[string]any{"id": value}
		return s.fixedLiteral(e)
	}
	// A condition made of conditions; gorm's clauses quote the names in them, and SQL within them is looked at where it stands.
	name := typeName(tv.Type)
	return name == gormDB || strings.HasPrefix(name, "gorm.io/gorm/clause.")
}

func (s *source) fixedLiteral(lit *ast.CompositeLit) bool {
	switch s.info.Types[lit].Type.Underlying().(type) {
	case *types.Slice, *types.Array:
		return !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool { return !s.fixed(e) })
	case *types.Map:
		return !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
			pair, ok := e.(*ast.KeyValueExpr)
			return !ok || !s.fixed(pair.Key)
		})
	}
	name := typeName(s.info.Types[lit].Type) // never a record: gorm leaves its empty fields out of the condition
	return strings.HasPrefix(name, "gorm.io/gorm/clause.")
}

// isQuery tells whether a type is a `type query string` of ours.
func isQuery(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "query" && named.Obj().Pkg() != nil && strings.HasPrefix(named.Obj().Pkg().Path(), module)
}

// queriesOfConstants: what makes `type query string` safe is that nothing but constants, and other queries, become one.
func queriesOfConstants(s *source, report func(ast.Node, string)) {
	s.inspect(func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || !s.info.Types[call.Fun].IsType() || !isQuery(s.info.Types[call.Fun].Type) {
			return true
		}
		if arg := s.info.Types[call.Args[0]]; arg.Value == nil && !isQuery(arg.Type) {
			report(call, "a query made from a text that is not constant: put queries together from constants and other queries with +")
		}
		return true
	})
}
