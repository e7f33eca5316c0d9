package apidocs

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"keydesk/web/apidocs/generate"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// TestTheDocumentIsWhatIsServed: openapi.json is what the descriptors and the gate's own table give, to the byte.
func TestTheDocumentIsWhatIsServed(t *testing.T) {
	d, err := generate.Document()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.json", out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(out.Bytes(), document) {
		t.Error("openapi.json is stale: run go test ./web/apidocs -run TestTheDocumentIsWhatIsServed -update, and look at what changed")
	}
}

// valid reports what a validator of others has to say against a document.
func valid(t *testing.T, document []byte) error {
	t.Helper()
	d, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return err
	}
	return d.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaPatternValidation())
}

// TestTheDocumentIsOpenAPI: of version 3.1, with examples that fit their schemas.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	if !strings.Contains(string(document[:40]), `"openapi": "3.1.`) {
		t.Errorf("it begins with %s", document[:40])
	}
	if err := valid(t, document); err != nil {
		t.Error(err)
	}
	for name, change := range map[string][2]string{
		"an example that does not fit": {`"action": "ADD"`, `"action": "NOD"`},
		"a schema that is not there":   {`"$ref": "#/components/schemas/CreateApiKeyRequest"`, `"$ref": "#/components/schemas/Nothing"`},
		"a path without its parameter": {`"name": "apiKeyId"`, `"name": "other"`},
		"no such place":                {`"in": "query"`, `"in": "body"`},
		"no such type":                 {`"type": "boolean"`, `"type": "flag"`},
		"an answer without words":      {`"description": "Done."`, `"x-description": "Done."`},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(string(document), change[0], change[1], 1)
			if broken == string(document) {
				t.Fatal("nothing was broken")
			}
			if valid(t, []byte(broken)) == nil {
				t.Error("the validator takes it")
			}
		})
	}
}
