package verify

import (
	"sync/atomic"

	"keydesk/models"
)

// outcome numbers the decisions, so that counters are arrays and rows hold no strings.
type outcome uint8

const (
	allowed outcome = iota
	malformedKey
	unknownKey
	retiredSecret
	revokedKey
	expiredKey
	disabledKey
	suspendedAccount
	insufficientScope
	permissionDenied
	tooManyRequests
	unavailable
	outcomes // how many there are
)

var outcomeNames = [outcomes]models.Outcome{
	allowed: models.Allowed, malformedKey: models.MalformedKey, unknownKey: models.UnknownKey,
	retiredSecret: models.RetiredSecret, revokedKey: models.RevokedKey, expiredKey: models.ExpiredKey,
	disabledKey: models.DisabledKey, suspendedAccount: models.SuspendedAccount,
	insufficientScope: models.InsufficientScope, permissionDenied: models.PermissionDenied,
	tooManyRequests: models.TooManyRequests, unavailable: models.GateUnavailable,
}

// tally counts decisions by outcome in shards, so that cores do not fight for one cache line.
type tally [16]struct {
	n [outcomes]atomic.Uint64
	_ [32]byte
}

func (t *tally) add(shard byte, o outcome) { t[shard%16].n[o].Add(1) }

func (t *tally) sums() map[models.Outcome]uint64 {
	sums := make(map[models.Outcome]uint64, outcomes)
	for i := range t {
		for o := range t[i].n {
			sums[outcomeNames[o]] += t[i].n[o].Load()
		}
	}
	return sums
}
