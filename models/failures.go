package models

import "time"

// SignInFailures counts failed sign-ins of one name since the last success, whether or not the name is somebody's.
type SignInFailures struct {
	EmailKey    []byte // digest of the name's unique spelling: who tries what name is nobody's reading
	Count       int
	FirstAt     time.Time
	LastAt      time.Time
	LockedUntil time.Time
}
