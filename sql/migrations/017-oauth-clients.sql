-- mysql
-- Applications that log users in here, or call others with tokens of their own. `session_id` is the session of the latter, whose user_id is 0.
CREATE TABLE IF NOT EXISTS oauth_clients (
  client_id CHAR(36) NOT NULL,
  name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  metadata MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  secret_hash CHAR(64) NULL,
  previous_secret_hash CHAR(64) NULL,
  previous_secret_expires_at BIGINT NULL,
  session_id CHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (client_id),
  KEY oauth_clients_created_at (created_at, client_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Which application an event concerns.
ALTER TABLE audit_events ADD COLUMN client_id CHAR(36) NULL;

-- sqlite
CREATE TABLE IF NOT EXISTS oauth_clients (
  client_id TEXT NOT NULL,
  name TEXT NOT NULL,
  metadata TEXT NOT NULL,
  secret_hash TEXT,
  previous_secret_hash TEXT,
  previous_secret_expires_at INTEGER,
  session_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (client_id)
) STRICT;
CREATE INDEX IF NOT EXISTS oauth_clients_created_at ON oauth_clients (created_at, client_id);
ALTER TABLE audit_events ADD COLUMN client_id TEXT;

-- undo
DELETE FROM sessions WHERE user_id = 0;
DROP TABLE IF EXISTS oauth_clients;
ALTER TABLE audit_events DROP COLUMN client_id;
