-- mysql
-- The costliest foreign password hash of each algorithm that accounts hold: failed logins take as long as the slowest.
CREATE TABLE IF NOT EXISTS foreign_hashes (
  algorithm VARCHAR(32) NOT NULL,
  work BIGINT NOT NULL,
  sample VARCHAR(255) NOT NULL,
  PRIMARY KEY (algorithm)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

ALTER TABLE imports ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0;

-- sqlite
CREATE TABLE IF NOT EXISTS foreign_hashes (
  algorithm TEXT NOT NULL,
  work INTEGER NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (algorithm)
) STRICT;

ALTER TABLE imports ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;

-- undo
ALTER TABLE imports DROP COLUMN dropped;
DROP TABLE IF EXISTS foreign_hashes;
