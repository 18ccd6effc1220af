-- mysql
-- No foreign key: a mail may be requested by e-mail alone, and its insertion takes no lock on the user.
CREATE TABLE IF NOT EXISTS outbox (
  id CHAR(36) NOT NULL,
  template VARCHAR(32) NOT NULL,
  user_id BIGINT NULL,
  recipient VARCHAR(254) NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  last_error VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  outcome VARCHAR(16) NULL,
  finished_at BIGINT NULL,
  PRIMARY KEY (id),
  KEY outbox_due (outcome, due_at),
  KEY outbox_recipient (recipient, template, created_at),
  KEY outbox_user_id (user_id),
  KEY outbox_finished_at (finished_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS one_time_tokens (
  token_hash CHAR(64) NOT NULL,
  user_id BIGINT NOT NULL,
  purpose VARCHAR(32) NOT NULL,
  outbox_id CHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token_hash),
  KEY one_time_tokens_user_id (user_id),
  KEY one_time_tokens_expires_at (expires_at),
  CONSTRAINT one_time_tokens_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Pending changes of a user's e-mail.
CREATE TABLE IF NOT EXISTS email_changes (
  user_id BIGINT NOT NULL,
  new_email VARCHAR(254) NOT NULL,
  outbox_id CHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id),
  KEY email_changes_created_at (created_at),
  CONSTRAINT email_changes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Attempts at the six-digit codes of password mails. A code is an HMAC of the mail's id, and is not stored.
CREATE TABLE IF NOT EXISTS reset_codes (
  user_id BIGINT NOT NULL,
  outbox_id CHAR(36) NOT NULL,
  attempts INT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (user_id),
  KEY reset_codes_expires_at (expires_at),
  CONSTRAINT reset_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
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

CREATE TABLE IF NOT EXISTS email_changes (
  user_id INTEGER NOT NULL,
  new_email TEXT NOT NULL,
  outbox_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT email_changes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS email_changes_created_at ON email_changes (created_at);

CREATE TABLE IF NOT EXISTS reset_codes (
  user_id INTEGER NOT NULL,
  outbox_id TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT reset_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS reset_codes_expires_at ON reset_codes (expires_at);

-- undo
DROP TABLE IF EXISTS reset_codes;
DROP TABLE IF EXISTS email_changes;
DROP TABLE IF EXISTS one_time_tokens;
DROP TABLE IF EXISTS outbox;
