DROP TABLE IF EXISTS used_challenges;
DROP TABLE IF EXISTS passkeys;
