-- mysql
-- Background work that one process at a time does.
CREATE TABLE IF NOT EXISTS leases (
  name VARCHAR(64) NOT NULL,
  leased_until BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Progress of user imports, committed with the users: an interrupted import resumes where it stopped.
CREATE TABLE IF NOT EXISTS imports (
  file_hash CHAR(64) NOT NULL,
  position BIGINT NOT NULL,
  line BIGINT NOT NULL,
  imported BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  rejects_size BIGINT NOT NULL,
  PRIMARY KEY (file_hash)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS leases (
  name TEXT NOT NULL,
  leased_until INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;

CREATE TABLE IF NOT EXISTS imports (
  file_hash TEXT NOT NULL,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  imported INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  rejects_size INTEGER NOT NULL,
  PRIMARY KEY (file_hash)
) STRICT;

-- undo
DROP TABLE IF EXISTS imports;
DROP TABLE IF EXISTS leases;
