package verify

import (
	"math"
	"strings"
	"time"

	"keydesk/models"
)

// ledger is what a gate knows to be denied, and what of it is on its way to the journal. It outlives the memory: whatever
// the database says later, what is denied for good stays denied. It belongs to the goroutine of Run; a nil one knows nothing.
type ledger struct {
	keys, accounts, gateways map[ID]struct{}
	secrets                  map[ID]retirement
	disabled, suspended      map[ID]int64 // until when, as it was journaled last
	scopes                   map[ID]string
	queue                    []models.Fact
	stamp                    models.Fact // where in the history that is which is applied now
}

// retirement is the end of a secret of a key: from when on it is refused.
type retirement struct {
	at  int64
	key ID
}

// atOnce is when a secret ends that is retired.
const atOnce = math.MinInt64

func newLedger(j models.Journaled) *ledger {
	l := &ledger{
		keys: idSet(j.Keys), accounts: idSet(j.Accounts), gateways: idSet(j.Gateways), secrets: map[ID]retirement{},
		disabled: ends(j.Disabled), suspended: ends(j.Suspended), scopes: map[ID]string{},
	}
	for text, f := range j.Secrets {
		if id, err := newID(text); err == nil {
			key, _ := newID(f.KeyID) // none is none
			l.secrets[id] = retirement{ending(f.Ends()), key}
		}
	}
	for text, f := range j.Scopes {
		if id, err := newID(text); err == nil {
			l.scopes[id] = strings.Join(f.Scopes, " ")
		}
	}
	return l
}

func idSet(texts map[string]bool) map[ID]struct{} {
	set := make(map[ID]struct{}, len(texts))
	for text := range texts {
		if id, err := newID(text); err == nil { // what is no id is no object of ours
			set[id] = struct{}{}
		}
	}
	return set
}

func ends(facts map[string]models.Fact) map[ID]int64 {
	m := make(map[ID]int64, len(facts))
	for text, f := range facts {
		if id, err := newID(text); err == nil {
			m[id] = until(true, f.Ends())
		}
	}
	return m
}

func ending(at time.Time) int64 {
	if at.IsZero() {
		return atOnce
	}
	return micros(at)
}

// at says where in the history the facts are that come next, and when they were applied by the database's clock.
func (l *ledger) at(last models.Change, epoch, now int64) {
	l.stamp = models.Fact{At: time.UnixMicro(now).UTC(), Epoch: epoch, Revision: last.Revision, Token: last.Token}
}

// note leaves a fact to be journaled.
func (l *ledger) note(kind models.FactKind, id string, more ...func(*models.Fact)) {
	f := l.stamp
	f.Kind, f.ID = kind, id
	for _, fill := range more {
		fill(&f)
	}
	l.queue = append(l.queue, f)
}

func ofKey(id ID) func(*models.Fact)          { return func(f *models.Fact) { f.KeyID = id.String() } }
func with(scopes []string) func(*models.Fact) { return func(f *models.Fact) { f.Scopes = scopes } }

func lasting(end time.Time) func(*models.Fact) {
	return func(f *models.Fact) {
		if !end.IsZero() {
			f.Until = &end
		}
	}
}

// key takes in a key as the database has it. before are the scopes that it had in memory, nil where it was not there.
func (l *ledger) key(k models.GateKey, before []string) error {
	id, err := newID(k.ID)
	if err != nil {
		return err
	}
	for _, s := range k.Secrets {
		if err := l.secret(id, s); err != nil {
			return err
		}
	}
	if _, denied := l.keys[id]; denied {
		return nil
	}
	if k.Revoked {
		l.keys[id] = struct{}{}
		l.note(models.FactKeyRevoked, k.ID)
		return nil
	}
	l.liftable(l.disabled, id, k.ID, k.Disabled, k.DisabledUntil, models.FactKeyDisabled, models.FactKeyEnabled)
	was, journaled := l.scopes[id]
	if journaled && was != strings.Join(k.Scopes, " ") || !journaled && before != nil && !models.Within(before, k.Scopes) {
		l.scopes[id] = strings.Join(k.Scopes, " ")
		l.note(models.FactKeyScopes, k.ID, with(k.Scopes))
	}
	return nil
}

func (l *ledger) secret(key ID, s models.GateSecret) error {
	id, err := newID(s.ID)
	if err != nil || !s.Retired && s.RetiresAt.IsZero() {
		return err
	}
	var end time.Time // at once
	if !s.Retired {
		end = s.RetiresAt
	}
	if old, known := l.secrets[id]; known && old.at <= ending(end) {
		return nil
	}
	l.secrets[id] = retirement{ending(end), key}
	l.note(models.FactSecretRetired, s.ID, ofKey(key), lasting(end))
	return nil
}

// liftable takes in a restriction that may end. One that ended by itself is as none.
func (l *ledger) liftable(known map[ID]int64, id ID, text string, holds bool, end time.Time, set, lifted models.FactKind) {
	now := until(holds, end)
	was, journaled := known[id]
	switch {
	case now == was || !journaled && past(now, l.stamp.At.UnixMicro()):
	case now == 0:
		delete(known, id)
		l.note(lifted, text)
	default:
		known[id] = now
		l.note(set, text, lasting(end))
	}
}

func (l *ledger) account(a models.GateAccount) error {
	id, err := newID(a.ID)
	if err != nil {
		return err
	}
	if _, denied := l.accounts[id]; denied {
		return nil
	}
	if a.Deleted {
		l.accounts[id] = struct{}{}
		l.note(models.FactAccountDeleted, a.ID)
		return nil
	}
	l.liftable(l.suspended, id, a.ID, a.Suspended, a.SuspendedUntil, models.FactAccountSuspended, models.FactAccountReactivated)
	return nil
}

func (l *ledger) gateway(g models.Gateway) error {
	id, err := newID(g.ID)
	if err != nil {
		return err
	}
	if _, denied := l.gateways[id]; !denied && !g.RevokedAt.IsZero() {
		l.gateways[id] = struct{}{}
		l.note(models.FactGatewayRevoked, g.ID)
	}
	return nil
}

// feed takes in what a feed changed, before the memory m does.
func (l *ledger) feed(f models.Feed, m *memory) error {
	for _, a := range f.Accounts {
		if err := l.account(a); err != nil {
			return err
		}
	}
	for _, g := range f.Gateways {
		if err := l.gateway(g); err != nil {
			return err
		}
	}
	for _, k := range f.Keys {
		if err := l.key(k, m.scopesOf(k.ID)); err != nil {
			return err
		}
	}
	return nil
}

// again leaves all that is known to be journaled: the file that had it is gone.
func (l *ledger) again(epoch models.Epoch) {
	l.queue = nil
	if epoch.Number > 0 {
		l.note(models.FactEpoch, epoch.Token)
	}
	for kind, ids := range map[models.FactKind]map[ID]struct{}{
		models.FactKeyRevoked: l.keys, models.FactAccountDeleted: l.accounts, models.FactGatewayRevoked: l.gateways,
	} {
		for id := range ids {
			l.note(kind, id.String())
		}
	}
	for id, end := range l.secrets {
		l.note(models.FactSecretRetired, id.String(), ofKey(end.key), lasting(moment(end.at)))
	}
	for kind, ends := range map[models.FactKind]map[ID]int64{models.FactKeyDisabled: l.disabled, models.FactAccountSuspended: l.suspended} {
		for id, end := range ends {
			l.note(kind, id.String(), lasting(moment(end)))
		}
	}
	for id, scopes := range l.scopes {
		l.note(models.FactKeyScopes, id.String(), with(strings.Fields(scopes)))
	}
}

// moment is when a restriction ends, zero where that is never, or was at once.
func moment(end int64) time.Time {
	if end == always || end == atOnce {
		return time.Time{}
	}
	return time.UnixMicro(end).UTC()
}

// deniesKey, deniesAccount, deniesGateway and retires are what the memory asks of every record that it takes in.
func (l *ledger) deniesKey(id ID) bool { return l != nil && has(l.keys, id) }

func (l *ledger) deniesAccount(text string) bool {
	id, err := newID(text)
	return l != nil && err == nil && has(l.accounts, id)
}

func (l *ledger) deniesGateway(text string) bool {
	id, err := newID(text)
	return l != nil && err == nil && has(l.gateways, id)
}

// retires is when a secret ends: retired says that it did, else the moment, 0 for none.
func (l *ledger) retires(id ID, said int64) (at int64, retired bool) {
	if l == nil {
		return said, false
	}
	end, known := l.secrets[id]
	switch {
	case !known:
		return said, false
	case end.at == atOnce:
		return said, true
	case said == 0:
		return end.at, false
	}
	return min(said, end.at), false
}

func has(set map[ID]struct{}, id ID) bool {
	_, is := set[id]
	return is
}
