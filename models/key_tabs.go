package models

import "slices"

// KeyTab is one of the ready questions that the list of all keys answers.
type KeyTab string

// The tabs. What they are measured by stands with Attention. Of the dead, only AllKeys, AttentionKeys (who still tries
// them) and RefusedKeys speak.
const (
	AllKeys          KeyTab = ""
	AttentionKeys    KeyTab = "attention" // for any of the reasons
	UnusedKeys       KeyTab = "unused"
	NeverUsedKeys    KeyTab = "never-used"
	ExpiringKeys     KeyTab = "expiring"
	NoExpiryKeys     KeyTab = "no-expiry"
	DefaultScopeKeys KeyTab = "default-scopes"
	RefusedKeys      KeyTab = "refused" // whyever, within RefusedWithin
	DisabledKeys     KeyTab = "disabled"
)

// KeyTabs lists them in the order in which pages offer them.
var KeyTabs = []KeyTab{
	AllKeys, AttentionKeys, UnusedKeys, NeverUsedKeys, ExpiringKeys, NoExpiryKeys, DefaultScopeKeys, RefusedKeys, DisabledKeys,
}

// Valid reports whether t is one of them.
func (t KeyTab) Valid() bool { return slices.Contains(KeyTabs, t) }

// KeyOrder is what a list of keys is sorted by. Uses are sorted by their day: the moment changes with every request.
type KeyOrder string

// The orders. The zero value is the tab's own, in which it has an index: newest first, or what is most pressing first.
const (
	TabOrder  KeyOrder = ""
	ByCreated KeyOrder = "created"
	ByUsed    KeyOrder = "used"
	ByExpires KeyOrder = "expires"
)

// KeyOrders lists those that somebody may ask for.
var KeyOrders = []KeyOrder{ByCreated, ByUsed, ByExpires}

// KeySort is an order and its direction.
type KeySort struct {
	By   KeyOrder
	Down bool // newest, latest first
}

// Resolved is the sort itself where it is the tab's own. The attention tab's is by urgency: it stays TabOrder, and so does
// that of the refused, which has no column.
func (s KeySort) Resolved(t KeyTab) KeySort {
	if s.By != TabOrder {
		return s
	}
	switch t {
	case AttentionKeys, RefusedKeys:
		return KeySort{By: TabOrder, Down: t == RefusedKeys}
	case UnusedKeys:
		return KeySort{By: ByUsed}
	case NeverUsedKeys:
		return KeySort{By: ByCreated}
	case ExpiringKeys:
		return KeySort{By: ByExpires}
	}
	return KeySort{By: ByCreated, Down: true}
}
