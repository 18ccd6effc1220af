-- mysql
CREATE INDEX audit_events_user_id_kind ON audit_events (user_id, kind, id);

-- sqlite
CREATE INDEX IF NOT EXISTS audit_events_user_id_kind ON audit_events (user_id, kind, id);

-- undo mysql
DROP INDEX audit_events_user_id_kind ON audit_events;

-- undo sqlite
DROP INDEX IF EXISTS audit_events_user_id_kind;
