package verify

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/secret"
)

// Config is what a gate is made of. The zero value of a duration or a limit is its default.
type Config struct {
	ID       string // drawn anew at every start: flushes are counted once for each sequence of an ID
	Name     string // host and listen address, as pages show it
	Version  string
	Source   Source
	Peppers  *secret.Peppers
	Build    func(models.OwnCatalogue) (*scopes.Catalogue, error) // default: scopes.Build
	StaleFor time.Duration                                        // how long after a beat it may still answer: 1 s to 300 s, default 10 s
	AskEach  bool                                                 // hold no lease: ask the database at every check; StaleFor is 0 then
	Poll     time.Duration                                        // default 500 ms
	Flush    time.Duration                                        // default 2 s
	BadKeys  Limit                                                // default 100 a second after 200
	Now      func() time.Time                                     // time.Now, which carries the monotonic clock
	Log      *slog.Logger

	Journal    Journal            // nil: what is denied is kept in memory alone
	Journaled  models.Journaled   // what the journal said when it was opened; the gate takes the records over
	TimeTravel func(models.Epoch) // told once when the database went back in time, with the epoch that was known; may be nil
}

// Bounds and defaults of Config.
const (
	minStaleFor     = time.Second
	maxStaleFor     = 300 * time.Second
	defaultStaleFor = 10 * time.Second
	defaultPoll     = 500 * time.Millisecond
	defaultFlush    = 2 * time.Second
	readyFor        = 2 * time.Second // with AskEach: how long after a round the gate calls itself ready
)

var defaultBadKeys = Limit{PerSecond: 100, Burst: 200}

func (c Config) complete() (Config, error) {
	if !c.AskEach {
		c.StaleFor = orDefault(c.StaleFor, defaultStaleFor)
	}
	c.Poll = orDefault(c.Poll, defaultPoll)
	c.Flush = orDefault(c.Flush, defaultFlush)
	c.BadKeys = orDefault(c.BadKeys, defaultBadKeys)
	if c.Build == nil {
		c.Build = scopes.Build
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(c.problems()...)
}

func (c Config) problems() (problems []error) {
	if least, most := c.leases(); c.StaleFor < least || c.StaleFor > most {
		problems = append(problems, fmt.Errorf("stale-for is %v: want %v to %v, and 0 for a gate that asks at every check", c.StaleFor, minStaleFor, maxStaleFor))
	}
	if most := c.lease() / 2; c.Poll <= 0 || c.Poll > most {
		problems = append(problems, fmt.Errorf("the gate polls every %v: want at most half of stale-for, %v", c.Poll, most))
	}
	if c.Flush <= 0 || c.BadKeys.PerSecond < 1 || c.BadKeys.PerSecond > int(time.Second) || c.BadKeys.Burst < 1 {
		problems = append(problems, errors.New("the flush interval and the limit of bad keys have to be positive"))
	}
	if !models.IsID(c.ID) || c.Source == nil || c.Peppers == nil || c.Now == nil {
		problems = append(problems, errors.New("a gate needs an id, a source, peppers and a clock"))
	}
	return problems
}

// leases are the least and the longest that this gate may hold.
func (c Config) leases() (least, most time.Duration) {
	if c.AskEach {
		return 0, 0
	}
	return minStaleFor, maxStaleFor
}

// lease is how long a round keeps the gate ready.
func (c Config) lease() time.Duration {
	if c.AskEach {
		return readyFor
	}
	return c.StaleFor
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
