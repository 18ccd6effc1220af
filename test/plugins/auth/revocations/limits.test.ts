import t from 'tap'
import { ConfigError, readConfig } from '../../../../plugins/config/index.ts'
import { environment } from '../../../support/app.ts'

const env = await environment(t)

// Node runs a timer of more than 2^31 ms at once, and again and again: the memory of revocations would be wiped every millisecond.
const TOO_LONG = String(Math.floor(2 ** 31 / 1000) - 60)

for (const name of [
  'ACCESS_TOKEN_TTL_SECONDS',
  'REVOCATION_SYNC_SECONDS',
  'REVOCATION_MAX_STALENESS_SECONDS',
  'MAIL_POLL_SECONDS',
]) {
  t.test(`${name} is no longer than a timer can wait`, async t => {
    t.throws(() => readConfig({ ...env, [name]: TOO_LONG }), ConfigError)
    t.throws(() => readConfig({ ...env, [name]: TOO_LONG }), { message: new RegExp(`^${name}: `) })
  })
}

t.test(
  'a staleness limit within the sync interval would have protected routes come and go, and is refused',
  async t => {
    const settings = (sync: string, staleness: string) => ({
      ...env,
      REVOCATION_SYNC_SECONDS: sync,
      REVOCATION_MAX_STALENESS_SECONDS: staleness,
    })
    t.throws(() => readConfig(settings('30', '30')), { message: /^REVOCATION_MAX_STALENESS_SECONDS: / })
    t.ok(readConfig(settings('1', '2')))
  },
)
