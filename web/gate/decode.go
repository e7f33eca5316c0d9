package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	maxBody  = 64 << 10
	maxBatch = 100
)

func isJSON(r *http.Request) bool {
	if _, encoded := r.Header["Content-Encoding"]; encoded {
		return false
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, named := params["charset"]
	return err == nil && kind == "application/json" && (!named || strings.EqualFold(charset, "utf-8"))
}

// readBody reads at most maxBody bytes, and none where more are announced.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close") // or the server would read on to keep the connection
		return nil, largeBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, largeBody
	case err != nil || !utf8.Valid(body) || !json.Valid(body):
		return nil, badBody
	}
	return body, nil
}

// errBody says that a body is JSON, but not the documented object.
var errBody = errors.New("not the documented object")

// decoder walks one JSON value strictly: encoding/json would take a repeated, a differently cased or an unknown field, and
// would replace half a surrogate pair by another character.
type decoder struct{ *json.Decoder }

func newDecoder(body []byte) decoder { return decoder{json.NewDecoder(bytes.NewReader(body))} }

func (d decoder) delim(want json.Delim) error {
	t, err := d.Token()
	if got, ok := t.(json.Delim); err != nil || !ok || got != want {
		return errBody
	}
	return nil
}

func (d decoder) text() (string, error) {
	t, err := d.Token()
	s, ok := t.(string)
	if err != nil || !ok || strings.ContainsRune(s, utf8.RuneError) {
		return "", errBody
	}
	return s, nil
}

// object reads an object that has exactly these fields, each once.
func (d decoder) object(fields map[string]func() error) error {
	if err := d.delim('{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.text()
		read, known := fields[name]
		if err != nil || !known {
			return errBody
		}
		delete(fields, name)
		if err := read(); err != nil {
			return err
		}
	}
	if len(fields) > 0 {
		return errBody
	}
	return d.delim('}')
}

func (d decoder) list(read func() error) error {
	if err := d.delim('['); err != nil {
		return err
	}
	for d.More() {
		if err := read(); err != nil {
			return err
		}
	}
	return d.delim(']')
}

func (d decoder) question() (q question, err error) {
	err = d.object(map[string]func() error{
		"api_key": func() (err error) { q.key, err = d.text(); return err },
		"scopes": func() error {
			return d.list(func() error {
				scope, err := d.text()
				q.scopes = append(q.scopes, scope)
				return err
			})
		},
	})
	return q, err
}

func decodeQuestion(body []byte) (question, error) { return newDecoder(body).question() }

func decodeBatch(body []byte) (batch []question, err error) {
	d := newDecoder(body)
	err = d.object(map[string]func() error{
		"checks": func() error {
			return d.list(func() error {
				q, err := d.question()
				batch = append(batch, q)
				return err
			})
		},
	})
	return batch, err
}
