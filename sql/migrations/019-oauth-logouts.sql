-- mysql
-- What applications have yet to be told: that a session of theirs ended (OpenID Connect Back-Channel Logout).
CREATE TABLE IF NOT EXISTS oauth_logouts (
  session_id CHAR(36) NOT NULL,
  client_id CHAR(36) NOT NULL,
  user_id BIGINT NOT NULL,
  uri TEXT NOT NULL,
  alg VARCHAR(10) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (session_id),
  KEY oauth_logouts_due_at (due_at),
  KEY oauth_logouts_client_id (client_id, due_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS oauth_logouts (
  session_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  uri TEXT NOT NULL,
  alg TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (session_id)
) STRICT;
CREATE INDEX IF NOT EXISTS oauth_logouts_due_at ON oauth_logouts (due_at);
CREATE INDEX IF NOT EXISTS oauth_logouts_client_id ON oauth_logouts (client_id, due_at);

-- undo
DROP TABLE IF EXISTS oauth_logouts;
