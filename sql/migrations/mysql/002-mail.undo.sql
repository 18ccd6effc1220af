DROP TABLE IF EXISTS reset_codes;
DROP TABLE IF EXISTS email_changes;
DROP TABLE IF EXISTS one_time_tokens;
DROP TABLE IF EXISTS outbox;
