package models

import (
	"encoding/base32"
	"fmt"
	"io"
	"regexp"
)

// ID prefixes by kind. Accounts, keys and operations of the API share theirs, as in Yandex Cloud, so that its clients' checks hold.
const (
	PrefixAccount   = "aje"
	PrefixKey       = "aje"
	PrefixFolder    = "b1g"
	PrefixToken     = "tkn" // of an IAM token: its name in the log, which opens nothing
	PrefixPerson    = "bfb"
	PrefixGateway   = "gwy"
	PrefixGate      = "gat"
	PrefixRequest   = "req"
	PrefixSecret    = "sec"
	PrefixOperation = "opr" // of a change of many keys
	PrefixCall      = "aje" // of an operation of the API
	PrefixWorker    = "wrk"
)

// idAlphabet is lower case without letters that read like digits twice over; 17 characters carry 85 random bits.
var idAlphabet = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

var idShape = regexp.MustCompile(`^[a-z0-9]{3}[a-z0-9]{17}$`)

// NewID draws an identifier of 20 characters: the kind's prefix of three, then 17 random ones.
func NewID(prefix string, rand io.Reader) (string, error) {
	var raw [11]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing an id: %w", err)
	}
	return prefix + idAlphabet.EncodeToString(raw[:])[:17], nil
}

// IsID reports whether s has the shape of an identifier. Anything else is answered as missing, without asking the database.
func IsID(s string) bool { return idShape.MatchString(s) }
