-- MySQL commits after each statement, so each can be run again after a crash halfway.

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
