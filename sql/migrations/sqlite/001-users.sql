-- AUTOINCREMENT never reuses an id, not even that of a deleted user.
CREATE TABLE IF NOT EXISTS users (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  access_role TEXT NOT NULL,
  email_verified INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0,
  mfa_enabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_login_at INTEGER,
  first_name TEXT,
  last_name TEXT,
  phone_number TEXT,
  address TEXT,
  national_id TEXT,
  avatar_url TEXT,
  UNIQUE (email)
) STRICT;
CREATE INDEX IF NOT EXISTS users_access_role ON users (access_role, id);
CREATE INDEX IF NOT EXISTS users_disabled ON users (disabled, id);
CREATE INDEX IF NOT EXISTS users_email_verified ON users (email_verified, id);

-- No foreign key: a session outlives its user until its tokens have expired, so that every process learns of its end.
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
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
CREATE INDEX IF NOT EXISTS sessions_revoked_at ON sessions (revoked_at);
CREATE INDEX IF NOT EXISTS sessions_expires_at ON sessions (expires_at);

-- No foreign key: failed logins with an unknown e-mail have the user_id 0.
CREATE TABLE IF NOT EXISTS audit_events (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  session_id TEXT,
  user_agent TEXT,
  ip TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS audit_events_user_id ON audit_events (user_id, id);
CREATE INDEX IF NOT EXISTS audit_events_created_at ON audit_events (created_at);
