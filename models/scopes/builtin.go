package scopes

import (
	_ "embed"
	"fmt"
	"strings"
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
	roles, err := rows("roles.tsv", rolesTSV, 3)
	if err != nil {
		return err
	}
	for _, r := range roles {
		c.addRole(Role{Name: r[0], Description: r[2], patterns: list(r[1])})
	}
	return nil
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
