-- mysql
-- AUTO_INCREMENT never reuses an id, not even that of a deleted user.
CREATE TABLE IF NOT EXISTS users (
  id BIGINT NOT NULL AUTO_INCREMENT,
  email VARCHAR(254) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  access_role VARCHAR(16) NOT NULL,
  email_verified TINYINT NOT NULL DEFAULT 0,
  disabled TINYINT NOT NULL DEFAULT 0,
  mfa_enabled TINYINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_login_at BIGINT NULL,
  first_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  last_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  phone_number VARCHAR(32) NULL,
  address VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  national_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  avatar_url VARCHAR(500) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY users_email (email),
  KEY users_access_role (access_role, id),
  KEY users_disabled (disabled, id),
  KEY users_email_verified (email_verified, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- No foreign key: a session outlives its user until its tokens have expired, so that every process learns of its end.
CREATE TABLE IF NOT EXISTS sessions (
  id CHAR(36) NOT NULL,
  user_id BIGINT NOT NULL,
  generation INT NOT NULL,
  created_at BIGINT NOT NULL,
  rotated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT NULL,
  changed_at BIGINT NOT NULL,
  user_agent VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ip VARCHAR(45) NULL,
  PRIMARY KEY (id),
  KEY sessions_user_id (user_id),
  KEY sessions_changed_at (changed_at),
  KEY sessions_revoked_at (revoked_at),
  KEY sessions_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- No foreign key: failed logins with an unknown e-mail have the user_id 0.
CREATE TABLE IF NOT EXISTS audit_events (
  id CHAR(36) NOT NULL,
  user_id BIGINT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  session_id CHAR(36) NULL,
  user_agent VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ip VARCHAR(45) NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY audit_events_user_id (user_id, id),
  KEY audit_events_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
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

-- undo
DROP TABLE IF EXISTS audit_events;
DROP TABLE IF EXISTS sessions;
DROP TABLE IF EXISTS users;
