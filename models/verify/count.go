package verify

import (
	"slices"
	"sync/atomic"

	"keydesk/models"
)

// count records a decision about a known key: an allowed one under each scope that was asked for, a refused one under the
// scope that it was refused for.
func (g *Gate) count(m *memory, v *verdict, req *Request, sum [32]byte, at int64) {
	x := use{
		key: v.key.id, seat: &v.key.seat, secret: v.secret.id, account: v.account.id, folder: v.account.folder,
		outcome: v.outcome, at: at, source: req.Source, agent: req.Agent, sight: true,
	}
	first, last := v.scope, min(v.scope+1, len(req.Scopes))
	if v.outcome == allowed {
		first, last = 0, len(req.Scopes)
	}
	for i, name := range req.Scopes[first:last] {
		if i > 0 && slices.Contains(req.Scopes[first:first+i], name) { // asked for twice is asked for once
			continue
		}
		x.requested, x.granted = otherSymbol, noSymbol
		if i, ok := m.sets.catalogue.Index(name); ok {
			x.requested = m.sets.symbols[i]
			if v.outcome == allowed {
				x.granted = m.sets.grantedBy(&m.sets.scopes[v.key.scopes], i)
			}
		}
		g.uses.record(&x)
		x.sight = false
	}
	g.moveDigest(v, sum)
	if v.outcome == allowed && setFlag(&v.key.flags, flagUsed) {
		g.flush.now()
	}
}

// setFlag sets a flag under a reader's lock and reports whether this call did it.
func setFlag(flags *uint32, f uint32) bool {
	return atomic.LoadUint32(flags)&f == 0 && atomic.OrUint32(flags, f)&f == 0
}

// moveDigest queues a secret that is stored under an old pepper for the current one: only now it is seen.
func (g *Gate) moveDigest(v *verdict, sum [32]byte) {
	s := v.secret
	current := g.cfg.Peppers.Current()
	if int(s.pepper) == current || !setFlag(&s.flags, flagRedigest) {
		return
	}
	digest, ok := g.cfg.Peppers.Digest(current, sum)
	if !ok {
		return
	}
	if !g.flush.redigest(models.Redigest{
		KeyID: v.key.id.String(), SecretID: s.id.String(), Digest: digest, PepperVersion: current,
	}) {
		atomic.AndUint32(&s.flags, ^flagRedigest)
	}
}

// moveGateway does for a gateway's credential what moveDigest does for a secret. Until the move comes back through the feed
// the credential may be queued again, which changes nothing.
func (g *Gate) moveGateway(id string, version int, sum [32]byte) {
	current := g.cfg.Peppers.Current()
	if version == current {
		return
	}
	if digest, ok := g.cfg.Peppers.Digest(current, sum); ok {
		g.flush.redigest(models.Redigest{GatewayID: id, Digest: digest, PepperVersion: current})
	}
}
