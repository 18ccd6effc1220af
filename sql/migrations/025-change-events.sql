-- mysql
-- What has changed, for other services: written by the transaction that makes the change. Readers follow the position, which is given after the commit.
CREATE TABLE IF NOT EXISTS change_events (
  sequence BIGINT NOT NULL AUTO_INCREMENT,
  id CHAR(36) NOT NULL,
  position BIGINT NULL,
  type VARCHAR(32) NOT NULL,
  user_id BIGINT NOT NULL,
  resource_id VARCHAR(64) NULL,
  actor_id BIGINT NULL,
  data VARCHAR(1000) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (sequence),
  KEY change_events_position (position),
  KEY change_events_user_id (user_id, position),
  KEY change_events_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
-- How far the events are stamped, and how far each consumer has read them.
CREATE TABLE IF NOT EXISTS event_cursors (
  name VARCHAR(64) NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS change_events (
  sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  position INTEGER,
  type TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  resource_id TEXT,
  actor_id INTEGER,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS change_events_position ON change_events (position);
CREATE INDEX IF NOT EXISTS change_events_user_id ON change_events (user_id, position);
CREATE INDEX IF NOT EXISTS change_events_created_at ON change_events (created_at);
CREATE TABLE IF NOT EXISTS event_cursors (
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;

-- both
REPLACE INTO event_cursors (name, position) VALUES ('head', 0);

-- undo
DROP TABLE IF EXISTS event_cursors;
DROP TABLE IF EXISTS change_events;
