-- The management API. Its operations are kept with the revision that gates have to enforce before they are done. Service
-- accounts hold roles in several folders, and people and accounts hold roles on one account. Of the key pair by which an
-- account gets IAM tokens the public half is kept; of IAM tokens nothing, but those that were given back before their end,
-- and since when a subject's are good. api_keys remember what the API's older field was given,
-- and have their scopes beside themselves once more: the API lists a thousand keys at a time.

-- +goose Up
ALTER TABLE folders ADD COLUMN description text NOT NULL DEFAULT '';
ALTER TABLE folders ADD COLUMN labels text NOT NULL DEFAULT '{}';
ALTER TABLE api_keys ADD COLUMN one_scope text NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN scope_list text NOT NULL DEFAULT '';
UPDATE api_keys SET scope_list = COALESCE((SELECT string_agg(s.scope, ' ' ORDER BY s.position) FROM api_key_scopes s WHERE s.key_id = api_keys.id), '');

CREATE INDEX role_bindings_of_folder ON role_bindings (folder_id, subject_type, subject_id, role);

CREATE TABLE account_bindings (
    account_id   text COLLATE "C" NOT NULL REFERENCES service_accounts (id),
    subject_type text COLLATE "C" NOT NULL CHECK (subject_type IN ('person', 'account')),
    subject_id   text COLLATE "C" NOT NULL CHECK (subject_id <> ''),
    role         text COLLATE "C" NOT NULL CHECK (role <> ''),
    PRIMARY KEY (account_id, subject_type, subject_id, role)
);
CREATE INDEX account_bindings_of_subject ON account_bindings (subject_type, subject_id);

CREATE TABLE api_operations (
    id            text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    folder_id     text COLLATE "C" NOT NULL,
    account_id    text COLLATE "C" NOT NULL,
    object_id     text COLLATE "C" NOT NULL,
    description   text NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    revision      bigint NOT NULL CHECK (revision >= 0),
    metadata_type text NOT NULL,
    metadata_body bytea NOT NULL,
    response_type text NOT NULL,
    response_body bytea NOT NULL
);
CREATE INDEX api_operations_of_object ON api_operations (object_id, created_at, id);
CREATE INDEX api_operations_by_age ON api_operations (created_at);

CREATE TABLE authorized_keys (
    id           text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    account_id   text COLLATE "C" NOT NULL REFERENCES service_accounts (id),
    folder_id    text COLLATE "C" NOT NULL REFERENCES folders (id),
    description  text NOT NULL,
    algorithm    text NOT NULL CHECK (algorithm IN ('RSA_2048', 'RSA_4096')),
    public_key   text NOT NULL,
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL,
    last_used_at timestamptz NOT NULL
);
CREATE INDEX authorized_keys_of_account ON authorized_keys (account_id, created_at, id);

CREATE TABLE revoked_tokens (
    id         text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    subject_id text COLLATE "C" NOT NULL,
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);

CREATE TABLE token_floors (
    subject_id text COLLATE "C" PRIMARY KEY CHECK (subject_id <> ''),
    not_before timestamptz NOT NULL
);
