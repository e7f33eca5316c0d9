-- What lists of keys are walked by: one narrow row a key, with everything that a tab or a sort asks for. api_keys is wide,
-- and key_last_used changes every two seconds; this row changes with its key, and once a day with its use, so an index here
-- is cheap to keep and dense to read. Every tab has an index that holds its rows and no others, in the order in which it
-- lists them: a partial one helps only where a query says its predicate word for word, so dates that mean none or never are
-- literals there.
--   expires_at is the year 9999 where there is no expiry: "never" sorts after every date.
--   ends_at is when the key dies, or did: its revoke, else its expiry. A key is alive while ends_at lies ahead.
--   ended is a hint: true soon after ends_at has passed, so that no list of living keys walks over the dead. Queries say
--   ends_at as well. A revoke sets it at once; what expires is swept once a minute.
--   off_at, off_until: the disable; year 1 where there is none, the year 9999 until it is lifted. What ended by itself is
--   swept too.
--   broad: granted five scopes or more.

-- +goose Up
CREATE TABLE key_list (
    key_id         text NOT NULL PRIMARY KEY REFERENCES api_keys (id),
    account_id     text NOT NULL,
    folder_id      text NOT NULL,
    created_at     datetime NOT NULL,
    expires_at     datetime NOT NULL,
    ends_at        datetime NOT NULL,
    ended          boolean NOT NULL,
    revoked        boolean NOT NULL,
    off_at         datetime NOT NULL,
    off_until      datetime NOT NULL,
    default_scopes boolean NOT NULL,
    broad          boolean NOT NULL,
    allowed_day    date NOT NULL, -- of the last use; year 1: never
    refused_day    date NOT NULL
);

INSERT INTO key_list (key_id, account_id, folder_id, created_at, expires_at, ends_at, ended, revoked, off_at, off_until,
    default_scopes, broad, allowed_day, refused_day)
SELECT k.id, k.account_id, k.folder_id, k.created_at,
    CASE WHEN k.expires_at = '0001-01-01 00:00:00+00:00' THEN '9999-12-31 00:00:00+00:00' ELSE k.expires_at END,
    CASE WHEN k.revoked_at > '0001-01-01 00:00:00+00:00' THEN k.revoked_at
        WHEN k.expires_at > '0001-01-01 00:00:00+00:00' THEN k.expires_at
        ELSE '9999-12-31 00:00:00+00:00' END,
    k.revoked_at > '0001-01-01 00:00:00+00:00', k.revoked_at > '0001-01-01 00:00:00+00:00',
    k.disabled_at,
    CASE WHEN k.disabled_at > '0001-01-01 00:00:00+00:00' AND k.disabled_until = '0001-01-01 00:00:00+00:00'
        THEN '9999-12-31 00:00:00+00:00' ELSE k.disabled_until END,
    k.default_scopes, (SELECT count(*) FROM api_key_scopes s WHERE s.key_id = k.id) >= 5,
    u.allowed_day, date(u.refused_at)
FROM api_keys k JOIN key_last_used u ON u.key_id = k.id;

-- The lists of all keys, by creation, expiry and day of the last use.
CREATE INDEX key_list_created ON key_list (created_at, key_id);
CREATE INDEX key_list_expires ON key_list (expires_at, key_id);
CREATE INDEX key_list_used ON key_list (allowed_day, key_id);
CREATE INDEX key_list_of_account ON key_list (account_id, created_at, key_id);

-- The tabs.
CREATE INDEX key_list_ending ON key_list (ends_at, key_id) WHERE NOT ended;
CREATE INDEX key_list_unused ON key_list (allowed_day, key_id) WHERE NOT ended;
CREATE INDEX key_list_never_used ON key_list (created_at, key_id) WHERE NOT ended AND allowed_day = '0001-01-01';
CREATE INDEX key_list_no_expiry ON key_list (created_at, key_id) WHERE NOT ended AND ends_at = '9999-12-31 00:00:00+00:00';
CREATE INDEX key_list_default_scopes ON key_list (created_at, key_id) WHERE NOT ended AND default_scopes;
CREATE INDEX key_list_broad ON key_list (created_at, key_id) WHERE NOT ended AND broad;
CREATE INDEX key_list_disabled ON key_list (created_at, key_id) WHERE NOT ended AND off_until > '0001-01-01 00:00:00+00:00';
CREATE INDEX key_list_revoked ON key_list (created_at, key_id) WHERE revoked;
CREATE INDEX key_list_refused ON key_list (refused_day, key_id) WHERE refused_day > '0001-01-01';
CREATE INDEX key_list_tried ON key_list (refused_day, key_id)
    WHERE refused_day > '0001-01-01' AND (ended OR off_until > '0001-01-01 00:00:00+00:00');

-- What the sweep looks for beside the ending ones: disables that end by themselves.
CREATE INDEX key_list_lapsing ON key_list (off_until)
    WHERE off_until > '0001-01-01 00:00:00+00:00' AND off_until < '9999-12-31 00:00:00+00:00';

-- The filters.
CREATE INDEX IF NOT EXISTS api_key_scopes_of_scope ON api_key_scopes (scope, key_id);
CREATE INDEX key_usage_network ON key_usage (network, key_id);

-- The day stands in the list now, so that no update of a last use touches an index.
DROP INDEX key_last_used_day;
ALTER TABLE key_last_used DROP COLUMN allowed_day;
