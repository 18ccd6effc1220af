/** Database and Redis. */
import { Type } from '@sinclair/typebox'
import { count, flag } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    stores: typeof stores
  }
}

export const stores = {
  DATABASE_URL: Type.String({
    default: 'sqlite:./data/holocron.db',
    pattern: '^(sqlite:.+|mysql://[^/]+/[^/?#]+(\\?.*)?)$',
    description:
      '`sqlite:path` (embedded) or `mysql://user:password@host:port/database`. `?ssl-mode=REQUIRED`, `VERIFY_CA` or `VERIFY_IDENTITY` encrypts the connection, with `&ssl-ca=file`; `?socket=path` is a Unix socket',
  }),
  DATABASE_POOL_SIZE: count(10, 1, 'Maximum of MySQL connections per process'),
  MIGRATE_ON_START: flag(false, 'Run pending migrations at startup; the embedded profile always does'),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?(\\+(sentinel|cluster))?://.+$',
      description:
        '`redis://user:password@host:6379/database`, `redis+cluster://host:port,host:port` or `redis+sentinel://host:port,host:port/master-name/database?sentinelPassword=…`; `rediss…` encrypts the connections. Unset: a single process, in memory',
    }),
  ),
  REDIS_PREFIX: Type.String({
    default: 'holocron:',
    maxLength: 64,
    description: 'Prefix of every key and channel in Redis',
  }),
}
