-- mysql
ALTER TABLE users ADD COLUMN owner_proved_at BIGINT NULL;
ALTER TABLE users ADD COLUMN links_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN details VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- sqlite
ALTER TABLE users ADD COLUMN owner_proved_at INTEGER;
ALTER TABLE users ADD COLUMN links_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN details TEXT;

-- both
-- An upgrade weakens no second factor: accounts that were verified before count as proved.
UPDATE users SET owner_proved_at = updated_at WHERE email_verified = 1 AND owner_proved_at IS NULL;

-- undo
ALTER TABLE outbox DROP COLUMN details;
ALTER TABLE users DROP COLUMN links_since;
ALTER TABLE users DROP COLUMN owner_proved_at;
