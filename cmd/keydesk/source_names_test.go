package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// global is the full name of what an identifier means: "time.Now"; "net/http.Client.Do" for a method, by the type that
// declares it; "net/http#Timeout" for a field of whichever type; "" for what is local.
func (s *source) global(id *ast.Ident) string {
	obj := s.info.Uses[id]
	if obj == nil || obj.Pkg() == nil {
		return ""
	}
	path := obj.Pkg().Path()
	switch obj := obj.(type) {
	case *types.Func:
		if recv := obj.Signature().Recv(); recv != nil {
			return typeName(recv.Type()) + "." + obj.Name()
		}
	case *types.Var:
		if obj.IsField() {
			return path + "#" + obj.Name()
		}
	}
	if obj.Parent() != obj.Pkg().Scope() {
		return ""
	}
	return path + "." + obj.Name()
}

// typeName is a named type's full name, its pointer taken off: "gorm.io/gorm.DB".
func typeName(t types.Type) string {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return ""
	}
	return named.Obj().Pkg().Path() + "." + named.Obj().Name()
}

const echoContext = "github.com/labstack/echo/v4.Context"

// contextsStay: echo takes its contexts back when a handler returns and gives them to the next request, so a
// goroutine that still holds one reads another person's request.
func contextsStay(s *source, report func(ast.Node, string)) {
	closures := s.closures()
	s.inspect(func(n ast.Node) bool {
		for _, started := range s.started(n) {
			s.contexts(started, report)
			if id, ok := started.(*ast.Ident); ok {
				s.contexts(closures[s.info.Uses[id]], report)
			}
		}
		return true
	})
}

// started are the expressions that n hands to a goroutine: by go, by an errgroup's Go, or by a timer.
func (s *source) started(n ast.Node) []ast.Expr {
	call, later := (*ast.CallExpr)(nil), false
	switch n := n.(type) {
	case *ast.GoStmt:
		return append([]ast.Expr{n.Call.Fun}, n.Call.Args...)
	case *ast.CallExpr:
		call = n
	}
	if call == nil {
		return nil
	}
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		later = fun.Sel.Name == "Go" || s.global(fun.Sel) == "time.AfterFunc"
	}
	if !later {
		return nil
	}
	return call.Args
}

// contexts reports every use of a request's context below an expression, unless it is declared in there.
func (s *source) contexts(below ast.Expr, report func(ast.Node, string)) {
	if below == nil {
		return
	}
	ast.Inspect(below, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		id, isName := e.(*ast.Ident)
		if isName && s.declaredIn(id, below) {
			return true
		}
		if t := s.typeOf(e); t != nil && typeName(t) == echoContext {
			report(e, "a goroutine gets an echo.Context, which will be another request's by then: copy what it needs before it starts")
			return false
		}
		return true
	})
}

func (s *source) typeOf(e ast.Expr) types.Type {
	if tv, ok := s.info.Types[e]; ok && !tv.IsType() {
		return tv.Type
	}
	if id, ok := e.(*ast.Ident); ok {
		if v, ok := s.info.Uses[id].(*types.Var); ok {
			return v.Type()
		}
	}
	return nil
}

func (s *source) declaredIn(id *ast.Ident, within ast.Node) bool {
	obj := s.info.Uses[id]
	if obj == nil {
		obj = s.info.Defs[id]
	}
	return obj != nil && within.Pos() <= obj.Pos() && obj.Pos() < within.End()
}

// closures maps each local variable to the function literal that it was last given.
func (s *source) closures() map[types.Object]ast.Expr {
	found := map[types.Object]ast.Expr{}
	s.inspect(func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok || len(assign.Lhs) != len(assign.Rhs) {
			return true
		}
		for i, right := range assign.Rhs {
			id, isName := assign.Lhs[i].(*ast.Ident)
			if lit, isFunc := right.(*ast.FuncLit); isName && isFunc {
				found[s.object(id, assign.Tok)] = lit
			}
		}
		return true
	})
	return found
}

func (s *source) object(id *ast.Ident, tok token.Token) types.Object {
	if tok == token.DEFINE && s.info.Defs[id] != nil {
		return s.info.Defs[id]
	}
	return s.info.Uses[id]
}
