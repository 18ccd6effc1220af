-- Whether a login takes a second factor: kept in the row that every login reads and locks anyway.
ALTER TABLE users ADD COLUMN mfa_enabled TINYINT NOT NULL DEFAULT 0;

-- A secret that is confirmed, and beside it one that waits for its proof.
CREATE TABLE IF NOT EXISTS totp_secrets (
  user_id CHAR(36) NOT NULL,
  session_id CHAR(36),
  confirmed TINYINT NOT NULL,
  ciphertext VARCHAR(255) NOT NULL,
  key_id CHAR(16) NOT NULL,
  last_step BIGINT NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  attempts_since BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, confirmed),
  KEY totp_secrets_key_id (key_id),
  CONSTRAINT totp_secrets_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id CHAR(36) NOT NULL,
  code_hash CHAR(64) NOT NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Logins that are half done: the password was right.
CREATE TABLE IF NOT EXISTS mfa_challenges (
  id CHAR(36) NOT NULL,
  user_id CHAR(36) NOT NULL,
  attempts INT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY mfa_challenges_user_id (user_id),
  KEY mfa_challenges_expires_at (expires_at),
  CONSTRAINT mfa_challenges_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
