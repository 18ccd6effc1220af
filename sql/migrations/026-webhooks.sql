-- mysql
-- Where change events are sent to, and each of these deliveries.
CREATE TABLE IF NOT EXISTS webhooks (
  id CHAR(36) NOT NULL,
  url TEXT NOT NULL,
  description VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  types TEXT NOT NULL,
  format VARCHAR(20) NOT NULL,
  audience TEXT NULL,
  enabled TINYINT NOT NULL,
  disabled_because VARCHAR(10) NULL,
  secrets TEXT NULL,
  previous_secret_expires_at BIGINT NULL,
  since_position BIGINT NOT NULL,
  failures INT NOT NULL DEFAULT 0,
  failing_since BIGINT NULL,
  retry_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id CHAR(36) NOT NULL,
  webhook_id CHAR(36) NOT NULL,
  event_id CHAR(36) NOT NULL,
  user_id BIGINT NULL,
  type VARCHAR(32) NOT NULL,
  subject VARCHAR(100) NOT NULL,
  position BIGINT NOT NULL,
  body TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  status VARCHAR(10) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  response_status INT NULL,
  error VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  gives_up_at BIGINT NOT NULL,
  attempted_at BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY webhook_deliveries_event_id (webhook_id, event_id),
  KEY webhook_deliveries_due (webhook_id, status, due_at, position),
  KEY webhook_deliveries_status (webhook_id, status, id),
  KEY webhook_deliveries_subject (webhook_id, subject, status, position),
  KEY webhook_deliveries_list (webhook_id, id),
  KEY webhook_deliveries_user_id (user_id),
  KEY webhook_deliveries_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS webhooks (
  id TEXT NOT NULL,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  types TEXT NOT NULL,
  format TEXT NOT NULL,
  audience TEXT,
  enabled INTEGER NOT NULL,
  disabled_because TEXT,
  secrets TEXT,
  previous_secret_expires_at INTEGER,
  since_position INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  retry_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  user_id INTEGER,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  position INTEGER NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  response_status INTEGER,
  error TEXT,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  gives_up_at INTEGER NOT NULL,
  attempted_at INTEGER,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS webhook_deliveries_event_id ON webhook_deliveries (webhook_id, event_id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (webhook_id, status, due_at, position);
CREATE INDEX IF NOT EXISTS webhook_deliveries_status ON webhook_deliveries (webhook_id, status, id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_subject ON webhook_deliveries (webhook_id, subject, status, position);
CREATE INDEX IF NOT EXISTS webhook_deliveries_list ON webhook_deliveries (webhook_id, id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_user_id ON webhook_deliveries (user_id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_created_at ON webhook_deliveries (created_at);

-- undo
DROP TABLE IF EXISTS webhook_deliveries;
DROP TABLE IF EXISTS webhooks;
