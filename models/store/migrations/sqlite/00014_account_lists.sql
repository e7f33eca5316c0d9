-- What the list of accounts is sorted and filtered by. The last use of any key of an account is a narrow row, made with the
-- account and moved by the flush that moves its keys' own: the moment changes every two seconds, so only its *minute* is
-- indexed, and a page sorts the rows of one minute by itself.

-- +goose Up
CREATE TABLE account_last_used (
    account_id  text NOT NULL PRIMARY KEY REFERENCES service_accounts (id),
    used_at     datetime NOT NULL, -- year 1: never
    used_minute datetime NOT NULL
);

INSERT INTO account_last_used (account_id, used_at, used_minute)
SELECT a.id, COALESCE(MAX(u.allowed_at), '0001-01-01 00:00:00+00:00'), COALESCE(strftime('%Y-%m-%d %H:%M:00+00:00', MAX(u.allowed_at)), '0001-01-01 00:00:00+00:00')
FROM service_accounts a LEFT JOIN key_last_used u ON u.account_id = a.id GROUP BY a.id;

CREATE INDEX account_last_used_minute ON account_last_used (used_minute, account_id);
CREATE INDEX service_accounts_created ON service_accounts (created_at, id);

-- The living keys of an account, newest first: what a row of the list is summed up from, however many of its keys are dead.
CREATE INDEX key_list_living ON key_list (account_id, created_at, key_id) WHERE NOT ended;
