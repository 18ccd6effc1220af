-- mysql
-- Pictures of nobody, in the order in which the clean-up takes them.
CREATE INDEX avatars_unowned ON avatars (user_id, id);

-- sqlite
CREATE INDEX IF NOT EXISTS avatars_unowned ON avatars (user_id, id);

-- undo mysql
DROP INDEX avatars_unowned ON avatars;

-- undo sqlite
DROP INDEX IF EXISTS avatars_unowned;
