-- What a person owned is found when they leave, whatever capitals the owner was typed with; and what they did is shown
-- beside who they are. Owners compare by bytes, as on SQLite, so that lower() turns the same letters on both.

-- +goose Up
ALTER TABLE service_accounts ALTER COLUMN owner TYPE text COLLATE "C";
CREATE INDEX service_accounts_owner ON service_accounts (lower(owner), name, id);
CREATE INDEX audit_events_of_person ON audit_events (actor_id, number);
