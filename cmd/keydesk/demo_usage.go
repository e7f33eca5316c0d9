package main

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// byHour is how many days of usage are counted by the hour; those before by the day, as the store does after a month. More
// hours would show nowhere, and make the start longer by seconds.
const byHour = 8

// use counts what the company's programs asked until now, through the flush by which a gate counts it.
func (p *past) use(ctx context.Context, st *store.Store, now time.Time) error {
	gate, err := models.NewID(models.PrefixGate, rand.Reader)
	if err != nil {
		return err
	}
	for i, a := range demoAccounts { // an account a flush: its totals are written once
		f := models.Flush{GateID: gate, Sequence: int64(i + 1)}
		for _, k := range slices.Concat(demoKeys...) {
			if k.account != a.name {
				continue
			}
			read, err := p.desk.Key(ctx, models.Actor{Type: models.ActorLocal}, p.keys[k.handle()].id)
			if err != nil {
				return err
			}
			t := tally{key: read.Key, account: read.Account, now: now, chance: &p.chance, flush: &f}
			t.last = models.LastUsed{KeyID: read.Key.ID}
			for _, u := range k.uses {
				t.count(u)
			}
			f.Last = append(f.Last, t.last)
		}
		if err := st.Flush(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// tally counts the requests of one key.
type tally struct {
	key     models.Key
	account models.Account
	now     time.Time
	chance  *demoChance
	flush   *models.Flush
	last    models.LastUsed
}

// count adds what one program asked, day by day.
func (t *tally) count(u demoUse) {
	from, to := t.span(u)
	if u.outcome == "" {
		u.outcome = models.Allowed
	}
	today := t.now.Truncate(24 * time.Hour)
	for day := from.Truncate(24 * time.Hour); day.Before(to); day = day.AddDate(0, 0, 1) {
		volume := u.daily * t.chance.between(0.85, 1.15)
		if u.early > 0 {
			volume *= 1 + (u.early-1)*today.Sub(day).Hours()/(24*120)
		}
		if weekend(day) {
			volume *= u.hours.weekend
		}
		t.countDay(u, day, from, to, volume)
	}
}

// countDay spreads a day's volume over its hours; of long ago the day's sum is all that is kept.
func (t *tally) countDay(u demoUse, day, from, to time.Time, volume float64) {
	whole := 0.0
	for _, share := range u.hours.hours {
		whole += share
	}
	byDay := day.Before(t.now.Truncate(24*time.Hour).AddDate(0, 0, -byHour))
	sum, last := 0.0, time.Time{}
	for h, share := range u.hours.hours {
		begin := day.Add(time.Duration(h) * time.Hour)
		first, end := later(begin, from), earlier(begin.Add(time.Hour), to)
		if share == 0 || !first.Before(end) {
			continue
		}
		asked := volume * share / whole * end.Sub(first).Hours() * t.chance.between(0.8, 1.2)
		at := later(first, end.Add(-time.Duration(t.chance.between(1, 90)*float64(time.Second))))
		if byDay {
			sum, last = sum+asked, at
			continue
		}
		t.add(u, begin, at, asked)
	}
	if byDay {
		t.add(u, day, last, sum)
	}
}

// add counts a bucket, of one of the program's hosts.
func (t *tally) add(u demoUse, bucket, last time.Time, asked float64) {
	n := int64(asked + t.chance.share()) // so that rare requests stay rare, and do not vanish
	if n < 1 {
		return
	}
	host := u.hosts[t.chance.below(len(u.hosts))]
	use := models.Use{
		KeyID: t.key.ID, AccountID: t.key.AccountID, SecretID: t.secretAt(last, u.old).ID, Bucket: bucket,
		Requested: u.scope, Outcome: u.outcome, Network: networkOf(host), Count: n, LastAt: last,
	}
	seen := &t.last.Refused
	if u.outcome == models.Allowed {
		seen, use.Granted = &t.last.Allowed, u.scope
		if u.through != "" {
			use.Granted = u.through
		}
	}
	t.flush.Uses = append(t.flush.Uses, use)
	if last.After(seen.At) {
		*seen = models.Sighting{At: last, Scope: u.scope, Address: host, Agent: u.agent, Reason: u.outcome}
	}
}

// span is when a program asks with this outcome: what stops the key or its account ends one outcome, and begins another.
func (t *tally) span(u demoUse) (from, to time.Time) {
	today := t.now.Truncate(24 * time.Hour)
	from, to = t.key.CreatedAt, t.now
	if u.since > 0 {
		from = later(from, today.AddDate(0, 0, -u.since))
	}
	if u.until > 0 {
		to = today.AddDate(0, 0, -u.until)
	}
	switch u.outcome {
	case models.RevokedKey, models.ExpiredKey, models.DisabledKey, models.SuspendedAccount:
		from = later(from, t.stopped())
	case models.RetiredSecret:
		from = later(from, oldestSecret(t.key).RetiredAt)
	default:
		to = earlier(to, t.stopped())
	}
	return from, to
}

// stopped is since when something keeps the key from working; now where nothing does.
func (t *tally) stopped() time.Time {
	at := t.now
	for _, stop := range []time.Time{
		t.key.Revoked.At, t.key.Disabled.At, t.key.ExpiresAt, t.account.Suspended.At, t.account.ExpiresAt, t.account.DeletedAt,
	} {
		if !stop.IsZero() {
			at = earlier(at, stop)
		}
	}
	return at
}

// secretAt is the secret that a program used at a moment: the newest then, or the one before it.
func (t *tally) secretAt(at time.Time, old bool) models.KeySecret {
	secrets := slices.SortedFunc(slices.Values(t.key.Secrets), func(a, b models.KeySecret) int { return a.CreatedAt.Compare(b.CreatedAt) })
	i := len(secrets) - 1
	for i > 0 && secrets[i].CreatedAt.After(at) {
		i--
	}
	if old && i > 0 {
		i--
	}
	return secrets[i]
}

func oldestSecret(k models.Key) models.KeySecret {
	return slices.MinFunc(k.Secrets, func(a, b models.KeySecret) int { return a.CreatedAt.Compare(b.CreatedAt) })
}

// networkOf is the network that a gate counts a host under.
func networkOf(host string) string {
	addr := netip.MustParseAddr(host)
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	return netip.PrefixFrom(addr, bits).Masked().String()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
