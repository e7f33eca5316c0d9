// Package openapi has the nouns of an OpenAPI 3.1 document, as far as Keydesk's own has them. Their JSON is the document's:
// what is a map comes out sorted, so that the same document is the same bytes.
package openapi

// Document is a whole description.
type Document struct {
	OpenAPI    string                `json:"openapi"`
	Info       Info                  `json:"info"`
	Servers    []Server              `json:"servers"`
	Tags       []Tag                 `json:"tags"`
	Security   []map[string][]string `json:"security"`
	Paths      map[string]*Path      `json:"paths"`
	Components Components            `json:"components"`
}

// Info is what the document is about.
type Info struct {
	Title       string  `json:"title"`
	Version     string  `json:"version"`
	Description string  `json:"description"`
	License     License `json:"license"`
}

// License names the terms by their SPDX identifier.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
}

// Server is where paths begin.
type Server struct {
	URL         string `json:"url"`
	Description string `json:"description,omitempty"`
}

// Tag is a group of operations: a service of the management API, or the gate.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Path has the operations of one address.
type Path struct {
	Servers []Server   `json:"servers,omitempty"` // where they are not the document's
	Get     *Operation `json:"get,omitempty"`
	Head    *Operation `json:"head,omitempty"`
	Post    *Operation `json:"post,omitempty"`
	Patch   *Operation `json:"patch,omitempty"`
	Delete  *Operation `json:"delete,omitempty"`
}

// Method is an operation with its verb.
type Method struct {
	Verb string // "GET"
	*Operation
}

// Methods lists a path's operations in the order in which they are read.
func (p *Path) Methods() (all []Method) {
	for _, m := range []Method{{"GET", p.Get}, {"HEAD", p.Head}, {"POST", p.Post}, {"PATCH", p.Patch}, {"DELETE", p.Delete}} {
		if m.Operation != nil {
			all = append(all, m)
		}
	}
	return all
}

// Set puts an operation under its verb, and reports whether the document knows the verb.
func (p *Path) Set(verb string, o *Operation) bool {
	at, known := map[string]**Operation{"GET": &p.Get, "HEAD": &p.Head, "POST": &p.Post, "PATCH": &p.Patch, "DELETE": &p.Delete}[verb]
	if known {
		*at = o
	}
	return known
}

// Operation is one thing that can be asked.
type Operation struct {
	ID          string                 `json:"operationId"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitempty"`
	Tags        []string               `json:"tags"`
	Security    *[]map[string][]string `json:"security,omitempty"` // nil: the document's; empty: none
	Parameters  []Parameter            `json:"parameters,omitempty"`
	Body        *Body                  `json:"requestBody,omitempty"`
	Responses   map[string]*Response   `json:"responses"` // by status
}

// Parameter stands in the path, the query or a header.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Deprecated  bool    `json:"deprecated,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Body is what a request carries.
type Body struct {
	Required bool             `json:"required,omitempty"`
	Content  map[string]Media `json:"content"` // by media type
}

// Media is a body of one media type.
type Media struct {
	Schema  *Schema `json:"schema"`
	Example any     `json:"example,omitempty"`
}

// Response is an answer.
type Response struct {
	Ref         string             `json:"$ref,omitempty"`
	Description string             `json:"description,omitempty"`
	Headers     map[string]*Header `json:"headers,omitempty"`
	Content     map[string]Media   `json:"content,omitempty"`
}

// Header is a header of an answer.
type Header struct {
	Description string  `json:"description"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema"`
}

// Components are what the rest refers to.
type Components struct {
	Schemas         map[string]*Schema   `json:"schemas"`
	Responses       map[string]*Response `json:"responses"`
	Parameters      map[string]Parameter `json:"parameters"`
	SecuritySchemes map[string]Security  `json:"securitySchemes"`
}

// Security is a kind of credential.
type Security struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description"`
}

// Schema is the shape of a value.
type Schema struct {
	Ref           string             `json:"$ref,omitempty"`
	Type          string             `json:"type,omitempty"`
	Format        string             `json:"format,omitempty"`
	Description   string             `json:"description,omitempty"`
	Deprecated    bool               `json:"deprecated,omitempty"`
	Enum          []string           `json:"enum,omitempty"`
	Const         any                `json:"const,omitempty"`
	Pattern       string             `json:"pattern,omitempty"`
	MinLength     *int               `json:"minLength,omitempty"`
	MaxLength     *int               `json:"maxLength,omitempty"`
	Minimum       *int               `json:"minimum,omitempty"`
	Maximum       *int               `json:"maximum,omitempty"`
	Items         *Schema            `json:"items,omitempty"`
	MinItems      *int               `json:"minItems,omitempty"`
	MaxItems      *int               `json:"maxItems,omitempty"`
	UniqueItems   bool               `json:"uniqueItems,omitempty"`
	Properties    map[string]*Schema `json:"properties,omitempty"`
	Required      []string           `json:"required,omitempty"`
	PropertyNames *Schema            `json:"propertyNames,omitempty"`
	MaxProperties *int               `json:"maxProperties,omitempty"`
	Additional    any                `json:"additionalProperties,omitempty"` // *Schema or bool
	AllOf         []*Schema          `json:"allOf,omitempty"`
	OneOf         []*Schema          `json:"oneOf,omitempty"`
}

// Prefixes of references.
const (
	SchemaRef    = "#/components/schemas/"
	ResponseRef  = "#/components/responses/"
	ParameterRef = "#/components/parameters/"
)

// Text is the schema of a string.
func Text(description string) *Schema { return &Schema{Type: "string", Description: description} }

// JSON is a body of that schema.
func JSON(s *Schema) map[string]Media { return map[string]Media{"application/json": {Schema: s}} }

// RefTo refers to a schema of the components.
func RefTo(name string) *Schema { return &Schema{Ref: SchemaRef + name} }
