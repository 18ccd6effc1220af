-- mysql
-- A revocation of all sessions is one row: those opened before `not_before` are revoked, however many there are.
CREATE TABLE IF NOT EXISTS global_revocations (
  not_before BIGINT NOT NULL,
  PRIMARY KEY (not_before)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Has all that the revocation sync reads, in its order. It replaces the index on `changed_at`, for the previous release too.
ALTER TABLE sessions
  ADD KEY sessions_changes (changed_at, id, generation, revoked_at),
  DROP KEY sessions_changed_at;

-- sqlite
CREATE TABLE IF NOT EXISTS global_revocations (
  not_before INTEGER NOT NULL PRIMARY KEY
) STRICT;

CREATE INDEX IF NOT EXISTS sessions_changes ON sessions (changed_at, id, generation, revoked_at);
DROP INDEX IF EXISTS sessions_changed_at;

-- undo mysql
ALTER TABLE sessions
  ADD KEY sessions_changed_at (changed_at),
  DROP KEY sessions_changes;

-- undo sqlite
CREATE INDEX IF NOT EXISTS sessions_changed_at ON sessions (changed_at);
DROP INDEX IF EXISTS sessions_changes;

-- undo
DROP TABLE IF EXISTS global_revocations;
