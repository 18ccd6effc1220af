-- mysql
-- At most one confirmed secret and one pending secret per user.
CREATE TABLE IF NOT EXISTS totp_secrets (
  user_id BIGINT NOT NULL,
  session_id CHAR(36) NULL,
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
  user_id BIGINT NOT NULL,
  code_hash CHAR(64) NOT NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Logins that wait for the second factor.
CREATE TABLE IF NOT EXISTS mfa_challenges (
  id CHAR(36) NOT NULL,
  user_id BIGINT NOT NULL,
  attempts INT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY mfa_challenges_user_id (user_id),
  KEY mfa_challenges_expires_at (expires_at),
  CONSTRAINT mfa_challenges_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- A credential id has at most 1023 bytes: 1364 characters of base64url.
CREATE TABLE IF NOT EXISTS passkeys (
  id CHAR(36) NOT NULL,
  user_id BIGINT NOT NULL,
  credential_id VARCHAR(1364) NOT NULL,
  public_key TEXT NOT NULL,
  counter BIGINT NOT NULL,
  transports VARCHAR(255) NOT NULL,
  device_type VARCHAR(16) NOT NULL,
  backed_up TINYINT NOT NULL,
  aaguid CHAR(36) NOT NULL,
  name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY passkeys_credential_id (credential_id),
  KEY passkeys_user_id (user_id),
  CONSTRAINT passkeys_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- WebAuthn challenges that were answered. Issued ones are signed, and stored nowhere.
CREATE TABLE IF NOT EXISTS used_challenges (
  id CHAR(32) NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY used_challenges_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS totp_secrets (
  user_id INTEGER NOT NULL,
  session_id TEXT,
  confirmed INTEGER NOT NULL,
  ciphertext TEXT NOT NULL,
  key_id TEXT NOT NULL,
  last_step INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  attempts_since INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, confirmed),
  CONSTRAINT totp_secrets_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS totp_secrets_key_id ON totp_secrets (key_id);

CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id INTEGER NOT NULL,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE IF NOT EXISTS mfa_challenges (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT mfa_challenges_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS mfa_challenges_user_id ON mfa_challenges (user_id);
CREATE INDEX IF NOT EXISTS mfa_challenges_expires_at ON mfa_challenges (expires_at);

CREATE TABLE IF NOT EXISTS passkeys (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  credential_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  device_type TEXT NOT NULL,
  backed_up INTEGER NOT NULL,
  aaguid TEXT NOT NULL,
  name TEXT,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  PRIMARY KEY (id),
  UNIQUE (credential_id),
  CONSTRAINT passkeys_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS passkeys_user_id ON passkeys (user_id);

CREATE TABLE IF NOT EXISTS used_challenges (
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS used_challenges_expires_at ON used_challenges (expires_at);

-- undo
DROP TABLE IF EXISTS used_challenges;
DROP TABLE IF EXISTS passkeys;
DROP TABLE IF EXISTS mfa_challenges;
DROP TABLE IF EXISTS recovery_codes;
DROP TABLE IF EXISTS totp_secrets;
