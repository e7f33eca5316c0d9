-- The audit log is asked who did what, to what, and when. Each question has an index that gives its answers in the order
-- of the page, so that a page reads as many rows as it shows. Every append pays for each index (an index of names of
-- things, for one, cost a twelfth of the commits): what is rare has an index of its own rows alone, and things are found
-- by the names in their own tables.

-- +goose Up
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, number);
CREATE INDEX audit_events_of_action ON audit_events (action, number);
CREATE INDEX audit_events_at ON audit_events (at, number);
CREATE INDEX audit_events_refused ON audit_events (number) WHERE result = 'refused';
CREATE INDEX audit_events_of_no_person ON audit_events (number) WHERE actor_type <> 'person';
CREATE INDEX audit_events_of_rare_type ON audit_events (object_type, number)
    WHERE object_type <> 'key' AND object_type <> 'account' AND object_type <> 'session';
CREATE INDEX api_keys_of_description ON api_keys (description, id);
