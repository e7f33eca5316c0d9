// Package keydesk carries the licences that go with the program, so that the binary alone has them.
package keydesk

import _ "embed"

// Licence is the licence of Keydesk itself.
//
//go:embed LICENSE
var Licence []byte

// ThirdParty are the licences of what it is built from.
//
//go:embed THIRD_PARTY.md
var ThirdParty []byte
