-- mysql
-- Doses of vaccines as users register them. Who was vaccinated is what the profile said then: approval was of that, whatever the profile says later.
CREATE TABLE IF NOT EXISTS vaccinations (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id BIGINT NOT NULL,
  first_name VARCHAR(100) NOT NULL,
  last_name VARCHAR(100) NOT NULL,
  national_id VARCHAR(64) NOT NULL,
  vaccine VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  dose SMALLINT NOT NULL,
  given_on CHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  centre VARCHAR(200) NOT NULL,
  lot VARCHAR(64) NULL,
  country CHAR(2) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(500) NULL,
  decided_by BIGINT NULL,
  decided_at BIGINT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY vaccinations_user_id (user_id, id),
  KEY vaccinations_status (status, id),
  CONSTRAINT vaccinations_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The revocation ids of health cards. One without a user is revoked, so deleting an account revokes its cards. Rows are never deleted.
CREATE TABLE IF NOT EXISTS health_cards (
  rid CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id BIGINT NULL,
  PRIMARY KEY (rid),
  UNIQUE KEY health_cards_user_id (user_id),
  CONSTRAINT health_cards_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS vaccinations (
  id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  national_id TEXT NOT NULL,
  vaccine TEXT NOT NULL,
  dose INTEGER NOT NULL,
  given_on TEXT NOT NULL,
  centre TEXT NOT NULL,
  lot TEXT,
  country TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  decided_by INTEGER,
  decided_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT vaccinations_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS vaccinations_user_id ON vaccinations (user_id, id);
CREATE INDEX IF NOT EXISTS vaccinations_status ON vaccinations (status, id);

CREATE TABLE IF NOT EXISTS health_cards (
  rid TEXT NOT NULL,
  user_id INTEGER,
  PRIMARY KEY (rid),
  CONSTRAINT health_cards_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS health_cards_user_id ON health_cards (user_id);

-- undo
DROP TABLE IF EXISTS health_cards;
DROP TABLE IF EXISTS vaccinations;
