package iamv1_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"keydesk/models"
)

// TestRESTIsStrict shows what is refused before a method sees it, with the id of its request, and without repeating what
// was sent.
func TestRESTIsStrict(t *testing.T) {
	a := start(t)
	token := a.administrator()
	robot, _ := a.account("robot")
	const pasted = "keydesk_0000000000000000000000000000000000000000000000000"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("{}"))
	_ = z.Close()
	account := `"serviceAccountId":"` + robot.ID + `"`
	for name, tc := range map[string]struct {
		method, path string
		body         any
		headers      []string
		status       int
		code         codes.Code
		says         string
	}{
		"a field that is none":      {"POST", "/iam/v1/apiKeys", `{` + account + `,"scops":["x"]}`, nil, 400, 3, "scops"},
		"a secret for a field":      {"POST", "/iam/v1/apiKeys", `{"` + pasted + `":1}`, nil, 400, 3, "a field that this method lacks (line 1, column 2)"},
		"a secret for a number":     {"POST", "/iam/v1/apiKeys", `{"scopes":7,"description":"` + pasted + `"}`, nil, 400, 3, "line 1"},
		"a value of another type":   {"POST", "/iam/v1/apiKeys", `{"description":7}`, nil, 400, 3, "description"},
		"no body, said to be JSON":  {"POST", "/iam/v1/tokens", "", []string{"Content-Type", "application/json"}, 400, 3, "jwt"},
		"half a body":               {"POST", "/iam/v1/apiKeys", `{` + account, nil, 400, 3, "is not the JSON"},
		"a time that is none":       {"POST", "/iam/v1/apiKeys", `{` + account + `,"expiresAt":"tomorrow"}`, nil, 400, 3, "body"},
		"a body of another kind":    {"POST", "/iam/v1/apiKeys", "serviceAccountId=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, 3, "application/json"},
		"a compressed body":         {"POST", "/iam/v1/apiKeys", zipped.String(), []string{"Content-Encoding", "gzip"}, 400, 3, "compressed"},
		"a body beyond its bound":   {"POST", "/iam/v1/apiKeys", `{"description":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 400, 3, "mebibyte"},
		"a body where none belongs": {"GET", "/iam/v1/apiKeys/" + robot.ID, `{}`, nil, 400, 3, "body where none belongs"},
		"a parameter that is none":  {"GET", "/iam/v1/apiKeys?account=" + robot.ID, nil, nil, 400, 3, "parameter"},
		"a parameter of two values": {"GET", "/iam/v1/apiKeys?pageSize=1&pageSize=2", nil, nil, 400, 3, "twice"},
		"a parameter by both names": {"GET", "/iam/v1/apiKeyScopes?pageSize=1&page_size=2", nil, nil, 400, 3, "twice"},
		"another id in the body":    {"PATCH", "/iam/v1/serviceAccounts/" + robot.ID, `{"serviceAccountId":"aje00000000000000000","name":"x-1"}`, nil, 400, 3, "another object"},
		"another id of an action":   {"POST", "/iam/v1/serviceAccounts/" + robot.ID + ":suspend", `{"service_account_id":"aje00000000000000000"}`, nil, 400, 3, "another object"},
		"nothing for a change":      {"PATCH", "/iam/v1/serviceAccounts/" + robot.ID, nil, nil, 400, 3, "name"},
		"a number that is none":     {"GET", "/iam/v1/apiKeys?pageSize=" + pasted, nil, nil, 400, 3, "parameter"},
		"another id than the path":  {"GET", "/iam/v1/apiKeys/" + robot.ID + "?apiKeyId=aje00000000000000000", nil, nil, 400, 3, "no parameter can name another"},
		"a parameter of a deletion": {"DELETE", "/iam/v1/apiKeys/" + robot.ID + "?api_key_id=aje00000000000000000", nil, nil, 400, 3, "no parameters"},
		"a parameter beside a body": {"POST", "/iam/v1/apiKeys?description=x", `{` + account + `}`, nil, 400, 3, "no parameters"},
		"a path that is none":       {"GET", "/iam/v1/" + pasted, nil, nil, 404, 5, "no such path"},
		"another method":            {"PUT", "/iam/v1/apiKeys", `{}`, nil, 405, 12, "another method"},
		"an id that is none":        {"GET", "/iam/v1/apiKeys/" + strings.Repeat("x", 51), nil, nil, 400, 3, "api_key_id"},
		"a key that is not there":   {"GET", "/iam/v1/apiKeys/aje00000000000000000", nil, nil, 404, 5, "no such"},
		"a word for an idempotency": {"POST", "/iam/v1/serviceAccounts", `{"folderId":"b1gdefault0000000000","name":"other"}`, []string{"Idempotency-Key", "two words"}, 400, 3, "Idempotency-Key"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.rest(tc.method, tc.path, token, tc.body, tc.headers...)
			got.refused(t, tc.status, tc.code)
			if !strings.Contains(got.text, tc.says) || strings.Contains(got.text, pasted) {
				t.Errorf("the refusal is %s, want it to say %q", got.text, tc.says)
			}
			if tc.status == http.StatusMethodNotAllowed && !strings.Contains(got.Header.Get("Allow"), "POST") {
				t.Errorf("it does not say which methods there are: %v", got.Header)
			}
		})
	}
	if strings.Contains(a.log.String(), pasted) {
		t.Error("what was pasted is in the log")
	}
}

// TestRESTIsYandexs shows the JSON that clients of Yandex read and write.
func TestRESTIsYandexs(t *testing.T) {
	a := start(t)
	token := a.administrator()
	made := a.rest("POST", "/iam/v1/serviceAccounts", token, `{"folderId":"b1gdefault0000000000","name":"robot","labels":{"team":"ci"}}`,
		"Content-Type", "application/json; charset=UTF-8")
	if made.StatusCode != http.StatusOK || made.Header.Get("Content-Type") != "application/json" || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, headers %v: %s", made.StatusCode, made.Header, made.text)
	}
	metadata, _ := made.body["metadata"].(map[string]any)
	response, _ := made.body["response"].(map[string]any)
	id, _ := metadata["serviceAccountId"].(string)
	if made.body["done"] != true || metadata["@type"] != "type.googleapis.com/yandex.cloud.iam.v1.CreateServiceAccountMetadata" || response["name"] != "robot" || !models.IsID(id) {
		t.Errorf("the operation is %s", made.text)
	}
	for _, unset := range []string{"description", "expiresAt", "lastAuthenticatedAt"} {
		if _, there := response[unset]; there {
			t.Errorf("%s is there although it is not set: %s", unset, made.text)
		}
	}
	operation, _ := made.body["id"].(string)
	for _, method := range []string{"GET", "POST"} { // the definition has the one, and the guide the other
		if got := a.rest(method, "/operations/"+operation+":cancel", token, nil); got.StatusCode != http.StatusOK || got.body["id"] != operation {
			t.Errorf("a cancellation by %s of what is done: %d %s", method, got.StatusCode, got.text)
		}
	}
	changed := a.rest("PATCH", "/iam/v1/serviceAccounts/"+id, token, `{"updateMask":"description,labels","description":"nightly"}`)
	response, _ = changed.body["response"].(map[string]any)
	if changed.StatusCode != http.StatusOK || response["description"] != "nightly" || response["labels"] != nil || response["name"] != "robot" {
		t.Errorf("after a change: %s", changed.text)
	}
	for _, action := range []string{":suspend", ":reactivate"} { // with nothing to say beside the path
		if got := a.rest("POST", "/iam/v1/serviceAccounts/"+id+action, token, nil); got.StatusCode != http.StatusOK {
			t.Errorf("%s without a body: %d %s", action, got.StatusCode, got.text)
		}
	}
	if got := a.rest("POST", "/iam/v1/serviceAccounts/"+id+":suspend", token, `{"serviceAccountId":"`+id+`"}`); got.StatusCode != http.StatusOK {
		t.Errorf("the path's own id in the body: %d %s", got.StatusCode, got.text)
	}
	bound := `{"accessBindingDeltas":[{"action":"ADD","accessBinding":{"roleId":"viewer","subject":{"id":"` + id + `","type":"serviceAccount"}}}]}`
	for _, method := range []string{"POST", "PATCH"} { // the definition has the one, and older documents the other
		if got := a.rest(method, "/resource-manager/v1/folders/b1gdefault0000000000:updateAccessBindings", token, bound); got.StatusCode != http.StatusOK {
			t.Errorf("bindings by %s: %d %s", method, got.StatusCode, got.text)
		}
	}
	if got := a.rest("GET", "/iam/v1/apiKeys?serviceAccountId="+id+"&pageSize=1000", token, nil); got.StatusCode != http.StatusOK || len(got.body) != 0 {
		t.Errorf("an empty list: %d %s", got.StatusCode, got.text)
	}
	if got := a.rest("GET", "/iam/v1/serviceAccounts?folder_id=b1gdefault0000000000&page_size=1", token, nil); got.StatusCode != http.StatusOK {
		t.Errorf("names of the definition in a query: %d %s", got.StatusCode, got.text)
	}
	steered := a.rest("GET", "/iam/v1/apiKeyScopes", token, nil,
		"Grpc-Timeout", "1n", "X-Server-Timeout", "never", "Grpc-Encoding", "zip", "Trace-Bin", "?", "Connect-Protocol-Version", "1", "Accept-Encoding", "gzip")
	if steered.StatusCode != http.StatusOK || steered.Header.Get("Date") == "" || steered.Header.Get("Trailer") != "" {
		t.Errorf("with headers of other protocols: %d %v %s", steered.StatusCode, steered.Header, steered.text)
	}
}
