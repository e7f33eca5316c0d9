package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Caller is whose key it is.
type Caller struct {
	KeyID            string
	ServiceAccountID string
	FolderID         string
	Scopes           []string // that were asked for, and hold
}

// Question is what the gate is asked. Check and Require make it of what they are given; other protocols make their own.
type Question struct {
	Key     string   `json:"-"` // the secret
	Scopes  []string // all of which have to hold
	Address string   // of who asks this service, for the console; "" where there is none
	Agent   string   // the program that asks, as it calls itself
}

// String names a question without its key.
func (q Question) String() string { return "question for " + strings.Join(q.Scopes, " ") }

// Check asks whether a key is good for all of these scopes. The error is an *Error always.
func (c *Client) Check(ctx context.Context, key string, scopes ...string) (Caller, error) {
	return c.Ask(ctx, Question{Key: key, Scopes: scopes})
}

const (
	maxKey    = 512      // bytes: a secret has 57
	maxAgent  = 512      // bytes that are handed on
	maxAnswer = 64 << 10 // bytes: the longest verdict repeats 100 scopes
	maxScopes = 100      // of one question
)

// Ask is Check with who asks. What cannot be a key is refused without a question.
func (c *Client) Ask(ctx context.Context, q Question) (Caller, error) {
	switch {
	case len(q.Scopes) == 0 || len(q.Scopes) > maxScopes || slices.Contains(q.Scopes, ""):
		return Caller{}, c.failed(ctx, "the service demands no scope, an empty one, or more than 100: its code has to name 1 to 100", 0, nil)
	case q.Key == "":
		return Caller{}, refused(codeNoCredential, "", Caller{})
	case len(q.Key) > maxKey || !sendable(q.Key):
		return Caller{}, refused(codeMalformedKey, "", Caller{})
	}
	within, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := c.request(within, q)
	if err != nil {
		return Caller{}, c.failed(ctx, "the question cannot be made", 0, err)
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return Caller{}, c.failed(ctx, "the gate does not answer", 0, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return Caller{}, c.failed(ctx, "the gate's answer breaks off", 0, err)
	}
	return c.judge(ctx, q, answer, body)
}

func (c *Client) request(ctx context.Context, q Question) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"api_key": q.Key, "scopes": q.Scopes})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.verify, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	// To ask again is no harm. The empty value, which is not sent, says so to the transport: then a connection that the gate
	// closed meanwhile is replaced rather than reported.
	r.Header["Idempotency-Key"] = []string{}
	r.Header.Set("User-Agent", agent(q.Agent)) // the console shows it beside the key's last use
	if q.Address != "" && sendable(q.Address) {
		r.Header.Set("X-Forwarded-For", q.Address)
	}
	if c.gateway != "" {
		r.Header.Set("Keydesk-Gateway", c.gateway)
	}
	return r, nil
}

// agent is what a client calls itself, as far as a header can say it; "" sends none.
func agent(name string) string {
	name = name[:min(len(name), maxAgent)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
}

// verdict is the gate's answer to a question that it understood.
type verdict struct {
	Allowed   bool     `json:"allowed"`
	Reason    string   `json:"reason"`
	KeyID     string   `json:"key_id"`
	AccountID string   `json:"service_account_id"`
	FolderID  string   `json:"folder_id"`
	Scopes    []string `json:"scopes"`
	Refused   string   `json:"refused_scope"`
}

// judge reads an answer. A request passes on one of its shapes alone: 200, allowed by every word, and for what was asked.
func (c *Client) judge(ctx context.Context, q Question, answer *http.Response, body []byte) (Caller, error) {
	after := retryAfter(answer.Header.Get("Retry-After"))
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests:
		c.answers(ctx)
		e := refused(codeTooMany, "", Caller{})
		e.RetryAfter = max(after, time.Second)
		return Caller{}, e
	case http.StatusUnauthorized, http.StatusForbidden: // a verdict on a key is a 200
		return Caller{}, c.failed(ctx, "the gate does not answer this service: its credential, Options.Gateway, is missing or revoked", 0, nil)
	case http.StatusServiceUnavailable:
		return Caller{}, c.failed(ctx, "the gate cannot know: it has lost its database, or is starting", after, nil)
	default:
		return Caller{}, c.failed(ctx, "what answers is no gate, or does not take the question: status "+strconv.Itoa(answer.StatusCode), 0, nil)
	}
	var v verdict
	if len(body) > maxAnswer || json.Unmarshal(body, &v) != nil || !slices.Equal(v.Scopes, q.Scopes) || v.Allowed != (v.Reason == codeAllowed) {
		return Caller{}, c.failed(ctx, "what answers is no gate: the answer is no verdict on the question", 0, nil)
	}
	who := Caller{v.KeyID, v.AccountID, v.FolderID, v.Scopes}
	if v.Allowed && (who.KeyID == "" || who.ServiceAccountID == "" || who.FolderID == "") {
		return Caller{}, c.failed(ctx, "what answers is no gate: it allows nobody", 0, nil)
	}
	c.answers(ctx)
	if !v.Allowed {
		return Caller{}, refused(v.Reason, v.Refused, who)
	}
	return who, nil
}

// mostRetry bounds what an answer can have clients wait.
const mostRetry = time.Minute

func retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, mostRetry)
}
