package console

import (
	"encoding/hex"
	"encoding/json"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/audit"
)

// trail is an event in the envelope of Yandex's Audit Trails, as their files have it. Nothing that the event's hash is made
// of is left out, so that a file can be checked without the database: see trailChain.
type trail struct {
	EventID         string          `json:"event_id"` // the first 16 bytes of the hash, in hex
	EventSource     string          `json:"event_source"`
	EventType       string          `json:"event_type"`
	EventTime       string          `json:"event_time"`
	Authentication  authentication  `json:"authentication"`
	Authorization   authorization   `json:"authorization"`
	Resource        resource        `json:"resource_metadata"`
	RequestMetadata requestMetadata `json:"request_metadata"`
	EventStatus     string          `json:"event_status"`
	Error           *trailError     `json:"error,omitempty"`
	Details         trailDetails    `json:"details"`
}

type authentication struct {
	Authenticated bool   `json:"authenticated"`
	SubjectType   string `json:"subject_type"`
	SubjectID     string `json:"subject_id"`
	SubjectName   string `json:"subject_name"`
}

type authorization struct {
	Authorized bool `json:"authorized"`
}

type resource struct {
	Path []resourceStep `json:"path"`
}

type resourceStep struct {
	Type string `json:"resource_type"`
	ID   string `json:"resource_id"`
	Name string `json:"resource_name,omitempty"`
}

// requestMetadata has no user agent: events keep none.
type requestMetadata struct {
	RemoteAddress string `json:"remote_address,omitempty"`
	RequestID     string `json:"request_id,omitempty"`
}

type trailError struct {
	Code    int    `json:"code"` // of google.rpc.Code
	Message string `json:"message"`
}

// trailDetails name the objects as the events of Yandex do. before and after are the bytes that are hashed.
type trailDetails struct {
	KeyID              string          `json:"key_id,omitempty"` // of an authorized key
	KeyDescription     string          `json:"key_description,omitempty"`
	APIKeyID           string          `json:"api_key_id,omitempty"`
	APIKeyDescription  string          `json:"api_key_description,omitempty"`
	ServiceAccountID   string          `json:"service_account_id,omitempty"`
	ServiceAccountName string          `json:"service_account_name,omitempty"`
	Reason             string          `json:"reason,omitempty"`
	Note               string          `json:"note,omitempty"`
	Before             json.RawMessage `json:"before,omitempty"`
	After              json.RawMessage `json:"after,omitempty"`
	Chain              trailChain      `json:"chain"`
}

// trailChain is the event's place in the chain, and the fields of its hash that the envelope has no place for. The hash is
// models.Event.Digest: SHA-256 over the length-prefixed fields in the order of that function.
type trailChain struct {
	Number     int64  `json:"number"`
	Encoding   int    `json:"encoding"`
	PrevHash   string `json:"prev_hash"`
	Hash       string `json:"hash"`
	FolderID   string `json:"folder_id"`
	ActorType  string `json:"actor_type"`
	AuthMethod string `json:"auth_method"`
	Action     string `json:"action"`
	ObjectType string `json:"object_type"`
	ObjectID   string `json:"object_id"`
	ObjectName string `json:"object_name"`
	AccountID  string `json:"account_id"`
	Result     string `json:"result"`
}

// subjectTypes are the subjects of Audit Trails that come nearest: people whom Keydesk signs in are to Yandex people of
// another directory, and the command line is a user of the host.
var subjectTypes = map[models.ActorType]string{
	models.ActorPerson:  "FEDERATED_USER_ACCOUNT",
	models.ActorAccount: "SERVICE_ACCOUNT",
	models.ActorLocal:   "SSH_USER",
	models.ActorSystem:  "SERVICE_ACCOUNT",
}

// Codes of google.rpc.Code that a refusal is told as.
const (
	rpcInvalid      = 3
	rpcNotFound     = 5
	rpcExists       = 6
	rpcDenied       = 7
	rpcPrecondition = 9
	rpcAborted      = 10
)

// rpcCodes maps refusals; the state of the object is behind those that are not named.
var rpcCodes = map[string]int{
	"forbidden": rpcDenied, "role_beyond_own": rpcDenied, "account_beyond_own": rpcDenied, "cross_origin": rpcDenied, "form_token": rpcDenied, "form_id": rpcDenied, "held_by_another": rpcDenied,
	"not_found": rpcNotFound, "link_dead": rpcNotFound,
	"invalid_fields": rpcInvalid, "invalid_catalogue": rpcInvalid, "malformed_key": rpcInvalid, "bad_request": rpcInvalid, "form_malformed": rpcInvalid,
	"account_name_taken": rpcExists, "already_exists": rpcExists, "person_exists": rpcExists, "name_taken": rpcExists,
	"folder_name_taken": rpcExists, "changed_meanwhile": rpcAborted, "idempotency_key_reused": rpcAborted,
}

func rpcCode(reason string) int {
	if code, ok := rpcCodes[reason]; ok {
		return code
	}
	return rpcPrecondition
}

// trailOf puts an event into the envelope.
func trailOf(r manage.EventRow) trail {
	action, _ := models.ActionOf(r.Action)
	t := trail{
		EventID: hex.EncodeToString(r.Hash[:min(len(r.Hash), 16)]), EventSource: "iam", EventType: action.EventType(),
		EventTime:       r.At.Format(instantLayout),
		Authentication:  authentication{r.ActorType != "", subjectTypes[r.ActorType], r.ActorID, r.ActorName},
		Authorization:   authorization{true},
		Resource:        resource{trailPath(r)},
		RequestMetadata: requestMetadata{r.Address, r.RequestID},
		EventStatus:     "DONE",
		Details:         detailsOf(r),
	}
	if r.Result == models.EventRefused {
		code := rpcCode(r.Reason)
		t.EventStatus, t.Error = "ERROR", &trailError{code, audit.RefusalText(r.Reason)}
		t.Authorization.Authorized = code != rpcDenied && code != rpcNotFound // missing and forbidden get one answer, here too
	}
	return t
}

func detailsOf(r manage.EventRow) trailDetails {
	d := trailDetails{
		ServiceAccountID: r.AccountID, ServiceAccountName: r.AccountName, Reason: r.Reason, Note: r.Note,
		Before: rawFacts(r.Before), After: rawFacts(r.After),
		Chain: trailChain{
			Number: r.Number, Encoding: r.Encoding, PrevHash: hex.EncodeToString(r.PrevHash), Hash: hex.EncodeToString(r.Hash), FolderID: r.FolderID,
			ActorType: string(r.ActorType), AuthMethod: r.AuthMethod, Action: r.Action, ObjectType: r.ObjectType, ObjectID: r.ObjectID,
			ObjectName: r.ObjectName, AccountID: r.AccountID, Result: r.Result,
		},
	}
	switch r.ObjectType {
	case "authorized_key":
		d.KeyID, d.KeyDescription = r.ObjectID, r.ObjectName
	case "key":
		d.APIKeyID, d.APIKeyDescription = r.ObjectID, r.ObjectName
	case "account": // as it was called then
		d.ServiceAccountID, d.ServiceAccountName = r.ObjectID, r.ObjectName
	}
	return d
}

// rawFacts are the bytes as they are stored. What somebody has made no JSON of is told as a text: a log that was tampered with
// is to be exported all the same.
func rawFacts(text string) json.RawMessage {
	if text == "" || json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	b, _ := json.Marshal(text)
	return b
}

// trailPath leads from the folder to the object.
func trailPath(r manage.EventRow) []resourceStep {
	path := []resourceStep{}
	if r.FolderID != "" {
		path = append(path, resourceStep{Type: "resource-manager.folder", ID: r.FolderID})
	}
	switch r.ObjectType {
	case "account":
		return append(path, resourceStep{"iam.serviceAccount", r.ObjectID, r.ObjectName})
	case "folder":
		return []resourceStep{{"resource-manager.folder", r.ObjectID, r.ObjectName}}
	}
	if r.AccountID != "" {
		path = append(path, resourceStep{"iam.serviceAccount", r.AccountID, r.AccountName})
	}
	switch r.ObjectType {
	case "key":
		return append(path, resourceStep{"iam.apiKey", r.ObjectID, r.ObjectName})
	case "authorized_key":
		return append(path, resourceStep{"iam.key", r.ObjectID, r.ObjectName})
	}
	return append(path, resourceStep{"keydesk." + r.ObjectType, r.ObjectID, r.ObjectName})
}
