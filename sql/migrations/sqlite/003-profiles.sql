ALTER TABLE users ADD COLUMN first_name TEXT;
ALTER TABLE users ADD COLUMN last_name TEXT;
ALTER TABLE users ADD COLUMN phone_number TEXT;
ALTER TABLE users ADD COLUMN address TEXT;
ALTER TABLE users ADD COLUMN national_id TEXT;
ALTER TABLE users ADD COLUMN avatar_url TEXT;

-- For lists filtered by one of them, in the order of the primary key.
CREATE INDEX IF NOT EXISTS users_access_role ON users (access_role, id);
CREATE INDEX IF NOT EXISTS users_disabled ON users (disabled, id);
CREATE INDEX IF NOT EXISTS users_email_verified ON users (email_verified, id);

-- What the clean-up looks for.
CREATE INDEX IF NOT EXISTS sessions_revoked_at ON sessions (revoked_at);
CREATE INDEX IF NOT EXISTS sessions_expires_at ON sessions (expires_at);
CREATE INDEX IF NOT EXISTS one_time_tokens_expires_at ON one_time_tokens (expires_at);
CREATE INDEX IF NOT EXISTS outbox_finished_at ON outbox (finished_at);
CREATE INDEX IF NOT EXISTS outbox_user_id ON outbox (user_id);
CREATE INDEX IF NOT EXISTS audit_events_created_at ON audit_events (created_at);

-- An address that somebody wants instead of the one they have, until the mailed link is opened.
CREATE TABLE IF NOT EXISTS email_changes (
  user_id TEXT NOT NULL,
  new_email TEXT NOT NULL,
  outbox_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT email_changes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS email_changes_created_at ON email_changes (created_at);

-- How often the six digits of a password mail were guessed at. They are an HMAC of the mail's id, and stored nowhere.
CREATE TABLE IF NOT EXISTS reset_codes (
  user_id TEXT NOT NULL,
  outbox_id TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT reset_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS reset_codes_expires_at ON reset_codes (expires_at);

-- Work that one process at a time may do.
CREATE TABLE IF NOT EXISTS leases (
  name TEXT NOT NULL,
  leased_until INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;
