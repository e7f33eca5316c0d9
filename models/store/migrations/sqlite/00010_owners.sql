-- What a person owned is found when they leave, whatever capitals the owner was typed with; and what they did is shown
-- beside who they are.

-- +goose Up
CREATE INDEX service_accounts_owner ON service_accounts (lower(owner), name, id);
CREATE INDEX audit_events_of_person ON audit_events (actor_id, number);
