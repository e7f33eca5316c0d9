package verify

import (
	"encoding/binary"
	"slices"

	"keydesk/models"
	"keydesk/models/scopes"
)

// memory is all that a gate knows: some 200 bytes a key. Its lock is taken by whoever reads or changes it, except while it
// is loaded and nobody else has it yet.
type memory struct {
	bigLock
	byHead    map[uint64]uint32 // the head of a digest to the first secret that has it
	byKey     map[ID]uint32
	secrets   arena[secretRow]
	keys      arena[keyRow]
	accounts  []*account
	accountAt map[string]uint32
	gateways  map[[32]byte]string // digest to id of those that are not revoked
	gatewayAt map[string][32]byte
	sets      *sets
	ledger    *ledger // what is denied whatever the database says; nil: nothing
}

func newMemory(c *scopes.Catalogue, table *symbols) *memory {
	return &memory{
		byHead: map[uint64]uint32{}, byKey: map[ID]uint32{}, accountAt: map[string]uint32{},
		gateways: map[[32]byte]string{}, gatewayAt: map[string][32]byte{}, sets: newSets(c, table),
	}
}

// putAccount overwrites an account with its final state.
func (m *memory) putAccount(a models.GateAccount) {
	*m.accountOf(a.ID) = account{
		id: a.ID, folder: a.FolderID, deleted: a.Deleted || m.ledger.deniesAccount(a.ID), expires: micros(a.ExpiresAt),
		suspendedUntil: until(a.Suspended, a.SuspendedUntil), roles: m.sets.internRoles(a.Roles),
	}
}

func (m *memory) accountOf(id string) *account { return m.accounts[m.accountIndex(id)] }

func (m *memory) accountIndex(id string) uint32 {
	i, ok := m.accountAt[id]
	if !ok {
		i = uint32(len(m.accounts)) //nolint:gosec // fewer accounts than that
		m.accounts, m.accountAt[id] = append(m.accounts, unseen(id)), i
	}
	return i
}

// putKey overwrites a key and its secrets with their final state: a secret that is not among them is gone.
func (m *memory) putKey(k models.GateKey) error {
	id, err := newID(k.ID)
	if err != nil {
		return err
	}
	at, known := m.byKey[id]
	row := keyRow{
		id: id, account: m.accountIndex(k.AccountID), scopes: m.sets.internScopes(k.Scopes), expires: micros(k.ExpiresAt),
		disabledUntil: until(k.Disabled, k.DisabledUntil), flags: keyFlags(k),
	}
	if m.ledger.deniesKey(id) {
		row.flags |= flagRevoked
	}
	if known {
		old := m.keys.at(at)
		row.flags |= old.flags & flagUsed // the use may not have reached the database when the feed was read
		m.dropSecrets(old.secrets)
		*old = row
	} else {
		at = m.keys.add(row)
		m.byKey[id] = at
	}
	for _, s := range slices.Backward(k.Secrets) {
		if err := m.putSecret(at, s); err != nil {
			return err
		}
	}
	return nil
}

// scopesOf are the scopes that a key has in memory, nil where it is not there.
func (m *memory) scopesOf(key string) []string {
	id, err := newID(key)
	if at, known := m.byKey[id]; err == nil && known {
		return m.sets.scopes[m.keys.at(at).scopes].names
	}
	return nil
}

func (m *memory) putSecret(key uint32, s models.GateSecret) error {
	id, err := newID(s.ID)
	if err != nil {
		return err
	}
	k := m.keys.at(key)
	row := secretRow{
		digest: s.Digest, id: id, key: key, next: k.secrets, retires: micros(s.RetiresAt),
		pepper: int32(s.PepperVersion), //nolint:gosec // versions are counted from one
	}
	var retired bool
	if row.retires, retired = m.ledger.retires(id, row.retires); retired || s.Retired {
		row.flags = flagRetired
	}
	row.alike = m.byHead[head(s.Digest)]
	k.secrets = m.secrets.add(row)
	m.byHead[head(s.Digest)] = k.secrets
	return nil
}

// head is what digests are found by: they are uniform, so eight bytes tell nearly all apart, and a table of them is half
// as large as one of whole digests.
func head(digest [32]byte) uint64 { return binary.NativeEndian.Uint64(digest[:]) }

// secretOf finds a secret by its digest, 0 where there is none.
func (m *memory) secretOf(digest [32]byte) uint32 {
	at := m.byHead[head(digest)]
	for at != 0 && m.secrets.at(at).digest != digest {
		at = m.secrets.at(at).alike
	}
	return at
}

func (m *memory) dropSecrets(first uint32) {
	for i := first; i != 0; {
		row := *m.secrets.at(i)
		m.unlink(i, row)
		m.secrets.drop(i)
		i = row.next
	}
}

// unlink takes a secret out of those whose digests begin alike.
func (m *memory) unlink(i uint32, row secretRow) {
	first := m.byHead[head(row.digest)]
	switch {
	case first != i:
		before := m.secrets.at(first)
		for before.alike != i {
			before = m.secrets.at(before.alike)
		}
		before.alike = row.alike
	case row.alike == 0:
		delete(m.byHead, head(row.digest))
	default:
		m.byHead[head(row.digest)] = row.alike
	}
}

// putGateway overwrites a gateway's credential; a revoked one is forgotten.
func (m *memory) putGateway(g models.Gateway) {
	if old, ok := m.gatewayAt[g.ID]; ok {
		delete(m.gateways, old)
		delete(m.gatewayAt, g.ID)
	}
	if len(g.Digest) != 32 || !g.RevokedAt.IsZero() || m.ledger.deniesGateway(g.ID) {
		return
	}
	digest := [32]byte(g.Digest)
	m.gateways[digest], m.gatewayAt[g.ID] = g.ID, digest
}

func (m *memory) apply(f models.Feed, c *scopes.Catalogue) error {
	m.Lock()
	defer m.Unlock()
	if c != nil {
		m.sets.adopt(c)
	}
	for _, a := range f.Accounts {
		m.putAccount(a)
	}
	for _, g := range f.Gateways {
		m.putGateway(g)
	}
	for _, k := range f.Keys {
		if err := m.putKey(k); err != nil {
			return err
		}
	}
	return nil
}
