-- mysql
ALTER TABLE audit_events ADD COLUMN actor_id BIGINT NULL;
CREATE INDEX audit_events_actor_id ON audit_events (actor_id, id);
CREATE INDEX audit_events_kind ON audit_events (kind, id);

-- sqlite
ALTER TABLE audit_events ADD COLUMN actor_id INTEGER;
CREATE INDEX IF NOT EXISTS audit_events_actor_id ON audit_events (actor_id, id);
CREATE INDEX IF NOT EXISTS audit_events_kind ON audit_events (kind, id);

-- undo mysql
DROP INDEX audit_events_kind ON audit_events;
DROP INDEX audit_events_actor_id ON audit_events;
ALTER TABLE audit_events DROP COLUMN actor_id;

-- undo sqlite
DROP INDEX IF EXISTS audit_events_kind;
DROP INDEX IF EXISTS audit_events_actor_id;
ALTER TABLE audit_events DROP COLUMN actor_id;
