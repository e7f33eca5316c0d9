package scopes

import (
	_ "embed"
	"fmt"
	"strings"

	"keydesk/models"
)

//go:embed scopes.tsv
var scopesTSV string

//go:embed roles.tsv
var rolesTSV string

// rows cuts a table with a heading into its rows; the row's length is checked, for the tables are edited by hand.
func rows(name, table string, columns int) ([][]string, error) {
	var out [][]string
	for n, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) > columns || len(cells) < columns-1 { // an empty last cell may have lost its tab
			return nil, fmt.Errorf("%s, line %d: %d columns, want %d", name, n+2, len(cells), columns)
		}
		out = append(out, append(cells, "")[:columns])
	}
	return out, nil
}

func list(cell string) []string {
	return strings.FieldsFunc(strings.TrimSpace(cell), func(r rune) bool { return r == ',' })
}

func (c *Catalogue) addBuiltIn() error {
	scopes, err := rows("scopes.tsv", scopesTSV, 7)
	if err != nil {
		return err
	}
	for _, r := range scopes {
		s := c.builtInService(r[1], r[2])
		c.addScope(s, Scope{Name: r[0], Service: r[1], Description: r[3], Default: r[4] == "yes", Covers: list(r[6])})
	}
	return c.addRoles(func(string) bool { return true })
}

// addManaging adds the roles that manage, which are Keydesk's own whatever services there are. They permit what scopes there
// are as they do in the whole catalogue.
func (c *Catalogue) addManaging() error {
	return c.addRoles(func(role string) bool { return len(models.Manages(role)) > 0 })
}

func (c *Catalogue) addRoles(wanted func(role string) bool) error {
	roles, err := rows("roles.tsv", rolesTSV, 3)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if wanted(r[0]) {
			c.addRole(Role{Name: r[0], Description: r[2], patterns: list(r[1])})
		}
	}
	return nil
}

// base is a catalogue before its own services: the built-in one, or what of it cannot be switched off.
func base(builtIn bool) (*Catalogue, error) {
	c := &Catalogue{index: map[string]int{}, roleAt: map[string]int{}}
	if builtIn {
		return c, c.addBuiltIn()
	}
	return c, c.addManaging()
}

func (c *Catalogue) builtInService(name, title string) *Service {
	for i := range c.services {
		if c.services[i].Name == name {
			return &c.services[i]
		}
	}
	c.services = append(c.services, Service{Name: name, Title: title})
	return &c.services[len(c.services)-1]
}
