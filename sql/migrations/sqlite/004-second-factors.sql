-- Whether a login takes a second factor: kept in the row that every login reads and locks anyway.
ALTER TABLE users ADD COLUMN mfa_enabled INTEGER NOT NULL DEFAULT 0;

-- A secret that is confirmed, and beside it one that waits for its proof.
CREATE TABLE IF NOT EXISTS totp_secrets (
  user_id TEXT NOT NULL,
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
  user_id TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

-- Logins that are half done: the password was right.
CREATE TABLE IF NOT EXISTS mfa_challenges (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT mfa_challenges_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS mfa_challenges_user_id ON mfa_challenges (user_id);
CREATE INDEX IF NOT EXISTS mfa_challenges_expires_at ON mfa_challenges (expires_at);
