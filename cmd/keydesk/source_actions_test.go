package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
)

var actionShape = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)

// exported are the actions of exports, which manage makes of the list's name, and one that is decided on the way.
var exported = []string{"keys.export", "accounts.export", "audit.export", "people.export", "operation.export", "key.revoke_again"}

// TestEveryActionIsInTheTable reads from the code which actions it records: texts of that shape that are handed to a function
// as its parameter "action". Each has to be in models.Actions, and each of those has to be recorded somewhere.
func TestEveryActionIsInTheTable(t *testing.T) {
	recorded := map[string]bool{}
	for _, name := range exported {
		recorded[name] = true
	}
	for _, l := range packages(t) {
		if room := l.room(); !helpsTests(room) && (strings.HasPrefix(room, "models") || strings.HasPrefix(room, "web")) {
			for _, name := range actionsIn(load(t, l)) {
				recorded[name] = true
			}
		}
	}
	if len(recorded) < 30 {
		t.Fatalf("only %d actions were found", len(recorded))
	}
	for name := range recorded {
		if a, known := models.ActionOf(name); !known {
			t.Errorf("%s is recorded and has no words and no name in Audit Trails: add it to models.Actions", name)
		} else if a.Did == "" || a.Do == "" || a.Group == "" || !regexp.MustCompile(`^[A-Z][A-Za-z]+$`).MatchString(a.Event) {
			t.Errorf("%+v is incomplete", a)
		}
	}
	events := map[string]string{}
	for _, a := range models.Actions {
		if !recorded[a.Name] {
			t.Errorf("%s is in the table and recorded nowhere", a.Name)
		}
		if events[a.Event] != "" {
			t.Errorf("%s and %s have one name in Audit Trails", a.Name, events[a.Event])
		}
		events[a.Event] = a.Name
	}
}

// actionsIn are the constant texts that a package hands over as an action.
func actionsIn(s *source) []string {
	var found []string
	s.inspect(func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sig, ok := s.info.TypeOf(call.Fun).(*types.Signature)
		if !ok {
			return true
		}
		for i := range min(sig.Params().Len(), len(call.Args)) {
			value := s.info.Types[call.Args[i]].Value
			if sig.Params().At(i).Name() != "action" || value == nil || value.Kind() != constant.String {
				continue
			}
			if name := constant.StringVal(value); actionShape.MatchString(name) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		return true
	})
	return found
}
