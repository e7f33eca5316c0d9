package models

// OwnCatalogue is what an installation adds to the built-in catalogue, or puts in its place. It is stored as one document,
// so that every process and gate knows the same one.
type OwnCatalogue struct {
	BuiltIn  bool         `json:"built_in" yaml:"built_in"` // the scopes and roles of Yandex Cloud are offered too
	Services []OwnService `json:"services" yaml:"services"`
	Source   string       `json:"source" yaml:"-"`         // SourceFile where a file manages it, "" where the console does
	File     string       `json:"file,omitempty" yaml:"-"` // how pages name that file: its folder and name alone
	Version  int64        `json:"-" yaml:"-"`              // counts changes: an edit of an older version is a conflict; 0: nothing is stored
}

// SourceFile is the source of a catalogue that a file manages: the console only shows it.
const SourceFile = "file"

// Service finds an own service by its name; nil where there is none.
func (o OwnCatalogue) Service(name string) *OwnService {
	for i := range o.Services {
		if o.Services[i].Name == name {
			return &o.Services[i]
		}
	}
	return nil
}

// OwnService is a service of the installation. It brings a role "<name>.user" that permits its scopes.
type OwnService struct {
	Name   string     `json:"name" yaml:"name"`   // "orders"
	Title  string     `json:"title" yaml:"title"` // "Orders"
	Scopes []OwnScope `json:"scopes" yaml:"scopes"`
}

// OwnScope is a scope of an own service.
type OwnScope struct {
	Name        string   `json:"name" yaml:"name"` // "orders.read"
	Description string   `json:"description" yaml:"description"`
	Covers      []string `json:"covers,omitempty" yaml:"covers"` // scopes that this one includes
}
