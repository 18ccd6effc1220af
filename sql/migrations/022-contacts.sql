-- mysql
-- `birthday` is `YYYY-MM-DD`, or `--MM-DD` where the year is not known; `birthday_day` is its month and day, such as 1021. `sort_key` and `search`
-- are folded: without case and accents. Rows lie by their owner, who alone reads them: a search has a few pages to read, not one for each contact.
CREATE TABLE IF NOT EXISTS contacts (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id BIGINT NOT NULL,
  version INT NOT NULL,
  uid VARCHAR(255) NOT NULL,
  first_name VARCHAR(100) NULL,
  last_name VARCHAR(100) NULL,
  email VARCHAR(254) NULL,
  phone_number VARCHAR(64) NULL,
  birthday VARCHAR(10) NULL,
  birthday_day SMALLINT NULL,
  address VARCHAR(500) NULL,
  notes VARCHAR(2000) NULL,
  sort_key VARCHAR(50) NOT NULL,
  search VARCHAR(1000) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id),
  UNIQUE KEY contacts_uid (user_id, uid),
  KEY contacts_sort_key (user_id, sort_key, id),
  KEY contacts_birthday_day (user_id, birthday_day, id),
  CONSTRAINT contacts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS contacts (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  uid TEXT NOT NULL,
  first_name TEXT,
  last_name TEXT,
  email TEXT,
  phone_number TEXT,
  birthday TEXT,
  birthday_day INTEGER,
  address TEXT,
  notes TEXT,
  sort_key TEXT NOT NULL,
  search TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id),
  CONSTRAINT contacts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS contacts_uid ON contacts (user_id, uid);
CREATE INDEX IF NOT EXISTS contacts_sort_key ON contacts (user_id, sort_key, id);
CREATE INDEX IF NOT EXISTS contacts_birthday_day ON contacts (user_id, birthday_day, id);

-- undo
DROP TABLE IF EXISTS contacts;
