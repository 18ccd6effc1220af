-- mysql
-- The application that a session was opened for; null for the service's own logins.
ALTER TABLE sessions ADD COLUMN client_id CHAR(36) NULL;
CREATE INDEX sessions_client_id ON sessions (client_id);

-- What the OpenID provider keeps: codes, refresh tokens, grants and the like, by a hash of what names them.
CREATE TABLE IF NOT EXISTS oauth_records (
  id CHAR(64) NOT NULL,
  model VARCHAR(40) NOT NULL,
  grant_id CHAR(36) NULL,
  lookup CHAR(64) NULL,
  payload MEDIUMTEXT NOT NULL,
  consumed_at BIGINT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY oauth_records_grant_id (grant_id, model),
  KEY oauth_records_lookup (lookup),
  KEY oauth_records_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
ALTER TABLE sessions ADD COLUMN client_id TEXT;
CREATE INDEX IF NOT EXISTS sessions_client_id ON sessions (client_id);

CREATE TABLE IF NOT EXISTS oauth_records (
  id TEXT NOT NULL,
  model TEXT NOT NULL,
  grant_id TEXT,
  lookup TEXT,
  payload TEXT NOT NULL,
  consumed_at INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS oauth_records_grant_id ON oauth_records (grant_id, model);
CREATE INDEX IF NOT EXISTS oauth_records_lookup ON oauth_records (lookup);
CREATE INDEX IF NOT EXISTS oauth_records_expires_at ON oauth_records (expires_at);

-- undo mysql
-- Without the column, an application's session would be one of the user's own.
DELETE FROM sessions WHERE client_id IS NOT NULL;
DROP TABLE IF EXISTS oauth_records;
DROP INDEX sessions_client_id ON sessions;
ALTER TABLE sessions DROP COLUMN client_id;

-- undo sqlite
DELETE FROM sessions WHERE client_id IS NOT NULL;
DROP TABLE IF EXISTS oauth_records;
DROP INDEX IF EXISTS sessions_client_id;
ALTER TABLE sessions DROP COLUMN client_id;
