CREATE TABLE IF NOT EXISTS users (
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  access_role TEXT NOT NULL,
  email_verified INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_login_at INTEGER,
  PRIMARY KEY (id),
  UNIQUE (email)
) STRICT;

-- No foreign key: a session outlives its user until its tokens have expired, so that every process hears of its end.
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  rotated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  changed_at INTEGER NOT NULL,
  user_agent TEXT,
  ip TEXT,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_user_id ON sessions (user_id);
CREATE INDEX IF NOT EXISTS sessions_changed_at ON sessions (changed_at);

CREATE TABLE IF NOT EXISTS one_time_tokens (
  token_hash TEXT NOT NULL,
  user_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  outbox_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (token_hash),
  CONSTRAINT one_time_tokens_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS one_time_tokens_user_id ON one_time_tokens (user_id);

CREATE TABLE IF NOT EXISTS outbox (
  id TEXT NOT NULL,
  template TEXT NOT NULL,
  user_id TEXT,
  recipient TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  outcome TEXT,
  finished_at INTEGER,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (outcome, due_at);
CREATE INDEX IF NOT EXISTS outbox_recipient ON outbox (recipient, template, created_at);

CREATE TABLE IF NOT EXISTS audit_events (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  session_id TEXT,
  user_agent TEXT,
  ip TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS audit_events_user_id ON audit_events (user_id, id);
