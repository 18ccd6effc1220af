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
