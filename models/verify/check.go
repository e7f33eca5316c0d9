package verify

import (
	"net/netip"
	"sync/atomic"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
)

// Request is one question to the gate. Nothing of it is kept but a short, cleaned agent and the address.
type Request struct {
	Asked  time.Time // when the question came; zero: now. Several of one moment share what that takes without a lease
	Secret string    // as it was presented; nothing is trimmed
	Scopes []string  // at least one; all must hold
	Source netip.Addr
	Agent  string
}

// Decision is the answer. Who it is about is named as far as the secret is known.
type Decision struct {
	Outcome    models.Outcome
	Key        ID
	AccountID  string
	FolderID   string
	Scope      string        // the scope that was refused
	RetryAfter time.Duration // with TooManyRequests and GateUnavailable
}

// retrySoon is when to ask a gate again that cannot know.
const retrySoon = time.Second

// verdict is a decision by reference to the rows that it was made from, good while the memory's lock is held.
type verdict struct {
	outcome outcome
	key     *keyRow
	secret  *secretRow
	account *account
	scope   int // the place of the refused scope in the request
}

// Check decides. It touches memory only; what it saw is counted before it returns.
func (g *Gate) Check(req Request) Decision {
	now := g.cfg.Now()
	if req.Asked.IsZero() {
		req.Asked = now
	}
	sum, ok := secret.Sum(req.Secret)
	if !ok && g.fresh != nil { // what is no key must not cost a question to the database
		return g.bad(0, malformedKey, req.Source, now)
	}
	current := g.Current(req.Asked)
	m := g.memory.Load()
	if m == nil || !current {
		return g.refuse(0, unavailable, retrySoon)
	}
	if !ok {
		return g.bad(0, malformedKey, req.Source, now)
	}
	lock := m.reader(sum[0])
	lock.RLock()
	defer lock.RUnlock() // after counting: a change is applied only once every older decision is counted
	at := g.clock.now(now)
	v := g.decide(m, sum, req.Scopes, at)
	if !g.stillCurrent(m) {
		return g.refuse(sum[0], unavailable, retrySoon)
	}
	if v.outcome == unknownKey {
		d := g.bad(sum[0], unknownKey, req.Source, now)
		if d.Outcome == models.UnknownKey {
			g.uses.recordUnknown(req.Source, at)
		}
		return d
	}
	g.count(m, &v, &req, sum, at)
	d := g.refuse(sum[0], v.outcome, 0)
	d.Key, d.AccountID, d.FolderID = v.key.id, v.account.id, v.account.folder
	if (v.outcome == insufficientScope || v.outcome == permissionDenied) && v.scope < len(req.Scopes) {
		d.Scope = req.Scopes[v.scope]
	}
	return d
}

// refuse makes a decision without a subject; Allowed is one too.
func (g *Gate) refuse(shard byte, o outcome, retry time.Duration) Decision {
	g.tally.add(shard, o)
	return Decision{Outcome: outcomeNames[o], RetryAfter: retry}
}

// bad answers for a key that nobody issued, unless its source sent too many of them.
func (g *Gate) bad(shard byte, o outcome, from netip.Addr, now time.Time) Decision {
	if wait, ok := g.limit.take(from, now.Sub(g.started)); !ok {
		return g.refuse(shard, tooManyRequests, wait)
	}
	return g.refuse(shard, o, 0)
}

// decide runs the checks in their order; the first that fails names the refusal.
func (g *Gate) decide(m *memory, sum [32]byte, asked []string, now int64) (v verdict) {
	at := g.find(m, sum)
	if at == 0 {
		return verdict{outcome: unknownKey}
	}
	v.secret = m.secrets.at(at)
	v.key = m.keys.at(v.secret.key)
	v.account = m.accounts[v.key.account]
	switch {
	case atomic.LoadUint32(&v.secret.flags)&flagRetired != 0 || past(v.secret.retires, now):
		v.outcome = retiredSecret
	case atomic.LoadUint32(&v.key.flags)&flagRevoked != 0:
		v.outcome = revokedKey
	case past(v.key.expires, now):
		v.outcome = expiredKey
	case now < v.key.disabledUntil:
		v.outcome = disabledKey
	case v.account.stopped(now):
		v.outcome = suspendedAccount
	default:
		v.outcome, v.scope = m.sets.judge(v.key.scopes, v.account.roles, asked)
	}
	return v
}

// judge checks that the key has every scope that is asked for, then that the account's roles permit each.
func (s *sets) judge(scopes, roles uint32, asked []string) (o outcome, refused int) {
	reach, permits := s.scopes[scopes].reach, s.roles[roles].permits
	o = allowed
	for i, name := range asked {
		at, known := s.catalogue.Index(name)
		if !known || !reach.has(at) {
			return insufficientScope, i
		}
		if o == allowed && !permits.has(at) {
			o, refused = permissionDenied, i
		}
	}
	if len(asked) == 0 { // nothing asked is nothing allowed
		o = insufficientScope
	}
	return o, refused
}

// find looks a secret up under each active pepper, newest first.
func (g *Gate) find(m *memory, sum [32]byte) uint32 {
	for _, version := range g.cfg.Peppers.Versions() {
		digest, ok := g.cfg.Peppers.Digest(version, sum)
		if !ok {
			continue // the set was replaced just now
		}
		if at := m.secretOf(digest); at != 0 {
			return at
		}
	}
	return 0
}

// GatewaySum is the SHA-256 of a gateway's credential, false where the text is none.
func GatewaySum(credential string) (sum [32]byte, ok bool) { return secret.SumGateway(credential) }

// Gateway reports whether a gateway's credential is good. Ask Current first: a gate that is not does not know.
func (g *Gate) Gateway(credential string) bool {
	sum, ok := secret.SumGateway(credential)
	m := g.memory.Load()
	if !ok || m == nil {
		return false
	}
	lock := m.reader(sum[0])
	lock.RLock()
	defer lock.RUnlock()
	for _, version := range g.cfg.Peppers.Versions() {
		digest, ok := g.cfg.Peppers.Digest(version, sum)
		if id := m.gateways[digest]; ok && id != "" {
			g.moveGateway(id, version, sum)
			return true
		}
	}
	return false
}
