CREATE TABLE IF NOT EXISTS passkeys (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
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

-- Challenges that were answered. One that was only asked for leaves nothing: it is signed.
CREATE TABLE IF NOT EXISTS used_challenges (
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS used_challenges_expires_at ON used_challenges (expires_at);
