package keys

import (
	"slices"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/views/ui"
)

// ListPath is the address of the list of all keys; CSVPath and JSONPath of the same list as a file.
const (
	ListPath = "/keys"
	CSVPath  = "/keys.csv"
	JSONPath = "/keys.jsonl"
)

// confirmPath is where the selected keys go to: it asks before anything is done.
const (
	operationsPath = "/operations"
	confirmPath    = operationsPath + "/confirm"
)

// ListPage is the list of the keys of all accounts. Its filter is a GET form: tab, account, owner, scope, state,
// unused_since, expiring_before, network, sort.
type ListPage struct {
	Now       time.Time
	Tab       models.KeyTab
	Tabs      []ListTab
	Filter    Filter
	Problems  models.Fields   // with a filter that cannot be read; then there are no rows
	Folders   []models.Folder // to choose from; none where there is one alone
	Scopes    []string        // of the catalogue, to choose from
	Total     string          // what matches: "214", "1,000+"
	Any       bool            // there are keys at all
	Sort      models.KeySort
	Chosen    string // the sort as the address has it; "": the tab's own
	SortLinks map[models.KeyOrder]string
	Clear     string // the tab without filters
	CSV, JSON string // what is filtered, as a file; "" where it is not offered
	Rows      []ListRow
	Pager     ui.PagerProps
	Disable   bool // the person may disable selected keys
	Revoke    bool
	Beyond    bool   // there are more keys than this page has: all of them can be selected
	Selection string // the list's parameters, for when they are
	LagMillis int64  // how far last-used dates are behind at most
}

// ListTab is a tab with what it leads to.
type ListTab struct {
	Tab   models.KeyTab
	Href  string
	Count string
}

// Filter is what narrows a tab, as it was typed.
type Filter struct {
	Account        string // id or name
	Folder         string // id
	FolderName     string
	Owner          string
	Scope          string
	State          models.KeyState
	UnusedSince    string // 2026-11-23
	ExpiringBefore string
	Network        string
}

// ListRow is a key in the list.
type ListRow struct {
	Key         Key
	Owner       string
	Folder      string // name; "" where there is one folder
	LastUsed    Sighting
	LastRefused Sighting
	Attention   []models.Attention
	Select      bool // the person may disable or revoke it
}

// listScopes is how many scopes a row names: the key's page has them all.
const listScopes = 2

// listTabs are the words of a tab, and what it holds.
var listTabs = map[models.KeyTab]struct{ label, about string }{
	models.AllKeys:          {"All", ""},
	models.AttentionKeys:    {"Attention", "Keys that deserve a look, the most pressing first: still tried, expiring, unused, never used, broad, default scopes, no expiry."},
	models.UnusedKeys:       {"Unused 30 days", "Used once, but not in the last 30 days. Revoke what nobody misses, or disable it first to see who does."},
	models.NeverUsedKeys:    {"Never used", "Older than 7 days, and no request was ever allowed with them."},
	models.ExpiringKeys:     {"Expiring", "They stop working within 14 days."},
	models.NoExpiryKeys:     {"No expiry", "If one of these leaks, it works until somebody notices."},
	models.DefaultScopeKeys: {"Default scopes", "Made without choosing scopes: they got the defaults, which may be more than they need."},
	models.RefusedKeys:      {"Refused 24 h", "A request with them was refused in the last 24 hours, for whatever reason."},
	models.DisabledKeys:     {"Disabled", "Every request with them is refused until they are enabled again."},
}

// listStates are what the list can be narrowed to.
var listStates = []models.KeyState{models.KeyActive, models.KeyDisabled, models.KeyExpired, models.KeyRevoked}

// ListState reports whether the list can be narrowed to a state; "" is any.
func ListState(s models.KeyState) bool { return s == "" || slices.Contains(listStates, s) }

// listSorts are the sorts as the address has them, for where a table has no headings.
var listSorts = []ui.Link{
	{Label: "The tab's own order", Href: ""},
	{Label: "Created, newest first", Href: "-created"}, {Label: "Created, oldest first", Href: "created"},
	{Label: "Last used, latest first", Href: "-used"}, {Label: "Last used, longest ago first", Href: "used"},
	{Label: "Expires, soonest first", Href: "expires"}, {Label: "Expires, latest first", Href: "-expires"},
}

// said are the filters in words, in the order of the form.
func (f Filter) said() []string {
	var all []string
	add := func(words, value string) {
		if value != "" {
			all = append(all, words+" “"+value+"”")
		}
	}
	add("account", f.Account)
	add("folder", f.FolderName)
	add("owner", f.Owner)
	add("scope", f.Scope)
	add("state", string(f.State))
	add("unused since", f.UnusedSince)
	add("expiring before", f.ExpiringBefore)
	add("network", f.Network)
	return all
}

func (m ListPage) filtered() bool { return len(m.Filter.said()) > 0 }

// filterText says what the page shows, for paper and for when it is nothing.
func (m ListPage) filterText() string {
	text := "All keys"
	if m.Tab != models.AllKeys {
		text = "Keys in “" + listTabs[m.Tab].label + "”"
	}
	if said := m.Filter.said(); len(said) > 0 {
		text += " with " + strings.Join(said, ", ")
	}
	return text + "."
}

// emptyTab says why a tab without filters is empty: mostly that is good news.
func (m ListPage) emptyTab() string {
	switch m.Tab {
	case models.AttentionKeys:
		return "No key deserves a look right now."
	case models.RefusedKeys:
		return "No request with a known key was refused in the last 24 hours."
	}
	return "No key is like that right now."
}

// sorted is a heading's aria-sort; "" where the list is sorted by something else.
func (m ListPage) sorted(by models.KeyOrder) string {
	switch {
	case m.Sort.By != by:
		return ""
	case m.Sort.Down:
		return "descending"
	}
	return "ascending"
}

func (m ListPage) bulk() bool { return m.Disable || m.Revoke }

func attentionText(why []models.Attention) string {
	words := make([]string, len(why))
	for i, a := range why {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}
