-- mysql
ALTER TABLE users ADD COLUMN phone_e164 VARCHAR(16) NULL;

-- sqlite
ALTER TABLE users ADD COLUMN phone_e164 TEXT;

-- undo
ALTER TABLE users DROP COLUMN phone_e164;
