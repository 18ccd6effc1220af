-- mysql
-- Which identities at providers open which account. MySQL's collations ignore case or trailing spaces, so the unique key is a hash of issuer and subject.
CREATE TABLE IF NOT EXISTS linked_logins (
  id CHAR(36) NOT NULL,
  user_id BIGINT NOT NULL,
  identity_hash CHAR(64) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  issuer TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  subject TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  linked_at BIGINT NOT NULL,
  last_used_at BIGINT NULL,
  tokens TEXT NULL,
  tokens_key_id CHAR(16) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY linked_logins_identity_hash (identity_hash),
  KEY linked_logins_user_id (user_id),
  CONSTRAINT linked_logins_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS linked_logins (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  identity_hash TEXT NOT NULL,
  provider TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT,
  name TEXT,
  linked_at INTEGER NOT NULL,
  last_used_at INTEGER,
  tokens TEXT,
  tokens_key_id TEXT,
  PRIMARY KEY (id),
  UNIQUE (identity_hash),
  CONSTRAINT linked_logins_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS linked_logins_user_id ON linked_logins (user_id);

-- undo
DROP TABLE IF EXISTS linked_logins;
