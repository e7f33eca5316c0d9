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
UPDATE api_keys SET scope_list = COALESCE((SELECT group_concat(s.scope, ' ' ORDER BY s.position) FROM api_key_scopes s WHERE s.key_id = api_keys.id), '');

CREATE INDEX role_bindings_of_folder ON role_bindings (folder_id, subject_type, subject_id, role);

CREATE TABLE account_bindings (
    account_id   text NOT NULL REFERENCES service_accounts (id),
    subject_type text NOT NULL CHECK (subject_type IN ('person', 'account')),
    subject_id   text NOT NULL CHECK (subject_id <> ''),
    role         text NOT NULL CHECK (role <> ''),
    PRIMARY KEY (account_id, subject_type, subject_id, role)
);
CREATE INDEX account_bindings_of_subject ON account_bindings (subject_type, subject_id);

CREATE TABLE api_operations (
    id            text NOT NULL PRIMARY KEY CHECK (id <> ''),
    folder_id     text NOT NULL,
    account_id    text NOT NULL,
    object_id     text NOT NULL,
    description   text NOT NULL,
    created_at    datetime NOT NULL,
    created_by    text NOT NULL,
    revision      integer NOT NULL CHECK (revision >= 0),
    metadata_type text NOT NULL,
    metadata_body blob NOT NULL,
    response_type text NOT NULL,
    response_body blob NOT NULL
);
CREATE INDEX api_operations_of_object ON api_operations (object_id, created_at, id);
CREATE INDEX api_operations_by_age ON api_operations (created_at);

CREATE TABLE authorized_keys (
    id           text NOT NULL PRIMARY KEY CHECK (id <> ''),
    account_id   text NOT NULL REFERENCES service_accounts (id),
    folder_id    text NOT NULL REFERENCES folders (id),
    description  text NOT NULL,
    algorithm    text NOT NULL CHECK (algorithm IN ('RSA_2048', 'RSA_4096')),
    public_key   text NOT NULL,
    created_at   datetime NOT NULL,
    created_by   text NOT NULL,
    last_used_at datetime NOT NULL
);
CREATE INDEX authorized_keys_of_account ON authorized_keys (account_id, created_at, id);

CREATE TABLE revoked_tokens (
    id         text NOT NULL PRIMARY KEY CHECK (id <> ''),
    subject_id text NOT NULL,
    revoked_at datetime NOT NULL,
    expires_at datetime NOT NULL
);
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);

CREATE TABLE token_floors (
    subject_id text NOT NULL PRIMARY KEY CHECK (subject_id <> ''),
    not_before datetime NOT NULL
);
