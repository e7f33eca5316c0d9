-- Two administrators may edit the catalogue at once: its version tells the second that the first was there. The settings
-- also say how many keys hold a scope, how many accounts a role, and which keys outlive the key policy: an index for each.

-- +goose Up
ALTER TABLE catalogue ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0);

CREATE INDEX IF NOT EXISTS api_key_scopes_of_scope ON api_key_scopes (scope, key_id);
CREATE INDEX role_bindings_of_role ON role_bindings (role, subject_type, subject_id);
CREATE INDEX api_keys_unrevoked_end ON api_keys (revoked_at, expires_at, id);
