package generate

import (
	"maps"

	"keydesk/web/openapi"
)

// frame is the document without paths.
func frame() *openapi.Document {
	return &openapi.Document{
		OpenAPI: "3.1.0",
		Info: openapi.Info{
			Title: "Keydesk", Version: "1",
			Description: "The management API, which is that of Yandex Cloud IAM (yandex.cloud.iam.v1), by REST; and the gate. The same methods are served over gRPC at the same address. " +
				"JSON is in lowerCamelCase, with times in RFC 3339 and enumerations by name. What is missing and what the caller may not see get one answer.",
			License: openapi.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
		},
		Servers:  []openapi.Server{{URL: "/", Description: "The console's own address"}},
		Security: []map[string][]string{{"iamToken": {}}},
		Paths:    map[string]*openapi.Path{},
		Components: openapi.Components{
			Schemas:   map[string]*openapi.Schema{"Status": status()},
			Responses: refusals(),
			Parameters: map[string]openapi.Parameter{"IdempotencyKey": {
				Name: "Idempotency-Key", In: "header", Schema: openapi.Text(""),
				Description: "Drawn anew for each change, such as a UUID. A repeat with the same body gets the first one's answer and changes nothing; with another body it is refused (ABORTED). It is remembered for seven days.",
			}},
			SecuritySchemes: map[string]openapi.Security{"iamToken": {
				Type: "http", Scheme: "bearer",
				Description: "An IAM token, t1.….…: of the console's page “API access”, of keydesk token create, or exchanged for a JWT of a service account. An API key never manages.",
			}},
		},
	}
}

// status is google.rpc.Status, the body of every refusal.
func status() *openapi.Schema {
	return &openapi.Schema{Type: "object", Required: []string{"code", "message"}, Properties: map[string]*openapi.Schema{
		"code":    {Type: "integer", Format: "int32", Description: "Of gRPC: 3 is INVALID_ARGUMENT."},
		"message": openapi.Text("What is wrong, and what to do."),
		"details": {Type: "array", Description: "BadRequest names fields, ResourceInfo an object, RequestInfo the request.", Items: &openapi.Schema{
			Type: "object", Required: []string{"@type"}, Properties: map[string]*openapi.Schema{"@type": {Type: "string"}},
		}},
	}}
}

// refusals are the answers that many methods have.
func refusals() map[string]*openapi.Response {
	all := map[string]*openapi.Response{}
	for name, text := range map[string]string{
		"400": "INVALID_ARGUMENT: a value is not allowed; BadRequest in the details names the field. FAILED_PRECONDITION: the object's state does not allow it.",
		"401": "UNAUTHENTICATED: no token came, or it is not good any more.",
		"403": "PERMISSION_DENIED: the caller may see the object, and may not do this.",
		"404": "NOT_FOUND: there is no such object, or the caller may not see it.",
		"409": "ALREADY_EXISTS: the name is taken, or the key was made by the request before; ResourceInfo in the details says which. ABORTED: the Idempotency-Key came before with another body.",
		"429": "RESOURCE_EXHAUSTED: too many requests.",
		"500": "INTERNAL: a defect; the server's log has it under the id of RequestInfo.",
		"501": "UNIMPLEMENTED: there is no such method here.",
		"503": "UNAVAILABLE: the database does not answer. Try again.",
	} {
		all[name] = &openapi.Response{Description: text, Content: openapi.JSON(openapi.RefTo("Status"))}
	}
	return all
}

// answers are those of a method: its own, and the refusals that it can meet.
func answers(own *openapi.Schema, verb string, names, open bool) map[string]*openapi.Response {
	refused := map[string]bool{"400": true, "429": true, "500": true, "503": true, "401": !open, "403": !open, "404": names, "409": verb != "GET" && !open}
	if open && verb != "GET" {
		refused["401"] = true // the JWT is not good
	}
	all := map[string]*openapi.Response{"200": {Description: "Done.", Content: openapi.JSON(own)}}
	for status := range maps.Keys(refused) {
		if refused[status] {
			all[status] = &openapi.Response{Ref: openapi.ResponseRef + status}
		}
	}
	return all
}
