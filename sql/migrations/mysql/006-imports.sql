-- How far an import of users has come, written with its users: one that was killed goes on where it was.
CREATE TABLE IF NOT EXISTS imports (
  file_hash CHAR(64) NOT NULL,
  position BIGINT NOT NULL,
  line BIGINT NOT NULL,
  imported BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  rejects_size BIGINT NOT NULL,
  PRIMARY KEY (file_hash)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
