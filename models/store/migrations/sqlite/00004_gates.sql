-- How changes reach the gates. Every change that they must know takes the next revision in its own transaction; the token
-- tells a feed that went back in time. A gate's row says what it enforces and until when it may answer.

-- +goose Up
CREATE TABLE changes (
    revision  integer PRIMARY KEY CHECK (revision > 0),
    token     text NOT NULL CHECK (length(token) = 32),
    kind      text NOT NULL CHECK (kind IN ('key', 'account', 'catalogue', 'gateway', 'pepper')),
    object_id text NOT NULL,
    at        datetime NOT NULL
);

CREATE TABLE gates (
    id          text NOT NULL PRIMARY KEY CHECK (id <> ''),
    name        text NOT NULL,
    version     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('loading', 'ready')),
    enforced    integer NOT NULL CHECK (enforced >= 0),
    stale_for   integer NOT NULL CHECK (stale_for >= 0), -- nanoseconds
    started_at  datetime NOT NULL,
    lease_until datetime NOT NULL,
    seen_at     datetime NOT NULL
);

-- Which flushes are in: one that is sent again after a lost answer counts nothing twice.
CREATE TABLE flushes (
    gate_id  text NOT NULL CHECK (gate_id <> ''),
    sequence integer NOT NULL,
    PRIMARY KEY (gate_id, sequence)
);

CREATE TABLE settings (
    name  text NOT NULL PRIMARY KEY CHECK (name <> ''),
    value text NOT NULL
);
