-- How far an import of users has come, written with its users: one that was killed goes on where it was.
CREATE TABLE IF NOT EXISTS imports (
  file_hash TEXT NOT NULL,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  imported INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  rejects_size INTEGER NOT NULL,
  PRIMARY KEY (file_hash)
) STRICT;
