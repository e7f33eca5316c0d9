package gate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"keydesk/models"
	"keydesk/web/openapi"
)

// described says of each route what its code does not: see Routes for the table itself.
var described = map[string]struct {
	id, summary, text string
	operation         func(*openapi.Operation)
	refusals          []*refusal
}{
	"/gate/check": {
		"Gate.Check", "Ask whether a request's key is good, as a gateway does",
		"For nginx, Caddy, Traefik and HAProxy. All scopes have to hold. A key in a query or a cookie never counts.", describeCheck,
		slices.Concat(slices.Collect(maps.Values(decided)), []*refusal{noScope, deniedGateway}),
	},
	"/gate/verify": {
		"Gate.Verify", "Ask whether a key is good, as a service does",
		"The verdict on a key is a 200, whatever it is. All scopes have to hold.", describeVerify("Question", "Verdict", questionExample),
		[]*refusal{badBody, deniedService, largeBody, noJSON, decided[models.TooManyRequests], decided[models.GateUnavailable]},
	},
	"/gate/verify:batch": {
		"Gate.VerifyBatch", "Ask up to 100 questions at once",
		"Of several, one that comes from an address with too many bad keys has the reason too_many_requests.", describeVerify("Questions", "Verdicts", map[string]any{"checks": []any{questionExample}}),
		[]*refusal{manyChecks, deniedService, largeBody, noJSON, decided[models.TooManyRequests], decided[models.GateUnavailable]},
	},
	"/readyz":  {"Gate.Ready", "Ask whether the gate may answer", "", describeText, []*refusal{decided[models.GateUnavailable]}},
	"/healthz": {"Gate.Health", "Ask whether the process runs", "", describeText, nil},
	"/metrics": {"Gate.Metrics", "Read the metrics, for Prometheus", "From another machine only with a gateway's credential, where gateways need one.", describeText, []*refusal{deniedService}},
}

// Tag is the gate's group in the document.
const Tag = "Gate"

// Describe adds the gate to a document: every route of the table by every method, with every answer.
func Describe(d *openapi.Document) error {
	d.Tags = append(d.Tags, openapi.Tag{Name: Tag, Description: "Whether a key is good for a scope, now. It listens on an address of its own. Nothing of it is ever cached."})
	d.Components.SecuritySchemes["apiKey"] = openapi.Security{Type: "apiKey", In: "header", Name: "Authorization", Description: "The key that is asked about: Authorization: Api-Key <secret>."}
	d.Components.SecuritySchemes["gateway"] = openapi.Security{Type: "apiKey", In: "header", Name: "Keydesk-Gateway", Description: "The credential of who asks (keydeskgw_…), which a gate beyond loopback demands."}
	maps.Copy(d.Components.Schemas, schemas())
	for _, r := range New(Config{}).Routes() {
		about, known := described[r.Path]
		if !known {
			return fmt.Errorf("%s has no description in web/gate/describe.go", r.Path)
		}
		p := &openapi.Path{Servers: []openapi.Server{{URL: "http://localhost:8081", Description: "The gate's own address, --gate-listen"}}}
		for _, method := range r.Methods {
			o := &openapi.Operation{
				ID: about.id, Summary: about.summary, Description: about.text, Tags: []string{Tag}, Security: &[]map[string][]string{},
				Responses: refusalsOf(about.refusals),
			}
			if method != r.Methods[0] {
				o.ID += "." + strings.ToLower(method)
			}
			about.operation(o)
			if !p.Set(method, o) {
				return fmt.Errorf("%s %s: the document has no such method", method, r.Path)
			}
		}
		d.Paths[r.Path] = p
	}
	return nil
}

func describeCheck(o *openapi.Operation) {
	o.Security = &[]map[string][]string{{"apiKey": {}}, {"apiKey": {}, "gateway": {}}}
	o.Parameters = []openapi.Parameter{
		{Name: "scope", In: "query", Description: "What the request needs; once for each. It is the gateway's word, never the client's.", Schema: scopeList()},
		{Name: "Keydesk-Scope", In: "header", Description: "The same, for gateways that cannot build a query.", Schema: openapi.Text("")},
	}
	headers := map[string]*openapi.Header{"Cache-Control": constant("no-store")}
	for name, text := range map[string]string{
		"Keydesk-Key-Id": "The key", "Keydesk-Service-Account-Id": "Its service account", "Keydesk-Folder-Id": "The account's folder",
		"Keydesk-Scope": "The scopes that hold, with blanks between",
	} {
		headers[name] = &openapi.Header{Description: text, Required: true, Schema: openapi.Text("")}
	}
	o.Responses["204"] = &openapi.Response{Description: "The key is good for all of the scopes.", Headers: headers}
}

// questionExample has a key that nobody issued.
var questionExample = map[string]any{"api_key": "$SECRET", "scopes": []string{"orders.read"}}

func describeVerify(asked, answered string, example any) func(*openapi.Operation) {
	return func(o *openapi.Operation) {
		o.Security = &[]map[string][]string{{}, {"gateway": {}}}
		o.Body = &openapi.Body{Required: true, Content: map[string]openapi.Media{"application/json": {Schema: openapi.RefTo(asked), Example: example}}}
		o.Responses["200"] = &openapi.Response{
			Description: "The verdict.", Content: openapi.JSON(openapi.RefTo(answered)), Headers: map[string]*openapi.Header{"Cache-Control": constant("no-store")},
		}
	}
}

func describeText(o *openapi.Operation) {
	o.Responses["200"] = &openapi.Response{Description: "Yes.", Content: map[string]openapi.Media{"text/plain": {Schema: openapi.Text("")}}}
}

func constant(value string) *openapi.Header {
	return &openapi.Header{Description: "Always " + value, Required: true, Schema: &openapi.Schema{Type: "string", Const: value}}
}

// refusalsOf are the answers of refusals, with the 405 that none of the document's methods meets left out.
func refusalsOf(all []*refusal) map[string]*openapi.Response {
	codes := map[int]map[string]bool{}
	for _, f := range all {
		if codes[f.status] == nil {
			codes[f.status] = map[string]bool{}
		}
		codes[f.status][string(f.code)] = true
	}
	answers := map[string]*openapi.Response{}
	for status, codes := range codes {
		names := slices.Sorted(maps.Keys(codes))
		headers := map[string]*openapi.Header{
			"Keydesk-Error": {Description: "Why, in one word", Required: true, Schema: &openapi.Schema{Type: "string", Enum: names}},
			"Cache-Control": constant("no-store"),
		}
		if status < 404 {
			headers["WWW-Authenticate"] = &openapi.Header{Description: "Api-Key or Keydesk-Gateway, with the error and, where a scope lacks, its name", Required: true, Schema: openapi.Text("")}
		}
		if status == 429 || status == 503 {
			headers["Retry-After"] = &openapi.Header{Description: "Seconds until another try has a point", Schema: &openapi.Schema{Type: "string", Pattern: "^[0-9]+$"}}
		}
		answers[strconv.Itoa(status)] = &openapi.Response{
			Description: strings.Join(names, ", "), Headers: headers, Content: map[string]openapi.Media{problemType: {Schema: openapi.RefTo("Problem")}},
		}
	}
	return answers
}

func scopeList() *openapi.Schema {
	least, most := 1, maxScopes
	return &openapi.Schema{Type: "array", Items: openapi.Text(""), MinItems: &least, MaxItems: &most}
}

// schemas are the bodies of /gate/verify, and of refusals.
func schemas() map[string]*openapi.Schema {
	least, most := 1, maxBatch
	reasons := []string{string(models.Allowed)}
	for code := range decided {
		reasons = append(reasons, string(code))
	}
	slices.Sort(reasons)
	object := func(required []string, properties map[string]*openapi.Schema) *openapi.Schema {
		return &openapi.Schema{Type: "object", Required: required, Properties: properties, Additional: false}
	}
	return map[string]*openapi.Schema{
		"Question": object([]string{"api_key", "scopes"}, map[string]*openapi.Schema{"api_key": openapi.Text("The secret."), "scopes": scopeList()}),
		"Questions": object([]string{"checks"}, map[string]*openapi.Schema{
			"checks": {Type: "array", Items: openapi.RefTo("Question"), MinItems: &least, MaxItems: &most},
		}),
		"Verdict": object([]string{"allowed", "reason", "key_id", "service_account_id", "folder_id", "scopes"}, map[string]*openapi.Schema{
			"allowed":            {Type: "boolean"},
			"reason":             {Type: "string", Enum: reasons, Description: "\"allowed\", or why not."},
			"key_id":             openapi.Text("Whose key it is, as far as the secret is known; empty otherwise."),
			"service_account_id": openapi.Text("Its account."),
			"folder_id":          openapi.Text("The account's folder."),
			"scopes":             scopeList(),
			"refused_scope":      openapi.Text("The first scope that lacks."),
		}),
		"Verdicts": object([]string{"results"}, map[string]*openapi.Schema{
			"results": {Type: "array", Items: openapi.RefTo("Verdict"), Description: "In the order of the checks."},
		}),
		"Problem": object([]string{"type", "title", "status", "detail", "code"}, map[string]*openapi.Schema{
			"type": {Type: "string", Const: "about:blank"}, "title": openapi.Text("The status in words."), "status": {Type: "integer"},
			"detail": openapi.Text("What to do."), "code": openapi.Text("Why, in one word: that of Keydesk-Error."),
		}),
	}
}
