package scopes

import (
	"fmt"
	"slices"
	"strings"

	"keydesk/models"
)

// Problem is one thing that is wrong with an own catalogue, and its place in it: a form shows it beside the field.
type Problem struct {
	Service int    // index of the service
	Scope   int    // index of the scope in it; -1: it is about the service itself
	Field   string // "name", "scopes", "covers"
	Text    string
}

// named puts a problem in a sentence that stands alone.
func (p Problem) named(own models.OwnCatalogue) string {
	s := own.Services[p.Service]
	if p.Scope < 0 {
		return fmt.Sprintf("service %q: %s", s.Name, p.Text)
	}
	return fmt.Sprintf("scope %q of service %q: %s", s.Scopes[p.Scope].Name, s.Name, p.Text)
}

// mostNamed is how many problems of a file are told at once.
const mostNamed = 10

// asError is the refusal of a catalogue with problems; nil where there are none.
func asError(own models.OwnCatalogue, found []Problem) error {
	if len(found) == 0 {
		return nil
	}
	var texts []string
	for _, p := range found[:min(len(found), mostNamed)] {
		texts = append(texts, p.named(own))
	}
	return models.NewError(models.Invalid, "invalid_catalogue", "Scope catalogue: "+strings.Join(texts, "; "))
}

// Problems lists what keeps Build from accepting the own services, in their order.
func Problems(own models.OwnCatalogue) ([]Problem, error) {
	c, err := base(own.BuiltIn)
	if err != nil {
		return nil, err
	}
	return c.problems(own.Services), nil
}

// problems checks own services against the built-in catalogue, which c holds, and against each other.
func (c *Catalogue) problems(services []models.OwnService) []Problem {
	var found []Problem
	total := 0
	for i, in := range services {
		add := func(field, format string, args ...any) {
			found = append(found, Problem{Service: i, Scope: -1, Field: field, Text: fmt.Sprintf(format, args...)})
		}
		switch {
		case !serviceName.MatchString(in.Name) || strings.HasPrefix(in.Name, "yc"):
			add("name", "A name has 2 to 63 of a-z, 0-9 and -, begins with a letter, and not with \"yc\"")
		case c.hasService(in.Name) || slices.ContainsFunc(services[:i], func(s models.OwnService) bool { return s.Name == in.Name }):
			add("name", "This service is there twice, or built in")
		}
		if len(in.Scopes) == 0 {
			add("scopes", "It has no scopes: add at least one")
		}
		if total += len(in.Scopes); total > maxOwnScopes {
			add("scopes", "There are more than %d own scopes", maxOwnScopes)
		}
		found = append(found, scopeProblems(i, in)...)
	}
	return found
}

// hasService reports whether the built-in catalogue has the service, or the role that an own one of that name would bring.
func (c *Catalogue) hasService(name string) bool {
	if _, taken := c.roleAt[name+ownRole]; taken {
		return true
	}
	return slices.ContainsFunc(c.services, func(s Service) bool { return s.Name == name })
}

// scopeProblems checks the scopes of one service: a scope's name begins with its service's, so no other's can be the same.
func scopeProblems(service int, in models.OwnService) []Problem {
	var found []Problem
	seen := make(map[string]bool, len(in.Scopes))
	for _, sc := range in.Scopes {
		seen[sc.Name] = false
	}
	for i, sc := range in.Scopes {
		add := func(field, format string, args ...any) {
			found = append(found, Problem{Service: service, Scope: i, Field: field, Text: fmt.Sprintf(format, args...)})
		}
		switch {
		case !scopeName.MatchString(sc.Name) || len(sc.Name) > 256 || !strings.HasPrefix(sc.Name, in.Name+"."):
			add("name", "A scope is written %q, in letters, digits, - and dots", in.Name+".<actions>")
		case seen[sc.Name]:
			add("name", "This scope is there twice")
		}
		seen[sc.Name] = true
		for _, covered := range sc.Covers {
			_, there := seen[covered]
			switch {
			case !strings.HasPrefix(covered, in.Name+"."):
				add("covers", "It covers %q: a scope covers scopes of its own service only", covered)
			case !there:
				add("covers", "It covers %q, which is not there", covered)
			}
		}
	}
	return found
}
