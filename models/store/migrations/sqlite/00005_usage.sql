-- What the gates counted. The last use of a key is a narrow table, made with the key, and not a column of it: two seconds
-- of uses are thousands of updates, so only the *day* of the last use is indexed. Counts are in hour buckets, later in day
-- buckets; totals by account are written by the same flush, so that lists need not sum up.

-- +goose Up
CREATE TABLE key_last_used (
    key_id          text NOT NULL PRIMARY KEY CHECK (key_id <> ''),
    account_id      text NOT NULL,
    folder_id       text NOT NULL,
    allowed_at      datetime NOT NULL,
    allowed_scope   text NOT NULL,
    allowed_address text NOT NULL,
    allowed_agent   text NOT NULL,
    allowed_day     date NOT NULL,
    refused_at      datetime NOT NULL,
    refused_scope   text NOT NULL,
    refused_address text NOT NULL,
    refused_agent   text NOT NULL,
    refused_reason  text NOT NULL
);

CREATE INDEX key_last_used_day ON key_last_used (folder_id, allowed_day, key_id);

CREATE TABLE key_usage (
    key_id          text NOT NULL CHECK (key_id <> ''),
    bucket          datetime NOT NULL,
    secret_id       text NOT NULL,
    requested_scope text NOT NULL,
    granted_scope   text NOT NULL,
    outcome         text NOT NULL CHECK (outcome <> ''),
    network         text NOT NULL,
    count           integer NOT NULL CHECK (count > 0),
    last_at         datetime NOT NULL,
    PRIMARY KEY (key_id, bucket, secret_id, requested_scope, granted_scope, outcome, network)
);

CREATE INDEX key_usage_bucket ON key_usage (bucket, key_id);

CREATE TABLE account_usage (
    account_id text NOT NULL CHECK (account_id <> ''),
    bucket     datetime NOT NULL,
    allowed    integer NOT NULL CHECK (allowed >= 0),
    refused    integer NOT NULL CHECK (refused >= 0),
    last_at    datetime NOT NULL, -- of the last one that was allowed
    PRIMARY KEY (account_id, bucket)
);

CREATE INDEX account_usage_bucket ON account_usage (bucket, account_id);

-- Well-formed keys that nobody issued, by network alone: their number is bounded, that of keys is not.
CREATE TABLE unknown_usage (
    bucket  datetime NOT NULL,
    network text NOT NULL CHECK (network <> ''),
    count   integer NOT NULL CHECK (count > 0),
    PRIMARY KEY (bucket, network)
);
