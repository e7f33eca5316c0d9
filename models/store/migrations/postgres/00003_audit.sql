-- The audit log is a chain: each event carries the hash of the one before it, and numbers have no gaps. Heads are signed
-- outside the database. What nobody signed in was refused is only counted, so that strangers cannot fill the log.
-- Claims keep a repeated request from making a second thing.

-- +goose Up
CREATE TABLE audit_events (
    number      bigint PRIMARY KEY CHECK (number > 0),
    encoding    bigint NOT NULL,
    at          timestamptz NOT NULL,
    folder_id   text NOT NULL,
    actor_type  text NOT NULL,
    actor_id    text NOT NULL,
    actor_name  text NOT NULL,
    auth_method text NOT NULL,
    request_id  text NOT NULL,
    address     text NOT NULL,
    action      text NOT NULL CHECK (action <> ''),
    object_type text NOT NULL,
    object_id   text COLLATE "C" NOT NULL,
    object_name text NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    result      text NOT NULL CHECK (result IN ('done', 'refused')),
    reason      text NOT NULL,
    note        text NOT NULL,
    before      text NOT NULL,
    after       text NOT NULL,
    prev_hash   bytea NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32)
);

CREATE INDEX audit_events_of_object ON audit_events (object_id, number);
CREATE INDEX audit_events_of_account ON audit_events (account_id, number);

CREATE TABLE audit_heads (
    number    bigint NOT NULL CHECK (number > 0),
    hash      bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    key_id    text COLLATE "C" NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (number, key_id)
);

CREATE TABLE audit_refusals (
    minute timestamptz NOT NULL,
    kind   text COLLATE "C" NOT NULL CHECK (kind <> ''),
    count  bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (minute, kind)
);

CREATE TABLE idempotency (
    actor        text COLLATE "C" NOT NULL CHECK (actor <> ''),
    key          text COLLATE "C" NOT NULL CHECK (key <> ''),
    request_hash text NOT NULL,
    result_id    text NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);
