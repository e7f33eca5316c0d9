-- A database that went back in time (a restore, a standby that lagged and was promoted) is accepted by an epoch, which names
-- the server that it was written on. Gates read the newest with every feed, and say which they know. What a gate warns of
-- is shown with it.

-- +goose Up
CREATE TABLE epochs (
    number    bigint PRIMARY KEY CHECK (number > 0),
    system_id text NOT NULL, -- '' where the role may not ask
    timeline  text NOT NULL,
    token     text NOT NULL CHECK (length(token) = 32),
    at        timestamptz NOT NULL,
    by        text NOT NULL
);

ALTER TABLE changes DROP CONSTRAINT changes_kind_check;
ALTER TABLE changes ADD CONSTRAINT changes_kind_check
    CHECK (kind IN ('key', 'account', 'catalogue', 'gateway', 'pepper', 'epoch'));

ALTER TABLE gates DROP CONSTRAINT gates_state_check;
ALTER TABLE gates ADD CONSTRAINT gates_state_check CHECK (state IN ('loading', 'ready', 'alarm'));
ALTER TABLE gates ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
ALTER TABLE gates ADD COLUMN warning text NOT NULL DEFAULT '';
