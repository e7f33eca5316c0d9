-- A change of many keys is stored before it is made, so that it can be looked at, goes on after a crash, and says row by row
-- what became of it. Whichever process holds the lease carries it out; which rows are done is decided in the transaction
-- that changes the keys, so each is changed once. Rows are read by what happened last, and by state.

-- +goose Up
CREATE TABLE operations (
    id               text NOT NULL PRIMARY KEY CHECK (id <> ''),
    action           text NOT NULL CHECK (action IN ('key.disable', 'key.revoke')),
    state            text NOT NULL CHECK (state IN ('draft', 'running', 'done', 'cancelled')),
    stop_reason      text NOT NULL,
    actor_type       text NOT NULL CHECK (actor_type <> ''),
    actor_id         text NOT NULL,
    actor_name       text NOT NULL,
    actor_method     text NOT NULL,
    actor_request_id text NOT NULL,
    actor_address    text NOT NULL,
    reason           text NOT NULL,
    note             text NOT NULL,
    until            datetime NOT NULL,
    retry_of         text NOT NULL,
    created_at       datetime NOT NULL,
    started_at       datetime NOT NULL,
    ended_at         datetime NOT NULL,
    total            integer NOT NULL CHECK (total > 0),
    duplicates       integer NOT NULL CHECK (duplicates >= 0),
    found            integer NOT NULL CHECK (found >= 0),
    done             integer NOT NULL CHECK (done >= 0),
    already          integer NOT NULL CHECK (already >= 0),
    refused          integer NOT NULL CHECK (refused >= 0),
    failed           integer NOT NULL CHECK (failed >= 0),
    cancel_at        datetime NOT NULL,
    cancel_by        text NOT NULL,
    lease_by         text NOT NULL,
    lease_until      datetime NOT NULL,
    revision         integer NOT NULL CHECK (revision >= 0),
    gates            integer NOT NULL CHECK (gates >= 0),
    confirmed_ms     integer NOT NULL CHECK (confirmed_ms >= 0),
    confirmed_at     datetime NOT NULL,
    CHECK (done + already + refused + failed <= total)
);

CREATE INDEX operations_list ON operations (created_at, id);
CREATE INDEX operations_by_state ON operations (state, created_at, id);

CREATE TABLE operation_items (
    operation_id text NOT NULL REFERENCES operations (id),
    position     integer NOT NULL CHECK (position > 0), -- the order in which they were given
    given        text NOT NULL CHECK (given <> ''), -- a key's id, or a text that is none
    state        text NOT NULL CHECK (state IN ('waiting', 'done', 'already', 'refused', 'failed')),
    reason       text NOT NULL,
    at           datetime NOT NULL,
    PRIMARY KEY (operation_id, position)
);

CREATE INDEX operation_items_latest ON operation_items (operation_id, at, position);
CREATE INDEX operation_items_by_state ON operation_items (operation_id, state, at, position);
