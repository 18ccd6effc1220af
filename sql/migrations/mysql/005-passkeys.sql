-- A credential's id has 1023 bytes at most: 1364 characters of base64url.
CREATE TABLE IF NOT EXISTS passkeys (
  id CHAR(36) NOT NULL,
  user_id CHAR(36) NOT NULL,
  credential_id VARCHAR(1364) NOT NULL,
  public_key TEXT NOT NULL,
  counter BIGINT NOT NULL,
  transports VARCHAR(255) NOT NULL,
  device_type VARCHAR(16) NOT NULL,
  backed_up TINYINT NOT NULL,
  aaguid CHAR(36) NOT NULL,
  name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY passkeys_credential_id (credential_id),
  KEY passkeys_user_id (user_id),
  CONSTRAINT passkeys_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Challenges that were answered. One that was only asked for leaves nothing: it is signed.
CREATE TABLE IF NOT EXISTS used_challenges (
  id CHAR(32) NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY used_challenges_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
