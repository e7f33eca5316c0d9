package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// policySetting is the setting that holds the key policy, as JSON.
const policySetting = "key_policy"

func readPolicy(tx *store.Tx) (p models.KeyPolicy, stored string, err error) {
	if stored, err = tx.Setting(policySetting); err != nil {
		return p, stored, err
	}
	p, err = policyOf(stored)
	return p, stored, err
}

func policyOf(stored string) (p models.KeyPolicy, err error) {
	if stored == "" {
		return models.DefaultKeyPolicy, nil
	}
	if err := json.Unmarshal([]byte(stored), &p); err != nil {
		return p, fmt.Errorf("reading the stored key policy: %w", err)
	}
	return p, nil
}

// KeyPolicy is how long new keys may live. It is no secret: whoever makes a key is told.
func (d *Desk) KeyPolicy(ctx context.Context) (models.KeyPolicy, error) {
	stored, err := d.Store.Setting(ctx, policySetting)
	if err != nil {
		return models.KeyPolicy{}, err
	}
	return policyOf(stored)
}

// SetKeyPolicy changes it, for keys whose expiry is set from now on. Version is the one that was looked at.
func (d *Desk) SetKeyPolicy(ctx context.Context, by models.Actor, in models.KeyPolicy) (models.KeyPolicy, error) {
	o := d.op(by, "policy.update", "policy", "key")
	o.objectName = "key policy"
	_, err := d.change(ctx, o, func(tx *store.Tx) error {
		if !by.MayAnywhere(models.SettingsManage) {
			return forbidden(models.SettingsManage)
		}
		p := problems{}
		p.policy(in)
		if err := p.err(); err != nil {
			return err
		}
		old, stored, err := readPolicy(tx)
		if err != nil {
			return err
		}
		if in.Version != old.Version {
			return changedMeanwhile()
		}
		o.before, o.after = policyFacts(old), policyFacts(in)
		in.Version++
		document, err := json.Marshal(in)
		if err != nil {
			return err
		}
		return tx.SwapSetting(policySetting, stored, string(document))
	})
	return in, err
}

func policyFacts(p models.KeyPolicy) models.Facts {
	return models.Facts{"default_days": p.DefaultDays, "max_days": p.MaxDays, "never": p.Never}
}

func (p problems) policy(in models.KeyPolicy) {
	switch {
	case in.DefaultDays < 1 || in.DefaultDays > models.MaxPolicyDays:
		p.add("default", "From 1 to %d days", models.MaxPolicyDays)
	case in.MaxDays > 0 && in.DefaultDays > in.MaxDays:
		p.add("default", "The default is longer than the maximum of %d days", in.MaxDays)
	}
	if in.MaxDays < 0 || in.MaxDays > models.MaxPolicyDays {
		p.add("max", "From 1 to %d days, or none", models.MaxPolicyDays)
	}
	if in.MaxDays > 0 && in.Never {
		p.add("never", "Keys without expiry live longer than any maximum: do not allow them, or leave the maximum out")
	}
}

// permitted refuses an expiry that the policy does not allow to be set now.
func (p problems) permitted(field string, policy models.KeyPolicy, at, now time.Time) {
	switch {
	case policy.Allows(at, now):
	case at.IsZero():
		p.add(field, "The key policy does not allow keys without expiry: choose when it ends")
	default:
		p.add(field, "The key policy allows %d days at most: choose a time before %s", policy.MaxDays, policy.Latest(now).Format("2006-01-02 15:04 UTC"))
	}
}

// Beyond are the keys that live longer than the policy would allow them if they were made now.
type Beyond struct {
	Endless Counted           // have no expiry, where that is not allowed
	Late    Counted           // end after Latest
	Latest  time.Time         // zero: there is no maximum
	First   []store.BeyondKey // the first of both, late ones first
}

// beyondShown is how many of the keys are named.
const beyondShown = 20

// KeysBeyondPolicy finds the keys that break the policy. They are left as they are.
func (d *Desk) KeysBeyondPolicy(ctx context.Context, by models.Actor) (b Beyond, err error) {
	in, now := by.Folders(models.KeysView), d.now()
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		policy, _, err := readPolicy(tx)
		if err != nil {
			return err
		}
		b = Beyond{Latest: policy.Latest(now)}
		if !b.Latest.IsZero() {
			if b.Late, err = b.add(tx, store.BeyondQuery{Scope: in, Latest: b.Latest}); err != nil {
				return err
			}
		}
		if !policy.Never {
			b.Endless, err = b.add(tx, store.BeyondQuery{Scope: in})
		}
		return err
	})
	return b, err
}

func (b *Beyond) add(tx *store.Tx, q store.BeyondQuery) (Counted, error) {
	n, err := counted(tx.CountKeysBeyond(q, countCap+1))
	if left := beyondShown - len(b.First); err == nil && left > 0 {
		var some []store.BeyondKey
		some, err = tx.KeysBeyond(q, left)
		b.First = append(b.First, some...)
	}
	return n, err
}
