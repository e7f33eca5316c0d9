package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// hearing hears every answer, and holds it to the document.
type hearing struct {
	t    *testing.T
	d    *openapi3.T
	seen map[string]bool // path and status
}

func (l *hearing) heard(request string, r *http.Response) {
	l.t.Helper()
	body, err := io.ReadAll(r.Body)
	must(l.t, err)
	method, target, _ := strings.Cut(request, " ")
	path, _, _ := strings.Cut(target, "?")
	l.seen[path+" "+strconv.Itoa(r.StatusCode)] = true
	fits(l.t, l.d, method, path, r, body)
}

func (l *hearing) send(at *service, request string, headers ...string) {
	l.t.Helper()
	l.heard(request, at.ask(l.t, request, headers...))
}

func (l *hearing) post(at *service, path, body string, headers ...string) {
	l.t.Helper()
	l.heard("POST "+path, at.post(l.t, path, body, headers...))
}

// TestAnswersAreAsDescribed: statuses, headers and bodies of the real gate are those of the document, and each status of
// the document is one that it gives.
func TestAnswersAreAsDescribed(t *testing.T) {
	l := &hearing{t, written(t), map[string]bool{}}
	s := prepare(t).start(t, func(c *Config) { c.GatewayRequired = true })
	gone := prepare(t).start(t)
	gone.leave()
	const check = "GET /gate/check?scope=yc.postbox.send"
	own := "Keydesk-Gateway: " + s.gateway
	for _, path := range []string{"/gate/check", "/readyz", "/healthz", "/metrics"} {
		l.send(s, "GET "+path, own)
		l.send(s, "HEAD "+path, own)
		l.send(gone, "GET "+path+"?scope=yc.postbox.send", gone.auth())
	}
	l.send(s, check, s.auth(), own)
	l.send(s, check, own)
	l.send(s, check, own, "Authorization: Api-Key x")
	l.send(s, check, s.auth())
	l.send(s, "GET /gate/check?scope=yc.logging.write", s.auth(), own)

	stranger := unissued(t, s)
	for n := 0; n < 1000 && !l.seen["/gate/check 429"]; n++ {
		l.send(s, check, own, "Authorization: Api-Key "+stranger)
	}
	for path, shape := range map[string]string{"/gate/verify": `%s`, "/gate/verify:batch": `{"checks":[%s]}`} {
		question := fmt.Sprintf(shape, s.question())
		l.post(s, path, question, own)
		l.post(s, path, strings.Replace(question, "postbox", "logging", 1), own)
		l.post(s, path, question)
		l.post(s, path, "{}", own)
		l.post(s, path, strings.Repeat(" ", maxBody+1), own)
		for n := 0; n < 1000 && !l.seen[path+" 429"]; n++ { // some time has passed since the last one
			l.post(s, path, fmt.Sprintf(shape, `{"api_key":"`+stranger+`","scopes":["yc.postbox.send"]}`), own)
		}
		l.post(gone, path, question)
		l.send(s, "POST "+path, own, "Content-Length: 0")
	}
	for path, item := range l.d.Paths.Map() {
		for _, o := range item.Operations() {
			for status := range o.Responses.Map() {
				if !l.seen[path+" "+status] && path+" "+status != "/metrics 401" { // which no caller on this machine is given
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
