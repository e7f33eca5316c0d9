// Package apidocs is the description of the REST surface, as pages.
package apidocs

import "strings"

// Addresses of the pages, and of the document that they are made of.
const (
	Path     = "/api/docs"
	JSONPath = "/api/openapi.json"
)

// ServicePath is the address of a service's page.
func ServicePath(slug string) string { return Path + "/" + slug }

// Overview lists every method.
type Overview struct {
	Text     string
	Services []Service
	Statuses []Status // that the management API refuses with
}

// Service is a group of methods.
type Service struct {
	Name    string
	Slug    string
	Text    string
	Methods []Method
}

// Method is one thing that can be asked.
type Method struct {
	ID         string // "ApiKeyService.Create", which is also its place on the page
	Verb       string // "GET", or several that are answered alike: "GET, HEAD"
	Path       string
	Summary    string
	Text       string
	Credential string // what it needs, in words
	Parameters []Row
	Body       []Row
	Answers    []Answer
	Refusals   []Status // those of the overview by their number alone
	Curl       string
}

// Row is a parameter or a field.
type Row struct {
	Name     string // "scopes[]", "response.id"
	Where    string // of a parameter: "path"
	Type     string // "text, at most 256"
	Text     string
	Required bool
}

// what says what a value looks like, and where it stands.
func (r Row) what() string {
	if r.Where == "" {
		return r.Type
	}
	return r.Type + ", in the " + r.Where
}

// meaning says what a value is for; "" where its name says it.
func (r Row) meaning() string {
	if r.Required {
		return strings.TrimSpace("Required. " + r.Text)
	}
	return r.Text
}

// Answer is what a method answers when it does not refuse.
type Answer struct {
	Status    string
	Text      string
	Operation bool // an operation, whose own fields its page has
	Rows      []Row
}

// Status is a refusal.
type Status struct {
	Number string
	Text   string
}
