package gate

import (
	"encoding/json"
	"net/http"
	"strconv"

	"keydesk/models"
	"keydesk/models/verify"
)

// question is the body of /gate/verify: {"api_key":"keydesk_…","scopes":["orders.read"]}. All scopes must hold.
type question struct {
	key    string
	scopes []string
}

// verdict is the answer to a question. Who it is about is named as far as the secret is known.
type verdict struct {
	Allowed   bool           `json:"allowed"`
	Reason    models.Outcome `json:"reason"`
	KeyID     string         `json:"key_id"`
	AccountID string         `json:"service_account_id"`
	FolderID  string         `json:"folder_id"`
	Scopes    []string       `json:"scopes"`                  // that were asked for
	Refused   string         `json:"refused_scope,omitempty"` // the first of them that failed
}

// Verify answers POST /gate/verify with 200 and a verdict, whatever it is; it refuses only what is no question.
func (h *Handlers) Verify(w http.ResponseWriter, r *http.Request) {
	body, ok := h.question(w, r)
	if !ok {
		return
	}
	q, err := decodeQuestion(body)
	if err != nil {
		refuse(w, badBody)
		return
	}
	h.reply(w, r, []question{q}, func(v []verdict) any { return v[0] })
}

// VerifyBatch answers POST /gate/verify:batch, {"checks":[question, …]}, with {"results":[verdict, …]} in their order.
func (h *Handlers) VerifyBatch(w http.ResponseWriter, r *http.Request) {
	body, ok := h.question(w, r)
	if !ok {
		return
	}
	batch, err := decodeBatch(body)
	if err != nil {
		refuse(w, badBody)
		return
	}
	if len(batch) == 0 || len(batch) > maxBatch {
		refuse(w, manyChecks)
		return
	}
	h.reply(w, r, batch, func(v []verdict) any { return map[string][]verdict{"results": v} })
}

// question checks all that comes before the body's meaning; where it is not well it has answered.
func (h *Handlers) question(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if !allow(w, r, postOnly) {
		return nil, false
	}
	if f := h.admit(onceOf(r.Header["Keydesk-Gateway"]), h.asked(), deniedService); f != nil {
		refuse(w, f)
		return nil, false
	}
	body, f := h.read(w, r)
	if f != nil {
		refuse(w, f)
		return nil, false
	}
	return body, true
}

func (h *Handlers) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	switch {
	case len(r.Header["Authorization"]) > 0:
		return nil, twoCredentials // the key belongs in the body
	case hasSession(r):
		return nil, withSession
	case r.URL.RawQuery != "":
		return nil, badQuery
	case !isJSON(r):
		return nil, noJSON
	}
	return readBody(w, r)
}

// reply asks the gate and writes one answer. A gate that cannot know, and a lone question of a source beyond its limit,
// are refusals; within a batch the limit is a reason.
func (h *Handlers) reply(w http.ResponseWriter, r *http.Request, batch []question, shape func([]verdict) any) {
	client, verdicts := h.client(r), make([]verdict, len(batch))
	for _, q := range batch {
		if len(q.scopes) == 0 {
			refuse(w, noScope)
			return
		}
		if len(q.scopes) > maxScopes {
			refuse(w, manyScopes)
			return
		}
	}
	at := h.now()
	for i, q := range batch {
		d := h.gate.Check(verify.Request{Asked: at, Secret: q.key, Scopes: q.scopes, Source: client, Agent: agent(r)})
		if d.Outcome == models.GateUnavailable || d.Outcome == models.TooManyRequests && len(batch) == 1 {
			refusedBy(&d).write(w)
			return
		}
		verdicts[i] = verdict{
			Allowed: d.Outcome == models.Allowed, Reason: d.Outcome, KeyID: d.Key.String(),
			AccountID: d.AccountID, FolderID: d.FolderID, Scopes: q.scopes, Refused: d.Scope,
		}
	}
	writeJSON(w, shape(verdicts))
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil { // strings and booleans
		panic(err)
	}
	h := w.Header()
	plain(h)
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // whoever went away needs no answer
}
