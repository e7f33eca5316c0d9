-- Folders, service accounts and who holds which role where. Folders exist from the first day, though no screen shows
-- them yet: every object knows its folder, so that a permission is part of the WHERE and not an afterthought.
-- No column is ever NULL, here and in every table: none is '' or the year 1, so that both databases sort alike.
-- Times are text of one form in UTC, which sorts as the times do.

-- +goose Up
CREATE TABLE folders (
    id         text NOT NULL PRIMARY KEY CHECK (id <> ''),
    name       text NOT NULL UNIQUE CHECK (name <> ''),
    created_at datetime NOT NULL
);

INSERT INTO folders (id, name, created_at) VALUES ('b1gdefault0000000000', 'default', '2026-11-23 00:00:00+00:00');

CREATE TABLE service_accounts (
    id               text NOT NULL PRIMARY KEY CHECK (id <> ''),
    folder_id        text NOT NULL REFERENCES folders (id),
    name             text NOT NULL CHECK (name <> ''),
    description      text NOT NULL,
    owner            text NOT NULL,
    labels           text NOT NULL,
    created_at       datetime NOT NULL,
    created_by       text NOT NULL,
    expires_at       datetime NOT NULL,
    suspended_at     datetime NOT NULL,
    suspended_until  datetime NOT NULL,
    suspended_reason text NOT NULL,
    suspended_note   text NOT NULL,
    suspended_by     text NOT NULL,
    suspended_as     text NOT NULL,
    deleted_at       datetime NOT NULL,
    deleted_by       text NOT NULL,
    version          integer NOT NULL CHECK (version > 0)
);

-- A deleted account gives its name back; the record stays.
CREATE UNIQUE INDEX service_accounts_name ON service_accounts (folder_id, name)
    WHERE deleted_at = '0001-01-01 00:00:00+00:00';
CREATE INDEX service_accounts_list ON service_accounts (name, id);

CREATE TABLE role_bindings (
    subject_type text NOT NULL CHECK (subject_type IN ('person', 'account')),
    subject_id   text NOT NULL CHECK (subject_id <> ''),
    role         text NOT NULL CHECK (role <> ''),
    folder_id    text NOT NULL CHECK (folder_id <> ''), -- or '*': in all
    PRIMARY KEY (subject_type, subject_id, role, folder_id)
);
