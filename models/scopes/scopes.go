// Package scopes is the catalogue: which scopes there are, what each covers, and which roles permit them.
//
// The built-in catalogue has the scopes and roles of Yandex Cloud, as data. An installation adds services of its own;
// each brings a role "<service>.user" that permits its scopes.
package scopes

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"keydesk/models"
)

// Scope is a set of actions in one service.
type Scope struct {
	Name        string
	Service     string // its service's name
	Description string
	Default     bool     // part of what a key gets that is made without scopes
	Covers      []string // scopes that this one includes, itself left out, resolved to the end
}

// Service groups scopes.
type Service struct {
	Name   string
	Title  string
	Own    bool // the installation's, not built in
	Scopes []Scope
}

// Role is what a service account may do: the scopes that it permits. What it manages beside them is models.Manages.
type Role struct {
	Name        string
	Description string
	Own         bool
	patterns    []string // scopes, "prefix.*" or "*"
	permits     []string
}

// Permits lists the scopes that the role permits, covered ones included, in catalogue order.
func (r Role) Permits() []string { return r.permits }

// Catalogue is one immutable state of the catalogue. Safe for concurrent use.
type Catalogue struct {
	services []Service
	scopes   []Scope // sorted by service, as the pages show them; the index of a scope is its place here
	index    map[string]int
	roles    []Role
	roleAt   map[string]int
	defaults []string
}

var (
	serviceName = regexp.MustCompile(`^[a-z][-a-z0-9]{0,61}[a-z0-9]$`)
	scopeName   = regexp.MustCompile(`^[a-z][a-zA-Z0-9-]*(\.[a-zA-Z0-9][a-zA-Z0-9-]*)+$`)
)

// ownRole ends the name of the role that an own service brings.
const ownRole = ".user"

// OwnRole is the role that an own service brings.
func OwnRole(service string) string { return service + ownRole }

// maxOwnScopes bounds what one document may add, so that a mistake cannot fill every page and gate.
const maxOwnScopes = 1000

// Build puts the built-in catalogue, unless it is switched off, and the own services together. Problems are an Invalid
// error that names services and scopes; Problems gives them with their places.
func Build(own models.OwnCatalogue) (*Catalogue, error) {
	c, err := base(own.BuiltIn)
	if err != nil {
		return nil, err
	}
	if err := asError(own, c.problems(own.Services)); err != nil {
		return nil, err
	}
	c.addOwn(own.Services)
	if err := c.resolveCovers(); err != nil {
		return nil, err
	}
	c.resolveRoles()
	return c, nil
}

func invalid(format string, args ...any) error {
	return models.NewError(models.Invalid, "invalid_catalogue", "Scope catalogue: "+fmt.Sprintf(format, args...))
}

// addOwn adds services that were found to be without problems.
func (c *Catalogue) addOwn(services []models.OwnService) {
	for _, in := range services {
		s := Service{Name: in.Name, Title: in.Title, Own: true}
		if s.Title == "" {
			s.Title = in.Name
		}
		for _, sc := range in.Scopes {
			c.addScope(&s, Scope{Name: sc.Name, Service: s.Name, Description: sc.Description, Covers: sc.Covers})
		}
		c.services = append(c.services, s)
		c.addRole(Role{Name: OwnRole(in.Name), Description: "Use " + s.Title, Own: true, patterns: names(s.Scopes)})
	}
}

func (c *Catalogue) addScope(s *Service, sc Scope) {
	c.index[sc.Name] = len(c.scopes)
	c.scopes = append(c.scopes, sc)
	s.Scopes = append(s.Scopes, sc)
	if sc.Default {
		c.defaults = append(c.defaults, sc.Name)
	}
}

func (c *Catalogue) addRole(r Role) {
	c.roleAt[r.Name] = len(c.roles)
	c.roles = append(c.roles, r)
}

// resolveCovers follows covers to the end, and refuses one that names a scope that is not there.
func (c *Catalogue) resolveCovers() error {
	for i := range c.scopes {
		reached := map[string]bool{}
		if err := c.reach(c.scopes[i].Name, reached); err != nil {
			return err
		}
		delete(reached, c.scopes[i].Name)
		c.scopes[i].Covers = c.inOrder(reached)
	}
	for s := range c.services {
		for i, sc := range c.services[s].Scopes {
			c.services[s].Scopes[i] = c.scopes[c.index[sc.Name]]
		}
	}
	return nil
}

func (c *Catalogue) reach(name string, reached map[string]bool) error {
	if reached[name] {
		return nil
	}
	i, ok := c.index[name]
	if !ok {
		return invalid("a scope covers %q, which is not there", name)
	}
	reached[name] = true
	for _, next := range c.scopes[i].Covers {
		if err := c.reach(next, reached); err != nil {
			return err
		}
	}
	return nil
}

func (c *Catalogue) resolveRoles() {
	for i := range c.roles {
		set := map[string]bool{}
		for _, sc := range c.scopes {
			if slices.ContainsFunc(c.roles[i].patterns, func(p string) bool { return matches(p, sc.Name) }) {
				set[sc.Name] = true
				for _, covered := range sc.Covers {
					set[covered] = true
				}
			}
		}
		c.roles[i].permits = c.inOrder(set)
	}
}

// matches compares a role's pattern, which comes from the catalogue, with a scope. Nothing that a caller sends is a pattern.
func matches(pattern, scope string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(scope, prefix)
	}
	return pattern == scope
}

func (c *Catalogue) inOrder(set map[string]bool) []string {
	var out []string
	for _, sc := range c.scopes {
		if set[sc.Name] {
			out = append(out, sc.Name)
		}
	}
	return out
}

func names(scopes []Scope) []string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = s.Name
	}
	return out
}

// Len is the number of scopes.
func (c *Catalogue) Len() int { return len(c.scopes) }

// Index is the scope's place, from 0 to Len-1, stable within this catalogue.
func (c *Catalogue) Index(scope string) (int, bool) { i, ok := c.index[scope]; return i, ok }

// Name is the scope at a place.
func (c *Catalogue) Name(i int) string { return c.scopes[i].Name }

// Scope finds a scope by its exact name.
func (c *Catalogue) Scope(name string) (Scope, bool) {
	i, ok := c.index[name]
	if !ok {
		return Scope{}, false
	}
	return c.scopes[i], true
}

// Services lists the services with their scopes, the installation's own first.
func (c *Catalogue) Services() []Service {
	out := slices.Clone(c.services)
	slices.SortStableFunc(out, func(a, b Service) int {
		if a.Own != b.Own {
			if a.Own {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Title, b.Title)
	})
	return out
}

// Service finds a service by name.
func (c *Catalogue) Service(name string) (Service, bool) {
	for _, s := range c.services {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// Defaults are the scopes of a key that is made without any. Empty where the built-in catalogue is off.
func (c *Catalogue) Defaults() []string { return slices.Clone(c.defaults) }

// Roles lists the roles, the installation's own first.
func (c *Catalogue) Roles() []Role {
	out := slices.Clone(c.roles)
	slices.SortStableFunc(out, func(a, b Role) int {
		switch {
		case a.Own == b.Own:
			return 0
		case a.Own:
			return -1
		}
		return 1
	})
	return out
}

// Role finds a role by name.
func (c *Catalogue) Role(name string) (Role, bool) {
	i, ok := c.roleAt[name]
	if !ok {
		return Role{}, false
	}
	return c.roles[i], true
}

// Covers lists the scope itself and all that it covers; nothing for a scope that is not there.
func (c *Catalogue) Covers(scope string) []string {
	sc, ok := c.Scope(scope)
	if !ok {
		return nil
	}
	return append([]string{scope}, sc.Covers...)
}

// Permitted lists the scopes that the roles permit together. Roles that are not there permit nothing.
func (c *Catalogue) Permitted(roles []string) []string {
	set := map[string]bool{}
	for _, name := range roles {
		if r, ok := c.Role(name); ok {
			for _, s := range r.permits {
				set[s] = true
			}
		}
	}
	return c.inOrder(set)
}

// RolesFor lists the roles that permit the scope, the narrowest first.
func (c *Catalogue) RolesFor(scope string) []string {
	var found []Role
	for _, r := range c.roles {
		if slices.Contains(r.permits, scope) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b Role) int { return len(a.permits) - len(b.permits) })
	out := make([]string, len(found))
	for i, r := range found {
		out[i] = r.Name
	}
	return out
}
