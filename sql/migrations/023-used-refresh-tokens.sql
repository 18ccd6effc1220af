-- mysql
-- Finds refresh tokens that were used up, of which less is kept.
CREATE INDEX oauth_records_consumed_at ON oauth_records (consumed_at);

-- sqlite
CREATE INDEX IF NOT EXISTS oauth_records_consumed_at ON oauth_records (consumed_at);

-- undo mysql
DELETE FROM oauth_records WHERE payload = '';
DROP INDEX oauth_records_consumed_at ON oauth_records;

-- undo sqlite
DELETE FROM oauth_records WHERE payload = '';
DROP INDEX IF EXISTS oauth_records_consumed_at;
