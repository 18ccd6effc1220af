-- MySQL commits after each statement, so every one of them may be run again after a crash midway.
CREATE TABLE IF NOT EXISTS users (
  id CHAR(36) NOT NULL,
  email VARCHAR(254) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  access_role VARCHAR(16) NOT NULL,
  email_verified TINYINT NOT NULL DEFAULT 0,
  disabled TINYINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_login_at BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY users_email (email)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- No foreign key: a session outlives its user until its tokens have expired, so that every process hears of its end.
CREATE TABLE IF NOT EXISTS sessions (
  id CHAR(36) NOT NULL,
  user_id CHAR(36) NOT NULL,
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
  KEY sessions_changed_at (changed_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS one_time_tokens (
  token_hash CHAR(64) NOT NULL,
  user_id CHAR(36) NOT NULL,
  purpose VARCHAR(32) NOT NULL,
  outbox_id CHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token_hash),
  KEY one_time_tokens_user_id (user_id),
  CONSTRAINT one_time_tokens_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS outbox (
  id CHAR(36) NOT NULL,
  template VARCHAR(32) NOT NULL,
  user_id CHAR(36) NULL,
  recipient VARCHAR(254) NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  last_error VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  outcome VARCHAR(16) NULL,
  finished_at BIGINT NULL,
  PRIMARY KEY (id),
  KEY outbox_due (outcome, due_at),
  KEY outbox_recipient (recipient, template, created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS audit_events (
  id CHAR(36) NOT NULL,
  user_id CHAR(36) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  session_id CHAR(36) NULL,
  user_agent VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ip VARCHAR(45) NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY audit_events_user_id (user_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
