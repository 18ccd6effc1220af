-- mysql
-- Users' pictures: a row precedes its files. One without a user is an upload that is not complete, or waits for the deletion of its files.
CREATE TABLE IF NOT EXISTS avatars (
  id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id BIGINT NULL,
  claimed TINYINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY avatars_user_id (user_id),
  CONSTRAINT avatars_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS avatars (
  id TEXT NOT NULL,
  user_id INTEGER,
  claimed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT avatars_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS avatars_user_id ON avatars (user_id);

-- undo
UPDATE users SET avatar_url = NULL WHERE avatar_url IS NOT NULL;
DROP TABLE IF EXISTS avatars;
