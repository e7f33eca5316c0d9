-- How changes reach the gates. Every change that they must know takes the next revision in its own transaction; the token
-- tells a feed that went back in time. A gate's row says what it enforces and until when it may answer: rewritten twice a
-- second, so half of each page stays free for the next version of the row.

-- +goose Up
CREATE TABLE changes (
    revision  bigint PRIMARY KEY CHECK (revision > 0),
    token     text NOT NULL CHECK (length(token) = 32),
    kind      text NOT NULL CHECK (kind IN ('key', 'account', 'catalogue', 'gateway', 'pepper')),
    object_id text NOT NULL,
    at        timestamptz NOT NULL
);

CREATE TABLE gates (
    id          text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    name        text NOT NULL,
    version     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('loading', 'ready')),
    enforced    bigint NOT NULL CHECK (enforced >= 0),
    stale_for   bigint NOT NULL CHECK (stale_for >= 0), -- nanoseconds
    started_at  timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Which flushes are in: one that is sent again after a lost answer counts nothing twice.
CREATE TABLE flushes (
    gate_id  text COLLATE "C" NOT NULL CHECK (gate_id <> ''),
    sequence bigint NOT NULL,
    PRIMARY KEY (gate_id, sequence)
);

CREATE TABLE settings (
    name  text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
    value text NOT NULL
);
