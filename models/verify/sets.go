package verify

import (
	"slices"
	"strings"

	"keydesk/models/scopes"
)

// bits is a set of scopes by their index in the catalogue.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bits) addAll(others bits) {
	for i, word := range others {
		b[i] |= word
	}
}

// scopeSet is the scopes of a key. Keys with the same scopes share one.
type scopeSet struct {
	names []string
	own   []int // catalogue indexes of those names that the catalogue has
	reach bits  // own and all that they cover
}

// roleSet is the roles of an account. Accounts with the same roles share one.
type roleSet struct {
	roles   []string
	permits bits
}

// sets is the catalogue as the hot path reads it, and the interned sets compiled against it.
type sets struct {
	catalogue *scopes.Catalogue
	covers    []bits   // by scope: itself and what it covers
	symbols   []uint32 // by scope: its symbol
	table     *symbols
	scopes    []scopeSet
	scopeAt   map[string]uint32
	roles     []roleSet
	roleAt    map[string]uint32
}

func newSets(c *scopes.Catalogue, table *symbols) *sets {
	s := &sets{table: table, scopeAt: map[string]uint32{}, roleAt: map[string]uint32{}}
	s.adopt(c)
	return s
}

// adopt takes another catalogue and compiles every set again.
func (s *sets) adopt(c *scopes.Catalogue) {
	s.catalogue, s.covers, s.symbols = c, make([]bits, c.Len()), make([]uint32, c.Len())
	for i := range s.covers {
		s.covers[i] = s.bitsOf(c.Covers(c.Name(i)))
		s.symbols[i] = s.table.of(c.Name(i))
	}
	for i := range s.scopes {
		s.scopes[i] = s.compileScopes(s.scopes[i].names)
	}
	for i := range s.roles {
		s.roles[i] = s.compileRoles(s.roles[i].roles)
	}
}

func (s *sets) bitsOf(names []string) bits {
	b := newBits(s.catalogue.Len())
	for _, name := range names {
		if i, ok := s.catalogue.Index(name); ok {
			b.add(i)
		}
	}
	return b
}

func (s *sets) compileScopes(names []string) scopeSet {
	set := scopeSet{names: names, reach: newBits(s.catalogue.Len())}
	for _, name := range names {
		if i, ok := s.catalogue.Index(name); ok { // a scope that left the catalogue gives nothing
			set.own = append(set.own, i)
			set.reach.addAll(s.covers[i])
		}
	}
	return set
}

func (s *sets) compileRoles(roles []string) roleSet {
	return roleSet{roles: roles, permits: s.bitsOf(s.catalogue.Permitted(roles))}
}

func (s *sets) internScopes(names []string) uint32 {
	at := strings.Join(names, "\x00")
	i, ok := s.scopeAt[at]
	if !ok {
		i = uint32(len(s.scopes)) //nolint:gosec // fewer sets than keys
		s.scopes, s.scopeAt[at] = append(s.scopes, s.compileScopes(slices.Clone(names))), i
	}
	return i
}

func (s *sets) internRoles(roles []string) uint32 {
	at := strings.Join(roles, "\x00")
	i, ok := s.roleAt[at]
	if !ok {
		i = uint32(len(s.roles)) //nolint:gosec // fewer sets than accounts
		s.roles, s.roleAt[at] = append(s.roles, s.compileRoles(slices.Clone(roles))), i
	}
	return i
}

// grantedBy names the key's own scope that answers a request: the scope itself where the key has it, else the first that
// covers it.
func (s *sets) grantedBy(set *scopeSet, scope int) uint32 {
	if slices.Contains(set.own, scope) {
		return s.symbols[scope]
	}
	for _, own := range set.own {
		if s.covers[own].has(scope) {
			return s.symbols[own]
		}
	}
	return noSymbol
}
