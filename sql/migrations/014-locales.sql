-- mysql
ALTER TABLE users ADD COLUMN locale VARCHAR(35) NULL;

-- sqlite
ALTER TABLE users ADD COLUMN locale TEXT;

-- undo
ALTER TABLE users DROP COLUMN locale;
