-- Background work that one process at a time does.
CREATE TABLE IF NOT EXISTS leases (
  name TEXT NOT NULL,
  leased_until INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;

-- Progress of user imports, committed with the users: an interrupted import resumes where it stopped.
CREATE TABLE IF NOT EXISTS imports (
  file_hash TEXT NOT NULL,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  imported INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  rejects_size INTEGER NOT NULL,
  PRIMARY KEY (file_hash)
) STRICT;
