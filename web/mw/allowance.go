package mw

import "time"

// Allowance is a limit for what is no route of echo's: each party has its own.
type Allowance struct {
	limits *limiter
	now    func() time.Time
}

// NewAllowance makes it whole.
func NewAllowance(limit Rate, now func() time.Time) *Allowance {
	return &Allowance{newLimiter(limit, now), now}
}

// Left reports whether the party has something left, without taking any of it.
func (a *Allowance) Left(party string) bool { return a.limits.of(party).TokensAt(a.now()) >= 1 }

// Take takes one, and reports whether there was one.
func (a *Allowance) Take(party string) bool { return a.limits.of(party).AllowN(a.now(), 1) }

// Exceeded is the refusal of who has nothing left.
func (a *Allowance) Exceeded(text string) error { return a.limits.rate.exceeded(text) }

// Party is what an address belongs to, as far as a limit can tell.
func Party(address string) string { return network(address).String() }
