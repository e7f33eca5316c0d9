package gate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"keydesk/models"
)

func TestVerdicts(t *testing.T) { both(t, verdicts) }

func verdicts(t *testing.T) {
	s := prepare(t).start(t)
	ask := func(scopes string) (v verdict) {
		r := s.post(t, "/gate/verify", `{"api_key":"`+s.key+`","scopes":[`+scopes+`]}`)
		expect(t, r, 200, "")
		must(t, json.NewDecoder(r.Body).Decode(&v))
		if v.KeyID != s.feed.Keys[0].ID || v.AccountID != s.account.ID || v.FolderID != s.account.FolderID {
			t.Errorf("who it is: %+v", v)
		}
		return v
	}
	if v := ask(`"yc.postbox.send"`); !v.Allowed || v.Reason != models.Allowed || fmt.Sprint(v.Scopes) != "[yc.postbox.send]" {
		t.Errorf("%+v", v)
	}
	if v := ask(`"yc.postbox.send","yc.logging.write"`); v.Allowed || v.Reason != models.PermissionDenied || v.Refused != "yc.logging.write" {
		t.Errorf("%+v", v)
	}
}

func TestABatchIsAnsweredInItsOrder(t *testing.T) { both(t, aBatchIsAnsweredInItsOrder) }

func aBatchIsAnsweredInItsOrder(t *testing.T) {
	s := prepare(t).start(t)
	stranger := unissued(t, s)
	r := s.post(t, "/gate/verify:batch", fmt.Sprintf(
		`{"checks":[{"api_key":%q,"scopes":["yc.postbox.send"]},{"api_key":%q,"scopes":["yc.postbox.send"]},{"scopes":["nope"],"api_key":%q}]}`,
		stranger, s.key, s.key))
	expect(t, r, 200, "")
	var answer struct{ Results []verdict }
	must(t, json.NewDecoder(r.Body).Decode(&answer))
	var reasons []models.Outcome
	for _, v := range answer.Results {
		reasons = append(reasons, v.Reason)
	}
	if fmt.Sprint(reasons) != "[unknown_key allowed insufficient_scope]" {
		t.Errorf("reasons %v", reasons)
	}
}

// TestBodies: items 25 to 27, and 14 and 15 for a body.
func TestBodies(t *testing.T) { both(t, bodies) }

func bodies(t *testing.T) {
	s := prepare(t).start(t)
	q := s.question()
	for name, tc := range map[string]struct {
		body    string
		headers []string
		status  int
		code    models.Outcome
	}{
		"25 a field twice":        {`{"api_key":"a","api_key":"b","scopes":["x"]}`, nil, 400, models.InvalidRequest},
		"25 the same twice":       {strings.Replace(q, `{`, `{"api_key":"`+s.key+`",`, 1), nil, 400, models.InvalidRequest},
		"25 another case":         {strings.Replace(q, "api_key", "API_KEY", 1), nil, 400, models.InvalidRequest},
		"25 trailing data":        {q + "{}", nil, 400, models.InvalidRequest},
		"25 trailing comma":       {strings.Replace(q, "]}", "],}", 1), nil, 400, models.InvalidRequest},
		"25 an unknown field":     {strings.Replace(q, "{", `{"a":1,`, 1), nil, 400, models.InvalidRequest},
		"25 a list":               {"[" + q + "]", nil, 400, models.InvalidRequest},
		"25 null":                 {"null", nil, 400, models.InvalidRequest},
		"25 a null field":         {`{"api_key":null,"scopes":["x"]}`, nil, 400, models.InvalidRequest},
		"25 nothing":              {"", nil, 400, models.InvalidRequest},
		"25 20,000 deep":          {`{"scopes":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, nil, 400, models.InvalidRequest},
		"25 too big a number":     {`{"api_key":1e309,"scopes":["x"]}`, nil, 400, models.InvalidRequest},
		"25 half a surrogate":     {`{"api_key":"\ud800","scopes":["x"]}`, nil, 400, models.InvalidRequest},
		"25 no text":              {"{\"api_key\":\"\xff\",\"scopes\":[\"x\"]}", nil, 400, models.InvalidRequest},
		"25 a scope as a number":  {`{"api_key":"a","scopes":[1]}`, nil, 400, models.InvalidRequest},
		"25 no scopes":            {`{"api_key":"` + s.key + `"}`, nil, 400, models.InvalidRequest},
		"25 empty scopes":         {`{"api_key":"` + s.key + `","scopes":[]}`, nil, 400, models.InvalidRequest},
		"25 a hundred and one":    {`{"api_key":"a","scopes":["x"` + strings.Repeat(`,"x"`, 100) + `]}`, nil, 400, models.InvalidRequest},
		"26 compressed":           {q, []string{"Content-Encoding: gzip"}, 415, wrongMediaType},
		"26 identity":             {q, []string{"Content-Encoding: identity"}, 415, wrongMediaType},
		"27 just too long":        {q + strings.Repeat(" ", maxBody), nil, 413, tooLarge},
		"14 a key in the query":   {q, nil, 400, models.InvalidRequest},
		"15 a session beside it":  {q, []string{"Cookie: keydesk_local=x"}, 400, models.InvalidRequest},
		"7 a key in a header too": {q, []string{s.auth()}, 400, models.InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/gate/verify"
			if strings.HasPrefix(name, "14") {
				path += "?api_key=" + s.key
			}
			r := s.post(t, path, tc.body, tc.headers...)
			expect(t, r, tc.status, tc.code)
			if kind := r.Header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("Content-Type %q", kind)
			}
		})
	}
}

func TestMediaTypes(t *testing.T) { both(t, mediaTypes) }

func mediaTypes(t *testing.T) {
	s := prepare(t).start(t)
	for kind, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "APPLICATION/JSON": 200, "": 415, "text/plain": 415,
		"application/x-www-form-urlencoded": 415, "application/json; charset=latin1": 415, "application/jsonx": 415,
	} {
		q := s.question()
		r := s.ask(t, "POST /gate/verify", "Content-Type: "+kind, fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(q), q))
		if r.StatusCode != want {
			t.Errorf("%q: %d, want %d", kind, r.StatusCode, want)
		}
	}
}

// TestAHugeBodyIsNotRead: item 27. The answer comes though the body never does.
func TestAHugeBodyIsNotRead(t *testing.T) { both(t, aHugeBodyIsNotRead) }

func aHugeBodyIsNotRead(t *testing.T) {
	s := prepare(t).start(t)
	r := s.ask(t, "POST /gate/verify", "Content-Type: application/json", "Content-Length: 10485760", "")
	expect(t, r, http.StatusRequestEntityTooLarge, tooLarge)
	if !r.Close {
		t.Error("the connection stays open: the server would read on")
	}
}

func TestBatches(t *testing.T) { both(t, batches) }

func batches(t *testing.T) {
	s := prepare(t).start(t)
	many := func(n int) string {
		return `{"checks":[` + strings.TrimSuffix(strings.Repeat(s.question()+",", n), ",") + `]}`
	}
	for n, want := range map[int]int{0: 400, 1: 200, 100: 200, 101: 400} {
		if r := s.post(t, "/gate/verify:batch", many(n)); r.StatusCode != want {
			t.Errorf("%d checks: %d, want %d", n, r.StatusCode, want)
		}
	}
	for _, body := range []string{s.question(), `{"checks":[1]}`, `{"checks":{}}`, `{"checks":[],"checks":[]}`} {
		expect(t, s.post(t, "/gate/verify:batch", body), 400, models.InvalidRequest)
	}
}
