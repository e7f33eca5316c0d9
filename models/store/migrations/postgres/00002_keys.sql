-- API keys, their scopes and what is kept of their secrets: a digest under a pepper, never the secret. Secrets are a
-- table of their own, because a reissue gives a key a second one while both are good; retired ones stay, so that the
-- gate can name the refusal. Gateways carry their one credential with them.

-- +goose Up
CREATE TABLE api_keys (
    id              text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    account_id      text COLLATE "C" NOT NULL REFERENCES service_accounts (id),
    folder_id       text COLLATE "C" NOT NULL REFERENCES folders (id),
    description     text NOT NULL,
    default_scopes  boolean NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      text NOT NULL,
    created_via     text NOT NULL,
    expires_at      timestamptz NOT NULL,
    disabled_at     timestamptz NOT NULL,
    disabled_until  timestamptz NOT NULL,
    disabled_reason text NOT NULL,
    disabled_note   text NOT NULL,
    disabled_by     text NOT NULL,
    disabled_as     text NOT NULL,
    revoked_at      timestamptz NOT NULL,
    revoked_until   timestamptz NOT NULL,
    revoked_reason  text NOT NULL,
    revoked_note    text NOT NULL,
    revoked_by      text NOT NULL,
    revoked_as      text NOT NULL,
    replaced_by     text NOT NULL,
    version         bigint NOT NULL CHECK (version > 0)
);

CREATE INDEX api_keys_of_account ON api_keys (account_id, created_at, id);
CREATE INDEX api_keys_list ON api_keys (created_at, id);

CREATE TABLE api_key_scopes (
    key_id   text COLLATE "C" NOT NULL REFERENCES api_keys (id),
    position bigint NOT NULL CHECK (position >= 0), -- the order in which they were given
    scope    text COLLATE "C" NOT NULL CHECK (scope <> ''),
    mode     text NOT NULL CHECK (mode = 'allow'),
    PRIMARY KEY (key_id, position)
);

CREATE TABLE api_key_secrets (
    id             text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    key_id         text COLLATE "C" NOT NULL REFERENCES api_keys (id),
    digest         bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    tail           text NOT NULL,
    pepper_version bigint NOT NULL CHECK (pepper_version > 0),
    created_at     timestamptz NOT NULL,
    retires_at     timestamptz NOT NULL,
    retired_at     timestamptz NOT NULL
);

CREATE INDEX api_key_secrets_of_key ON api_key_secrets (key_id, created_at, id);

CREATE TABLE gateways (
    id             text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    name           text COLLATE "C" NOT NULL CHECK (name <> ''),
    digest         bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    tail           text NOT NULL,
    pepper_version bigint NOT NULL CHECK (pepper_version > 0),
    created_at     timestamptz NOT NULL,
    created_by     text NOT NULL,
    revoked_at     timestamptz NOT NULL,
    revoked_by     text NOT NULL
);

-- Enough to notice a wrong pepper at start. The pepper itself is kept outside the database.
CREATE TABLE peppers (
    version     bigint PRIMARY KEY CHECK (version > 0),
    check_value bytea NOT NULL,
    current     boolean NOT NULL
);

-- What the installation adds to the built-in catalogue: one document, so that every process knows the same one.
CREATE TABLE catalogue (
    id       bigint PRIMARY KEY CHECK (id = 1),
    document text NOT NULL
);
