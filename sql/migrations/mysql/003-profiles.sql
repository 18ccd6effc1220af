ALTER TABLE users ADD COLUMN first_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
ALTER TABLE users ADD COLUMN last_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
ALTER TABLE users ADD COLUMN phone_number VARCHAR(32) NULL;
ALTER TABLE users ADD COLUMN address VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
ALTER TABLE users ADD COLUMN national_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
ALTER TABLE users ADD COLUMN avatar_url VARCHAR(500) NULL;

-- For lists filtered by one of them, in the order of the primary key.
CREATE INDEX users_access_role ON users (access_role, id);
CREATE INDEX users_disabled ON users (disabled, id);
CREATE INDEX users_email_verified ON users (email_verified, id);

-- What the clean-up looks for.
CREATE INDEX sessions_revoked_at ON sessions (revoked_at);
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX one_time_tokens_expires_at ON one_time_tokens (expires_at);
CREATE INDEX outbox_finished_at ON outbox (finished_at);
CREATE INDEX outbox_user_id ON outbox (user_id);
CREATE INDEX audit_events_created_at ON audit_events (created_at);

-- An address that somebody wants instead of the one they have, until the mailed link is opened.
CREATE TABLE IF NOT EXISTS email_changes (
  user_id CHAR(36) NOT NULL,
  new_email VARCHAR(254) NOT NULL,
  outbox_id CHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id),
  KEY email_changes_created_at (created_at),
  CONSTRAINT email_changes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- How often the six digits of a password mail were guessed at. They are an HMAC of the mail's id, and stored nowhere.
CREATE TABLE IF NOT EXISTS reset_codes (
  user_id CHAR(36) NOT NULL,
  outbox_id CHAR(36) NOT NULL,
  attempts INT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (user_id),
  KEY reset_codes_expires_at (expires_at),
  CONSTRAINT reset_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Work that one process at a time may do.
CREATE TABLE IF NOT EXISTS leases (
  name VARCHAR(64) NOT NULL,
  leased_until BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
