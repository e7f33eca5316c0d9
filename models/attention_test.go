package models_test

import (
	"slices"
	"testing"
	"time"

	"keydesk/models"
)

func TestAttention(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	plain := models.Key{CreatedAt: ago(60 * day), ExpiresAt: now.Add(60 * day), Scopes: []string{"a"}}
	used := models.LastUsed{Allowed: models.Sighting{At: ago(time.Hour)}}
	with := func(change func(*models.Key)) models.Key { k := plain; change(&k); return k }
	tried := func(d time.Duration) models.LastUsed {
		return models.LastUsed{Allowed: used.Allowed, Refused: models.Sighting{At: ago(d)}}
	}
	revoked := with(func(k *models.Key) { k.Revoked.At = ago(2 * day); k.ExpiresAt = time.Time{} })
	for name, tc := range map[string]struct {
		key  models.Key
		last models.LastUsed
		want []models.Attention
	}{
		"nothing":                  {plain, used, nil},
		"expires at the limit":     {with(func(k *models.Key) { k.ExpiresAt = now.Add(14 * day) }), used, []models.Attention{models.Expiring}},
		"expires after it":         {with(func(k *models.Key) { k.ExpiresAt = now.Add(14*day + 1) }), used, nil},
		"unused for 30 days":       {plain, models.LastUsed{Allowed: models.Sighting{At: ago(30 * day)}}, []models.Attention{models.Unused}},
		"a day less":               {plain, models.LastUsed{Allowed: models.Sighting{At: ago(29 * day)}}, nil},
		"never used":               {plain, models.LastUsed{}, []models.Attention{models.NeverUsed}},
		"never used, but new":      {with(func(k *models.Key) { k.CreatedAt = ago(6 * day) }), models.LastUsed{}, nil},
		"five scopes":              {with(func(k *models.Key) { k.Scopes = make([]string, 5) }), used, []models.Attention{models.Broad}},
		"defaults, never ends":     {with(func(k *models.Key) { k.DefaultScopes = true; k.ExpiresAt = time.Time{} }), used, []models.Attention{models.DefaultScopes, models.NoExpiry}},
		"revoked and tried":        {revoked, tried(time.Hour), []models.Attention{models.StillTried}},
		"tried before":             {revoked, tried(3 * day), nil},
		"tried, but days ago":      {with(func(k *models.Key) { k.Revoked.At = ago(9 * day) }), tried(day), nil},
		"disabled and tried":       {with(func(k *models.Key) { k.Disabled.At = ago(day) }), tried(time.Hour), []models.Attention{models.StillTried}},
		"refused, but not stopped": {plain, tried(time.Hour), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.key.Attention(tc.last, now); !slices.Equal(got, tc.want) {
				t.Errorf("attention %q, want %q", got, tc.want)
			}
		})
	}
}
