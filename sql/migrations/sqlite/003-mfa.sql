-- At most one confirmed secret and one pending secret per user.
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

-- Logins that wait for the second factor.
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

-- A credential id has at most 1023 bytes: 1364 characters of base64url.
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

-- WebAuthn challenges that were answered. Issued ones are signed, and stored nowhere.
CREATE TABLE IF NOT EXISTS used_challenges (
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS used_challenges_expires_at ON used_challenges (expires_at);
