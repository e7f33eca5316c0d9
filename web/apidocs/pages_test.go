package apidocs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"keydesk/static"
	"keydesk/views/layout"
)

// served is what a server answers that has these routes alone.
func served(t *testing.T) func(path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	h, e := New(func(echo.Context) layout.Page { return layout.Page{} }), echo.New()
	e.GET("/api/docs", h.Overview)
	e.GET("/api/docs/:service", h.Service)
	e.GET("/api/openapi.json", h.Document)
	return func(path string, headers ...string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, path, nil), httptest.NewRecorder()
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		e.ServeHTTP(w, r)
		return w
	}
}

// TestEveryMethodIsOnThePages: the overview leads to each, and its own page says all of it.
func TestEveryMethodIsOnThePages(t *testing.T) {
	get := served(t)
	overview, o := get("/api/docs").Body.String(), New(nil).overview
	methods := 0
	for _, s := range o.Services {
		page := get("/api/docs/" + s.Slug)
		if page.Code != http.StatusOK || len(s.Methods) == 0 {
			t.Errorf("%s: %d, with %d methods", s.Name, page.Code, len(s.Methods))
		}
		for _, m := range s.Methods {
			methods += 1 + strings.Count(m.Verb, ",")
			if !strings.Contains(overview, `href="/api/docs/`+s.Slug+"#"+m.ID+`"`) || !strings.Contains(overview, html.EscapeString(m.Verb+" "+m.Path)) {
				t.Errorf("the overview lacks %s", m.ID)
			}
			for _, says := range []string{`id="` + m.ID + `"`, html.EscapeString(m.Summary), html.EscapeString(m.Curl)} {
				if !strings.Contains(page.Body.String(), says) {
					t.Errorf("the page %s lacks %s", s.Slug, says)
				}
			}
			for _, r := range append(m.Parameters, m.Body...) {
				if !strings.Contains(page.Body.String(), html.EscapeString(r.Name)) || r.Type == "" || r.Type == "object" {
					t.Errorf("%s: %+v", m.ID, r)
				}
			}
			if len(m.Answers) == 0 || m.Curl == "" || m.Credential == "" {
				t.Errorf("%s is described by halves: %+v", m.ID, m)
			}
		}
	}
	if paths := strings.Count(string(document), `"operationId": `); methods != paths || methods == 0 {
		t.Errorf("%d methods on the pages, %d in the document", methods, paths)
	}
}

// TestCurlLines are written as a shell reads them.
func TestCurlLines(t *testing.T) {
	want := map[string]string{
		"ApiKeyService.List":               `curl -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/apiKeys?serviceAccountId=$SERVICE_ACCOUNT_ID"`,
		"ApiKeyService.Delete":             `curl -X DELETE -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/apiKeys/${API_KEY_ID}"`,
		"ServiceAccountService.Suspend":    `curl -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/serviceAccounts/${SERVICE_ACCOUNT_ID}:suspend" -H "Content-Type: application/json" -d '{"reason":"The owner left"}'`,
		"IamTokenService.Create":           `curl "$KEYDESK/iam/v1/tokens" -H "Content-Type: application/json" -d '{"jwt":"eyJ.eyJ.sig"}'`,
		"Gate.Check":                       `curl -H "Authorization: Api-Key $SECRET" "$GATE/gate/check?scope=orders.read"`,
		"ApiEndpointService.List":          `curl "$KEYDESK/endpoints"`,
		"ServiceAccountService.List":       `curl -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/serviceAccounts?folderId=$FOLDER_ID"`,
		"ServiceAccountService.Get":        `curl -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/serviceAccounts/${SERVICE_ACCOUNT_ID}"`,
		"ServiceAccountService.Reactivate": `curl -X POST -H "Authorization: Bearer $IAM_TOKEN" "$KEYDESK/iam/v1/serviceAccounts/${SERVICE_ACCOUNT_ID}:reactivate"`,
	}
	for _, s := range New(nil).overview.Services {
		for _, m := range s.Methods {
			if line, asked := want[m.ID]; asked && m.Curl != line {
				t.Errorf("%s:\n%s\nwant\n%s", m.ID, m.Curl, line)
			}
			delete(want, m.ID)
		}
	}
	if len(want) > 0 {
		t.Errorf("there are no %v", want)
	}
}

// TestPagesWeighLittle, with all that a first visit loads.
func TestPagesWeighLittle(t *testing.T) {
	assets := 0
	for _, name := range []string{"app.css", "app.js", "find.js", "icons.svg", "favicon.svg", "inter-latin.woff2", "plex-mono-latin.woff2"} {
		r, w := httptest.NewRequest(http.MethodGet, static.URL(name), nil), httptest.NewRecorder()
		r.Header.Set("Accept-Encoding", "gzip")
		static.Handler().ServeHTTP(w, r)
		assets += w.Body.Len()
	}
	get, heaviest := served(t), 0
	paths := []string{"/api/docs"}
	for _, s := range New(nil).overview.Services {
		paths = append(paths, "/api/docs/"+s.Slug)
	}
	for _, path := range paths {
		n := get(path).Body.Len()
		heaviest = max(heaviest, n)
		if n+assets > 150_000 {
			t.Errorf("%s is %d bytes, with what it loads %d: 150,000 are the most", path, n, n+assets)
		}
	}
	t.Logf("the heaviest page is %d bytes, what it loads %d", heaviest, assets)
}

func TestTheDocumentIsAskedForOnce(t *testing.T) {
	get := served(t)
	first := get("/api/openapi.json")
	tag := first.Header().Get("ETag")
	if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "application/json" || tag == "" || first.Body.Len() > 150_000 {
		t.Errorf("%d, %v, %d bytes", first.Code, first.Header(), first.Body.Len())
	}
	if err := valid(t, first.Body.Bytes()); err != nil {
		t.Error(err)
	}
	if again := get("/api/openapi.json", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked again: %d, %d bytes", again.Code, again.Body.Len())
	}
}

func TestAServiceThatIsNotThere(t *testing.T) {
	if w := served(t)("/api/docs/nothing"); w.Code == http.StatusOK {
		t.Error("it has a page")
	}
}
