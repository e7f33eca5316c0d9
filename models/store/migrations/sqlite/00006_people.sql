-- Who signs in to the console. Of session ids and links only digests are kept, so that a copy of the database opens no
-- door. Failed sign-ins are counted by a digest of the name, known or not: a lock-out says nothing about who exists.

-- +goose Up
CREATE TABLE people (
    id              text NOT NULL PRIMARY KEY CHECK (id <> ''),
    email           text NOT NULL CHECK (email <> ''),
    email_key       text NOT NULL UNIQUE CHECK (email_key <> ''),
    password_hash   text NOT NULL,
    created_at      datetime NOT NULL,
    disabled_at     datetime NOT NULL,
    last_sign_in_at datetime NOT NULL
);

CREATE TABLE sessions (
    digest     blob NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    person_id  text NOT NULL,
    created_at datetime NOT NULL,
    seen_at    datetime NOT NULL,
    expires_at datetime NOT NULL,
    form_key   blob NOT NULL,
    data       text NOT NULL,
    address    text NOT NULL,
    agent      text NOT NULL
);

CREATE INDEX sessions_of_person ON sessions (person_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    digest     blob NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    kind       text NOT NULL CHECK (kind IN ('setup', 'reset')),
    person_id  text NOT NULL, -- '' for setup
    created_at datetime NOT NULL,
    expires_at datetime NOT NULL,
    used_at    datetime NOT NULL
);

CREATE INDEX sign_in_links_of_person ON sign_in_links (person_id, kind);

CREATE TABLE sign_in_failures (
    email_key    blob NOT NULL PRIMARY KEY,
    count        integer NOT NULL CHECK (count >= 0),
    first_at     datetime NOT NULL,
    last_at      datetime NOT NULL,
    locked_until datetime NOT NULL
);

CREATE INDEX sign_in_failures_last ON sign_in_failures (last_at);
