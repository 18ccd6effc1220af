DROP TABLE IF EXISTS used_challenges;
DROP TABLE IF EXISTS passkeys;
DROP TABLE IF EXISTS mfa_challenges;
DROP TABLE IF EXISTS recovery_codes;
DROP TABLE IF EXISTS totp_secrets;
