-- A page asks which change of one object was the last: whether the gates know that one is the proof.

-- +goose Up
CREATE INDEX changes_of_object ON changes (object_id, revision);
