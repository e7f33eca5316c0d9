-- Who signs in to the console. Of session ids and links only digests are kept, so that a copy of the database opens no
-- door. Failed sign-ins are counted by a digest of the name, known or not: a lock-out says nothing about who exists.

-- +goose Up
CREATE TABLE people (
    id              text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    email           text NOT NULL CHECK (email <> ''),
    email_key       text COLLATE "C" NOT NULL UNIQUE CHECK (email_key <> ''),
    password_hash   text NOT NULL,
    created_at      timestamptz NOT NULL,
    disabled_at     timestamptz NOT NULL,
    last_sign_in_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    person_id  text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    form_key   bytea NOT NULL,
    data       text NOT NULL,
    address    text NOT NULL,
    agent      text NOT NULL
);

CREATE INDEX sessions_of_person ON sessions (person_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    kind       text NOT NULL CHECK (kind IN ('setup', 'reset')),
    person_id  text COLLATE "C" NOT NULL, -- '' for setup
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz NOT NULL
);

CREATE INDEX sign_in_links_of_person ON sign_in_links (person_id, kind);

CREATE TABLE sign_in_failures (
    email_key    bytea PRIMARY KEY,
    count        bigint NOT NULL CHECK (count >= 0),
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    locked_until timestamptz NOT NULL
);

CREATE INDEX sign_in_failures_last ON sign_in_failures (last_at);
