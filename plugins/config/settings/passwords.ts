/** Passwords and their hashes. */
import { Type } from '@sinclair/typebox'
import { count, flag } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    passwords: typeof passwords
  }
}

export const passwords = {
  PASSWORD_MAX_LENGTH: Type.Integer({
    default: 32,
    minimum: 32,
    maximum: 1024,
    description: 'Maximum length of a password (characters)',
  }),
  ARGON2_MEMORY_KIB: count(19_456, 8, 'argon2id: memory (KiB)'),
  ARGON2_ITERATIONS: count(2, 1, 'argon2id: passes'),
  ARGON2_PARALLELISM: Type.Integer({ default: 1, minimum: 1, maximum: 64, description: 'argon2id: lanes' }),
  ARGON2_THREADS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 128,
      description:
        'Passwords hashed in parallel per process; workers share the cores. Default: the number of cores, at most 3',
    }),
  ),
  ARGON2_QUEUE_MAX: count(128, 1, 'Maximum of passwords queued for hashing; beyond it requests are rejected with 503'),
  ADVISE_PASSWORD_CHANGE: flag(
    false,
    'Respond `password_change_advised` to logins with a password that violates the rule for new ones',
  ),
  FIREBASE_SIGNER_KEY: Type.String({
    default: '',
    pattern: '^([A-Za-z0-9+/]{40,}=*(,[A-Za-z0-9+/]{40,}=*)*)?$',
    description:
      '`base64_signer_key` of the Firebase project that users were imported from; of several projects, separated by commas',
  }),
}
