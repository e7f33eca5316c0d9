-- A database that went back in time (a copy that was put back) is accepted by an epoch. Gates read the newest with every
-- feed, and say which they know. What a gate warns of is shown with it. SQLite changes no CHECK: the tables are made anew.

-- +goose Up
CREATE TABLE epochs (
    number    integer PRIMARY KEY CHECK (number > 0),
    system_id text NOT NULL, -- '': a file has none
    timeline  text NOT NULL,
    token     text NOT NULL CHECK (length(token) = 32),
    at        datetime NOT NULL,
    by        text NOT NULL
);

CREATE TABLE changes_anew (
    revision  integer PRIMARY KEY CHECK (revision > 0),
    token     text NOT NULL CHECK (length(token) = 32),
    kind      text NOT NULL CHECK (kind IN ('key', 'account', 'catalogue', 'gateway', 'pepper', 'epoch')),
    object_id text NOT NULL,
    at        datetime NOT NULL
);
INSERT INTO changes_anew SELECT revision, token, kind, object_id, at FROM changes;
DROP TABLE changes;
ALTER TABLE changes_anew RENAME TO changes;
CREATE INDEX changes_of_object ON changes (object_id, revision);

DROP TABLE gates; -- a gate that runs writes its row anew
CREATE TABLE gates (
    id          text NOT NULL PRIMARY KEY CHECK (id <> ''),
    name        text NOT NULL,
    version     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('loading', 'ready', 'alarm')),
    enforced    integer NOT NULL CHECK (enforced >= 0),
    stale_for   integer NOT NULL CHECK (stale_for >= 0), -- nanoseconds
    started_at  datetime NOT NULL,
    lease_until datetime NOT NULL,
    seen_at     datetime NOT NULL,
    epoch       integer NOT NULL DEFAULT 0,
    warning     text NOT NULL DEFAULT ''
);
