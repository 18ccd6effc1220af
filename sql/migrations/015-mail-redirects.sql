-- mysql
ALTER TABLE outbox ADD COLUMN redirect_to VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- sqlite
ALTER TABLE outbox ADD COLUMN redirect_to TEXT;

-- undo
ALTER TABLE outbox DROP COLUMN redirect_to;
