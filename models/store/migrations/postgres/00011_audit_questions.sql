-- The audit log is asked who did what, to what, and when. Each question has an index that gives its answers in the order
-- of the page, so that a page reads as many rows as it shows. What is rare (refusals, the command line) has an index of
-- its own rows alone: every append pays for each index.

-- +goose Up
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, number);
CREATE INDEX audit_events_of_action ON audit_events (action, number);
CREATE INDEX audit_events_of_type ON audit_events (object_type, number);
CREATE INDEX audit_events_of_name ON audit_events (object_name, number);
CREATE INDEX audit_events_at ON audit_events (at, number);
CREATE INDEX audit_events_refused ON audit_events (number) WHERE result = 'refused';
CREATE INDEX audit_events_of_no_person ON audit_events (number) WHERE actor_type <> 'person';
