-- A request may ask for several scopes. Each is counted, so that a scope's use is known; how many of the counts are further
-- scopes of a request that is counted already says how many requests there were.

-- +goose Up
ALTER TABLE key_usage ADD COLUMN further integer NOT NULL DEFAULT 0;
