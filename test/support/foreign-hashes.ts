/** Hashes as other systems write them: published in their tests, or made by the named program. */

interface Vector {
  /** The system or convention, and where this hash is from. */
  name: string
  password: string
  hash: string
}

/** From the systems' own tests, or from other projects that take such hashes. */
export const PUBLISHED: Vector[] = [
  {
    name: "ASP.NET Identity v2 (dotnet/aspnetcore's PasswordHasherTest)",
    password: 'my password',
    hash: 'ANXrDknc7fGPpigibZXXZFMX4aoqz44JveK6jQuwY3eH/UyPhvr5xTPeGYEckLxz9A==',
  },
  {
    name: 'ASP.NET Identity v3, SHA-1 (the same)',
    password: 'my password',
    hash: 'AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M',
  },
  {
    name: 'ASP.NET Identity v3, SHA-256 (the same)',
    password: 'my password',
    hash: 'AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=',
  },
  {
    name: 'ASP.NET Identity v3, SHA-512, long salt and key (the same)',
    password: 'my password',
    hash: 'AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==',
  },
  {
    name: "Django PBKDF2 (hashcat's example)",
    password: 'hashcat',
    hash: 'pbkdf2_sha256$20000$H0dPx8NeajVu$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=',
  },
  {
    name: "WordPress 6.8 (hashcat's example)",
    password: 'hashcat',
    hash: '$wp$2y$10$lzlQrRRhLSjz486bA9CKHuZRPoKz4uviT251Sq/r5OzKUBbrXwnQW',
  },
  {
    name: 'phpass of WordPress (passlib)',
    password: 'test12345',
    hash: '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
  },
  { name: 'phpass of phpBB (passlib)', password: '123456', hash: '$H$9PE8jEklgZhgLmZl5.HYJAzfGCQtzi1' },
  {
    name: 'PBKDF2, PHC form with names (Ory Kratos)',
    password: 'test',
    hash: '$pbkdf2-sha256$i=100000,l=32$1jP+5Zxpxgtee/iPxGgOz0RfE9/KJuDElP1ley4VxXc$QJxzfvdbHYBpydCbHoFg3GJEqMFULwskiuqiJctoYpI',
  },
  {
    name: 'PBKDF2 of SHA-512, PHC form with names (Ory Kratos)',
    password: 'test',
    hash: '$pbkdf2-sha512$i=100000,l=32$bdHBpn7OWOivJMVJypy2UqR0UnaD5prQXRZevj/05YU$+wArTfv1a+bNGO1iZrmEdVjhA+lL11wF4/IxpgYfPwc',
  },
  {
    name: 'scrypt with N instead of its logarithm (Ory Kratos)',
    password: 'test',
    hash: '$scrypt$ln=16384,r=8,p=1$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$MiCzNcIplSMqSBrm4HckjYqYhaVPPjTARTzwB1cVNYE=',
  },
  { name: '{SSHA} (Ory Kratos)', password: 'test123', hash: '{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a' },
  {
    name: '{SSHA256} (Ory Kratos)',
    password: 'test123',
    hash: '{SSHA256}czO44OTV17PcF1cRxWrLZLy9xHd7CWyVYplr1rOhuMlx/7IK',
  },
  {
    name: '{SSHA512} (Ory Kratos)',
    password: 'test123',
    hash: '{SSHA512}xPUl/px+1cG55rUH4rzcwxdOIPSB2TingLpiJJumN2xyDWN4Ix1WQG3ihnvHaWUE8MYNkvMi5rf0C9NYixHsE6Yh59M=',
  },
  {
    name: 'argon2i (Supabase)',
    password: 'test',
    hash: '$argon2i$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g',
  },
  {
    name: 'argon2id (Supabase)',
    password: 'test',
    hash: '$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk',
  },
  {
    name: "bcrypt $2a$ (hashcat's example)",
    password: 'hashcat',
    hash: '$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6',
  },
]

/** Of the tests' usual password, made by the program that is named. */
export const MADE: Record<string, string> = {
  'Django 5.2, pbkdf2_sha256':
    'pbkdf2_sha256$30000$5zYUxoRtOVp4KyaoBiSlBL$MVFG+OepWjbcJbTMtzmnNIJDiZtROaJuOp8zFQT5j4M=',
  'Django 5.2, pbkdf2_sha1': 'pbkdf2_sha1$30000$seasalt2$vJK1ENpkvYqQC71HnwqF5vkLcQQ=',
  'Django 5.2, argon2':
    'argon2$argon2id$v=19$m=1024,t=2,p=2$RFV4b0o2ZFRDQlJseUo5bg$OcF6kOZsKDfvqs+2gW9dcZk4nI8LxEZ6EOTchGaODX4',
  'Django 5.2, bcrypt_sha256': 'bcrypt_sha256$$2b$06$HoWBuIZiVk0UZGiCbKWEgeggLuIlBONjF5iMQx.drwKTM/UZ4O6Sm',
  'Django 5.2, bcrypt': 'bcrypt$$2b$06$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK',
  'Django 5.2, scrypt':
    'scrypt$1024$seasalt$8$5$AcpX/yLH2CePjekD1zc2YPXBEu7jgQ2HRzumiYBlLfQyrFOlDPH+fZL4oPU3rGjrDV3G7tKHR9irzy4kTBwhzA==',
  'passlib 1.7, pbkdf2_sha256':
    '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$QpHo6R4UnsdgyE4XK7PaNzrN5RglMvTU6pwncHmYckI',
  'passlib 1.7, pbkdf2_sha512':
    '$pbkdf2-sha512$25000$./..MDEyMzQ1Njc4OWFiYw$7dyhCf8hYbtfpQYaN/Cp0dHBpEJ4C3xLg9ToWas4zI7rW4R9Xlvm1ps1OFbG6zJr7JLFycfkwn/rgVG2gSjHwg',
  'passlib 1.7, pbkdf2_sha1': '$pbkdf2$1000$MDEyMzQ1Njc4OWFiY2RlZg$vfiCZis/7CFKSQ0hZP5ca4OFdn0',
  'passlib 1.7, scrypt': '$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxY',
  'passlib 1.7, phpass': '$P$BDHarness4eeOsrb5JFXFckXOqDvD50',
  'passlib 1.7, ldap_pbkdf2_sha256':
    '{PBKDF2-SHA256}1000$MDEyMzQ1Njc4OWFiY2RlZg$42bZOaVYB.JzA/1MWoyfIW66R9S4DKNlPxwdQWvA3kA',
  'passlib 1.7, ldap_pbkdf2_sha1': '{PBKDF2}1000$MDEyMzQ1Njc4OWFiY2RlZg$vfiCZis/7CFKSQ0hZP5ca4OFdn0',
  'passlib 1.7, ldap_salted_sha1': '{SSHA}jLbKuf1obI5jBWdWbPFAxEEoAbRzYWx0c2FsdA==',
  'passlib 1.7, ldap_sha1': '{SHA}+qOuqXgjrSPjXHxRLG+R73jmL+4=',
  'LDAP with crypt(3) bcrypt': '{CRYPT}$2y$06$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK',
  'Spring Security': '{bcrypt}$2a$06$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK',
  'PHP and Laravel': '$2y$06$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK',
  'Werkzeug 3.1, scrypt':
    'scrypt:1024:8:1$dokoiwkL734bwBFZ$2db27a47781f36859a64a86f66cd0d73333f9a46d9ddbf060a07e45c5021c5f9e77499b1435bf61dc7a018d347de74d7d9549d3ae8f9419fce5ad0b4aadac7c5',
  'Werkzeug 3.1, pbkdf2':
    'pbkdf2:sha256:1000$vAPMz1Hk6Uj0isS9$07a357fcc4c9c4993523aa545ce80a06687f6720c4a74587a1096ada104d9fd1',
  "ASP.NET Identity of .NET 8, by Python's hashlib":
    'AQAAAAIAAYagAAAAEDAxMjM0NTY3ODlhYmNkZWYq9YAKJZkU95RzrNKGXJdCf0ICH9qmMfHD+GD18XBHCw==',
  "WordPress 6.8, by Python's bcrypt and hmac": '$wp$2y$06$HoWBuIZiVk0UZGiCbKWEgeolDvBjIFPt18BFU7CPrLYdL/zeeOtie',
  "better-auth, by Python's hashlib":
    '9950054cfbad33e7ba35e0e7002dda5b:f57a35ac4a4892117ca12404f18f53d74efaf8c22162e49e4deee74af55a11bac5b74abc467863c4a78e2007006caa2026516ae48c734b94354ec178072dc92e',
  "AdonisJS, by Python's hashlib":
    '$scrypt$n=1024,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxaCYfSn6vevjfkNG89zZExVRYHPLUZigR6M7kTU+gAnFg',
}

/** Firebase's project, user and hash of the README of its own utility, and those of Supabase's test. */
export const FIREBASE: (Vector & { signerKey: string })[] = [
  {
    name: 'Firebase (its scrypt utility)',
    signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    password: 'user1password',
    hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  },
  {
    name: 'Firebase (Supabase)',
    signerKey: 'ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==',
    password: 'mytestpassword',
    hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==',
  },
]
