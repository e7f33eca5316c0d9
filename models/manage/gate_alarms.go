package manage

import (
	"context"
	"sync"
	"time"

	"keydesk/models"
)

const (
	alarmsFor    = time.Second            // how long what was read is said again
	alarmsWithin = 300 * time.Millisecond // how long a page waits for it
)

// gateWatch is what was read of the gates last. Its zero value has read nothing.
type gateWatch struct {
	mu     sync.Mutex
	at     time.Time // of the last read, done or under way
	busy   bool
	alarms []models.GateAlarm
}

// GateAlarms says what is wrong with gates, for every page of who may see keys: at most one short read a second, however many
// pages are asked for. While the database does not answer, what was read last is said again.
func (d *Desk) GateAlarms(ctx context.Context, by models.Actor) []models.GateAlarm {
	if !by.MayAnywhere(models.KeysView) {
		return nil
	}
	alarms, due := d.gates.last(d.now())
	if !due {
		return alarms
	}
	ctx, cancel := context.WithTimeout(ctx, alarmsWithin)
	defer cancel()
	l, err := d.Gates(ctx, by)
	return d.gates.keep(models.GateAlarms(l.Gates, l.Now), err)
}

// last is what was read last, and whether the caller is to read again, and then to call keep. One reads at a time: the others
// are told what was read before.
func (w *gateWatch) last(now time.Time) (alarms []models.GateAlarm, due bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	age := now.Sub(w.at)
	if age >= 0 && age < alarmsFor || w.busy && age < 2*alarmsFor {
		return w.alarms, false
	}
	w.busy, w.at = true, now
	return w.alarms, true
}

// keep puts what was read in the place of what was read before.
func (w *gateWatch) keep(alarms []models.GateAlarm, err error) []models.GateAlarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	if err == nil {
		w.alarms = alarms
	}
	return w.alarms
}
