package models

// KeyFigures are how many keys and accounts there are, for metrics.
type KeyFigures struct {
	Keys     map[KeyState]int64
	Expiring map[int]int64 // living keys that expire within so many days, each in the next
	Accounts map[AccountState]int64
}

// ExpiringDays are the windows in which keys are counted that expire.
var ExpiringDays = []int{7, 30}
