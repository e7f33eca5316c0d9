package verify

import (
	"sync"

	"keydesk/models"
)

// Symbols that need no catalogue.
const (
	noSymbol    uint32 = iota // ""
	otherSymbol               // models.OtherName
)

// symbols numbers scope names for the counters. A number outlives the catalogue that the scope came from, because what was
// counted under it is written later; only names of catalogues are added, so the table stays small.
type symbols struct {
	mu    sync.RWMutex
	at    map[string]uint32
	names []string
}

func newSymbols() *symbols {
	return &symbols{at: map[string]uint32{"": noSymbol, models.OtherName: otherSymbol}, names: []string{"", models.OtherName}}
}

func (s *symbols) of(name string) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.at[name]
	if !ok {
		n = uint32(len(s.names)) //nolint:gosec // a catalogue is bounded
		s.at[name], s.names = n, append(s.names, name)
	}
	return n
}

func (s *symbols) name(n uint32) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names[n]
}
