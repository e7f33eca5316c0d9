-- The audit log is a chain: each event carries the hash of the one before it, and numbers have no gaps. Heads are signed
-- outside the database. What nobody signed in was refused is only counted, so that strangers cannot fill the log.
-- Claims keep a repeated request from making a second thing.

-- +goose Up
CREATE TABLE audit_events (
    number      integer PRIMARY KEY CHECK (number > 0),
    encoding    integer NOT NULL,
    at          datetime NOT NULL,
    folder_id   text NOT NULL,
    actor_type  text NOT NULL,
    actor_id    text NOT NULL,
    actor_name  text NOT NULL,
    auth_method text NOT NULL,
    request_id  text NOT NULL,
    address     text NOT NULL,
    action      text NOT NULL CHECK (action <> ''),
    object_type text NOT NULL,
    object_id   text NOT NULL,
    object_name text NOT NULL,
    account_id  text NOT NULL,
    result      text NOT NULL CHECK (result IN ('done', 'refused')),
    reason      text NOT NULL,
    note        text NOT NULL,
    before      text NOT NULL,
    after       text NOT NULL,
    prev_hash   blob NOT NULL,
    hash        blob NOT NULL CHECK (length(hash) = 32)
);

CREATE INDEX audit_events_of_object ON audit_events (object_id, number);
CREATE INDEX audit_events_of_account ON audit_events (account_id, number);

CREATE TABLE audit_heads (
    number    integer NOT NULL CHECK (number > 0),
    hash      blob NOT NULL,
    signed_at datetime NOT NULL,
    key_id    text NOT NULL,
    signature blob NOT NULL,
    PRIMARY KEY (number, key_id)
);

CREATE TABLE audit_refusals (
    minute datetime NOT NULL,
    kind   text NOT NULL CHECK (kind <> ''),
    count  integer NOT NULL CHECK (count > 0),
    PRIMARY KEY (minute, kind)
);

CREATE TABLE idempotency (
    actor        text NOT NULL CHECK (actor <> ''),
    key          text NOT NULL CHECK (key <> ''),
    request_hash text NOT NULL,
    result_id    text NOT NULL,
    created_at   datetime NOT NULL,
    PRIMARY KEY (actor, key)
);
