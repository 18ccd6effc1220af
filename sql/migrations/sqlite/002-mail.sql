-- No foreign key: a mail may be requested by e-mail alone, and its insertion takes no lock on the user.
CREATE TABLE IF NOT EXISTS outbox (
  id TEXT NOT NULL,
  template TEXT NOT NULL,
  user_id INTEGER,
  recipient TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  outcome TEXT,
  finished_at INTEGER,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (outcome, due_at);
CREATE INDEX IF NOT EXISTS outbox_recipient ON outbox (recipient, template, created_at);
CREATE INDEX IF NOT EXISTS outbox_user_id ON outbox (user_id);
CREATE INDEX IF NOT EXISTS outbox_finished_at ON outbox (finished_at);

CREATE TABLE IF NOT EXISTS one_time_tokens (
  token_hash TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  outbox_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (token_hash),
  CONSTRAINT one_time_tokens_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS one_time_tokens_user_id ON one_time_tokens (user_id);
CREATE INDEX IF NOT EXISTS one_time_tokens_expires_at ON one_time_tokens (expires_at);

-- Pending changes of a user's e-mail.
CREATE TABLE IF NOT EXISTS email_changes (
  user_id INTEGER NOT NULL,
  new_email TEXT NOT NULL,
  outbox_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT email_changes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS email_changes_created_at ON email_changes (created_at);

-- Attempts at the six-digit codes of password mails. A code is an HMAC of the mail's id, and is not stored.
CREATE TABLE IF NOT EXISTS reset_codes (
  user_id INTEGER NOT NULL,
  outbox_id TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT reset_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS reset_codes_expires_at ON reset_codes (expires_at);
