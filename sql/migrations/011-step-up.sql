-- mysql
-- When and how a session's user last authenticated, and the generation of tokens issued for it if that was after the login.
ALTER TABLE sessions ADD COLUMN auth_time BIGINT NULL;
ALTER TABLE sessions ADD COLUMN amr VARCHAR(64) NULL;
ALTER TABLE sessions ADD COLUMN reauthenticated_generation INT NULL;

-- sqlite
ALTER TABLE sessions ADD COLUMN auth_time INTEGER;
ALTER TABLE sessions ADD COLUMN amr TEXT;
ALTER TABLE sessions ADD COLUMN reauthenticated_generation INTEGER;

-- undo
ALTER TABLE sessions DROP COLUMN reauthenticated_generation;
ALTER TABLE sessions DROP COLUMN amr;
ALTER TABLE sessions DROP COLUMN auth_time;
