package gate

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"keydesk/web/openapi"
)

// written is the gate's part of the document, as a library of others reads it.
func written(t *testing.T) *openapi3.T {
	t.Helper()
	d := &openapi.Document{
		OpenAPI: "3.1.0", Info: openapi.Info{Title: "Gate", Version: "1", License: openapi.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}},
		Security: []map[string][]string{}, Paths: map[string]*openapi.Path{},
		Components: openapi.Components{Schemas: map[string]*openapi.Schema{}, SecuritySchemes: map[string]openapi.Security{}},
	}
	must(t, Describe(d))
	text, err := json.Marshal(d)
	must(t, err)
	read, err := openapi3.NewLoader().LoadFromData(text)
	must(t, err)
	must(t, read.Validate(t.Context()))
	return read
}

// TestAnswersAreAsDescribed: statuses, headers and bodies of the real gate are those of the document, and each status of
// the document is one that it gives.
func TestAnswersAreAsDescribed(t *testing.T) {
	d := written(t)
	s := prepare(t).start(t, func(c *Config) { c.GatewayRequired = true })
	gone := prepare(t).start(t)
	gone.leave()
	own := "Keydesk-Gateway: " + s.gateway
	seen := map[string]bool{}
	heard := func(request string, r *http.Response) {
		t.Helper()
		body, err := io.ReadAll(r.Body)
		must(t, err)
		method, target, _ := strings.Cut(request, " ")
		path, _, _ := strings.Cut(target, "?")
		seen[path+" "+strconv.Itoa(r.StatusCode)] = true
		fits(t, d, method, path, r, body)
	}
	send := func(at *service, request string, headers ...string) {
		t.Helper()
		heard(request, at.ask(t, request, headers...))
	}
	for _, path := range []string{"/gate/check", "/readyz", "/healthz", "/metrics"} {
		send(s, "GET "+path, own)
		send(s, "HEAD "+path, own)
		send(gone, "GET "+path+"?scope=yc.postbox.send", gone.auth())
	}
	send(s, "GET /gate/check?scope=yc.postbox.send", s.auth(), own)
	send(s, "GET /gate/check?scope=yc.postbox.send", own)
	send(s, "GET /gate/check?scope=yc.postbox.send", own, "Authorization: Api-Key x")
	send(s, "GET /gate/check?scope=yc.logging.write", s.auth(), own)
	send(s, "GET /gate/check?scope=yc.postbox.send", s.auth())
	for _, path := range []string{"/gate/verify", "/gate/verify:batch"} {
		question := s.question()
		post := func(at *service, body string, headers ...string) {
			t.Helper()
			heard("POST "+path, at.post(t, path, body, headers...))
		}
		if path == "/gate/verify:batch" {
			question = `{"checks":[` + question + `]}`
		}
		post(s, question, own)
		post(s, strings.Replace(question, "postbox", "logging", 1), own)
		post(s, question)
		post(s, "{}", own)
		post(s, strings.Repeat(" ", maxBody+1), own)
		post(gone, question)
		send(s, "POST "+path, own, "Content-Length: 0")
	}
	stranger := unissued(t, s)
	for n := 0; n < 1000 && !seen["/gate/check 429"]; n++ {
		send(s, "GET /gate/check?scope=yc.postbox.send", own, "Authorization: Api-Key "+stranger)
	}
	question := `{"api_key":"` + stranger + `","scopes":["yc.postbox.send"]}`
	heard("POST /gate/verify", s.post(t, "/gate/verify", question, own))
	heard("POST /gate/verify:batch", s.post(t, "/gate/verify:batch", `{"checks":[`+question+`]}`, own))
	for path, item := range d.Paths.Map() {
		for _, o := range item.Operations() {
			for status := range o.Responses.Map() {
				if !seen[path+" "+status] && path+" "+status != "/metrics 401" { // which a machine beyond this one is given: see TestMetrics…
					t.Errorf("%s is said to answer %s, and never did", path, status)
				}
			}
		}
	}
}

// fits checks one answer against the document.
func fits(t *testing.T, d *openapi3.T, method, path string, r *http.Response, body []byte) {
	t.Helper()
	o := d.Paths.Find(path).GetOperation(method)
	if o == nil || o.Responses.Status(r.StatusCode) == nil {
		t.Errorf("%s %s answers %d, which the document does not say", method, path, r.StatusCode)
		return
	}
	says := o.Responses.Status(r.StatusCode).Value
	for name, h := range says.Headers {
		value := r.Header.Get(name)
		if value == "" && h.Value.Required {
			t.Errorf("%s %s, %d: the header %s is missing", method, path, r.StatusCode, name)
		}
		if value != "" {
			if err := h.Value.Schema.Value.VisitJSON(value); err != nil {
				t.Errorf("%s %s, %d: the header %s is %q: %v", method, path, r.StatusCode, name, value, err)
			}
		}
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if method == http.MethodHead || kind == "text/plain" {
		return
	}
	media := says.Content.Get(kind)
	if media == nil {
		if len(says.Content) > 0 || len(body) > 0 {
			t.Errorf("%s %s, %d: the body is %q of %q", method, path, r.StatusCode, body, kind)
		}
		return
	}
	var value any
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&value); err != nil {
		t.Errorf("%s %s, %d: %q: %v", method, path, r.StatusCode, body, err)
		return
	}
	if err := media.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("%s %s, %d: %s: %v", method, path, r.StatusCode, body, err)
	}
}
