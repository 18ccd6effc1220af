-- mysql
ALTER TABLE sessions ADD COLUMN first_generation INT NOT NULL DEFAULT 1;
ALTER TABLE sessions
  ADD KEY sessions_live (user_id, revoked_at, id),
  DROP KEY sessions_user_id;

-- sqlite
ALTER TABLE sessions ADD COLUMN first_generation INTEGER NOT NULL DEFAULT 1;
CREATE INDEX IF NOT EXISTS sessions_live ON sessions (user_id, revoked_at, id);
DROP INDEX IF EXISTS sessions_user_id;

-- undo mysql
ALTER TABLE sessions
  ADD KEY sessions_user_id (user_id),
  DROP KEY sessions_live,
  DROP COLUMN first_generation;

-- undo sqlite
CREATE INDEX IF NOT EXISTS sessions_user_id ON sessions (user_id);
DROP INDEX IF EXISTS sessions_live;
ALTER TABLE sessions DROP COLUMN first_generation;
