-- A change of many keys is stored before it is made, so that it can be looked at, goes on after a crash, and says row by row
-- what became of it. Whichever process holds the lease carries it out; which rows are done is decided in the transaction
-- that changes the keys, so each is changed once. Rows are read by what happened last, and by state.

-- +goose Up
CREATE TABLE operations (
    id               text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    action           text NOT NULL CHECK (action IN ('key.disable', 'key.revoke')),
    state            text NOT NULL CHECK (state IN ('draft', 'running', 'done', 'cancelled')),
    stop_reason      text NOT NULL,
    actor_type       text NOT NULL CHECK (actor_type <> ''),
    actor_id         text COLLATE "C" NOT NULL,
    actor_name       text NOT NULL,
    actor_method     text NOT NULL,
    actor_request_id text NOT NULL,
    actor_address    text NOT NULL,
    reason           text NOT NULL,
    note             text NOT NULL,
    until            timestamptz NOT NULL,
    retry_of         text COLLATE "C" NOT NULL,
    created_at       timestamptz NOT NULL,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz NOT NULL,
    total            bigint NOT NULL CHECK (total > 0),
    duplicates       bigint NOT NULL CHECK (duplicates >= 0),
    found            bigint NOT NULL CHECK (found >= 0),
    done             bigint NOT NULL CHECK (done >= 0),
    already          bigint NOT NULL CHECK (already >= 0),
    refused          bigint NOT NULL CHECK (refused >= 0),
    failed           bigint NOT NULL CHECK (failed >= 0),
    cancel_at        timestamptz NOT NULL,
    cancel_by        text NOT NULL,
    lease_by         text COLLATE "C" NOT NULL,
    lease_until      timestamptz NOT NULL,
    revision         bigint NOT NULL CHECK (revision >= 0),
    gates            bigint NOT NULL CHECK (gates >= 0),
    confirmed_ms     bigint NOT NULL CHECK (confirmed_ms >= 0),
    confirmed_at     timestamptz NOT NULL,
    CHECK (done + already + refused + failed <= total)
);

CREATE INDEX operations_list ON operations (created_at, id);
CREATE INDEX operations_by_state ON operations (state, created_at, id);

CREATE TABLE operation_items (
    operation_id text COLLATE "C" NOT NULL REFERENCES operations (id),
    position     bigint NOT NULL CHECK (position > 0), -- the order in which they were given
    given        text COLLATE "C" NOT NULL CHECK (given <> ''), -- a key's id, or a text that is none
    state        text NOT NULL CHECK (state IN ('waiting', 'done', 'already', 'refused', 'failed')),
    reason       text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (operation_id, position)
);

CREATE INDEX operation_items_latest ON operation_items (operation_id, at, position);
CREATE INDEX operation_items_by_state ON operation_items (operation_id, state, at, position);
