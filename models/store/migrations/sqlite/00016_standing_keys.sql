-- An account's page lists the keys that are not revoked, however many were before them. What the list of accounts sums up
-- of living keys stands in the index that finds them. The last index was made twice.

-- +goose Up
CREATE INDEX api_keys_standing ON api_keys (account_id, created_at, id) WHERE revoked_at = '0001-01-01 00:00:00+00:00';
DROP INDEX audit_events_of_person;
DROP INDEX key_list_living;
CREATE INDEX key_list_living ON key_list (account_id, created_at, key_id, ended, ends_at, expires_at, off_at, off_until, default_scopes, broad, allowed_day, refused_day) WHERE NOT ended;
