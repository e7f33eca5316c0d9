-- Somebody has the end of a secret, as masks show it, or the beginning of a description, and looks for the key.

-- +goose Up
CREATE INDEX api_key_secrets_tail ON api_key_secrets (tail, key_id);
CREATE INDEX api_keys_description ON api_keys (lower(description), id);
