// The promise of the README: `kill -9` at any moment of a run of sign-ups, logins, changes, rotations and logouts loses nothing that was acknowledged.
import t, { type Test } from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { environment } from '../support/app.ts'
import { filesOf } from '../support/avatars.ts'
import { checkBelongings } from '../support/process/belongings.ts'
import { checkEvents } from '../support/process/events.ts'
import { act, type Life, newLife, STEPS, type Step } from '../support/process/life.ts'
import { request, type Service, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

const KILLS = 20
const LIVES_AT_A_TIME = 8

/** Resolves at a random moment; a process that has just started needs some time to be in full swing, more where its start took long. */
const someMoment = ({ startedIn }: Service) =>
  new Promise(resolve => setTimeout(resolve, 50 + Math.min(startedIn / 2, 1500) * Math.random()))

/** It starts the service two dozen times. */
t.setTimeout(400_000)

t.test(`kill -9 at ${KILLS} random moments loses nothing that was acknowledged`, async t => {
  // A retry may come later than the usual grace on a slow machine.
  const env = await environment(t, {
    REFRESH_GRACE_SECONDS: '3600',
    CONTACTS_RATE_LIMIT_MAX: '1000',
    AVATAR_RATE_LIMIT_MAX: '1000',
  })
  const lives: Life[] = []
  const starts: number[] = []
  const first = await startService(t, env)
  let db = await openDatabase(env.DATABASE_URL ?? '')
  t.teardown(() => db.destroy())

  const verify = async (email: string): Promise<void> => {
    await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', email).execute()
  }

  // The first kills meet people who are logged in.
  for (const life of Array.from({ length: LIVES_AT_A_TIME }, begin)) while (!life.tokens) await act(first, life, verify)
  await first.end('SIGKILL')

  for (let kill = 0; kill < KILLS; kill++) {
    const service = await startService(t, env)
    starts.push(service.startedIn)
    const unfinished = lives.filter(life => life.next !== 'rest').slice(-LIVES_AT_A_TIME)
    const running = Array.from({ length: LIVES_AT_A_TIME }, (_, i) => liveOn(service, unfinished[i]))
    await someMoment(service)
    await service.end('SIGKILL')
    await Promise.all(running)
  }

  /** Goes on with a life, and begins another when it is over, until the service is gone. */
  async function liveOn(service: Service, first?: Life): Promise<void> {
    try {
      for (let life = first ?? begin(); ; life = begin()) while (life.next !== 'rest') await act(service, life, verify)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }

  function begin(): Life {
    const life = newLife()
    lives.push(life)
    return life
  }

  // As it will be in some hours: nobody completes the uploads that were interrupted.
  const longAgo = Date.now() - 2 * 3_600_000
  await db.updateTable('avatars').set({ created_at: longAgo }).where('user_id', 'is', null).execute()
  const service = await startService(t, { ...env, CLEAN_UP_SECONDS: '1' })
  starts.push(service.startedIn)
  const acknowledged = (step: Step) => lives.flatMap(life => life.acknowledged).filter(each => each === step).length
  t.comment(`acknowledged: ${STEPS.map(step => `${step} ${acknowledged(step)}`).join(', ')}`)
  t.comment(`started in ${Math.min(...starts)} to ${Math.max(...starts)} ms`)
  for (const step of ['signup', 'login', 'rotate', 'logout'] as const) t.ok(acknowledged(step) > 0, step)

  await t.test('what was interrupted can be retried', async () => {
    for (const life of lives) while (life.next !== 'rest') await act(service, life, verify)
  })
  for (const step of STEPS) t.ok(acknowledged(step) > 0, `${step} in the end`)
  t.comment(`interrupted: ${lives.reduce((sum, life) => sum + life.interruptions, 0)} requests`)
  t.same(
    lives.flatMap(life => life.surprises),
    [],
    'no answer was other than it should be',
  )
  await t.test('every account is there once, with its mail', async t => {
    const users = await db.selectFrom('users').select('email').execute()
    const mails = await db.selectFrom('outbox').select(['recipient', 'template']).execute()
    for (const { email } of lives) {
      if (users.filter(user => user.email === email).length !== 1) t.fail(`${email}: not one account`)
      if (mails.filter(mail => mail.recipient === email).length !== 1) t.fail(`${email}: not one mail`)
    }
    t.equal(users.length, lives.length)
  })
  await inParallel(lives, life => checkSessions(t, service, life))
  await inParallel(lives, life => checkBelongings(t, service, life))
  await t.test('no change is without its event, and no event without its change', t => checkEvents(t, db))
  await t.test('no file outlives the clean-up but those of pictures that are shown', async t => {
    const names = lives.flatMap(({ avatarUrl }) => avatarUrl?.split('/').at(-1) ?? [])
    const shown = names.flatMap(name => [name.replace('-512.', '-128.'), name]).sort()
    const files = () => filesOf({ config: { DATA_DIR: env.DATA_DIR ?? '' } }).sort()
    await until(() => files().length === shown.length)
    t.same(files(), shown)
  })
  t.equal((await service.end('SIGTERM')).code, 0)
  await db.destroy()
  db = await openDatabase(env.DATABASE_URL ?? '')
})

async function checkSessions(t: Test, service: Service, { email, password, ended, tokens, before }: Life) {
  const outcome = async (path: string, token: string) => {
    const { status, code, body } = await request(service, path === '/films/v1/' ? 'GET' : 'POST', path, { token })
    return status === 200 ? body : `${status} ${code}`
  }
  for (const dead of ended) {
    if ((await outcome('/films/v1/', dead.token)) !== '401 token-invalid') t.fail(`${email}: access after logout`)
    const rotated = await outcome('/users/v1/generate_tokens', dead.refresh_token)
    if (rotated !== '401 token-invalid') t.fail(`${email}: refresh after logout`)
  }
  if (tokens) {
    if (before) {
      t.equal(
        (await outcome('/users/v1/generate_tokens', before.refresh_token)).token,
        tokens.token,
        'the same successor',
      )
      if ((await outcome('/films/v1/', before.token)) !== '401 token-invalid') t.fail(`${email}: access after rotation`)
    }
    if ((await outcome('/films/v1/', tokens.token)).count !== 7) t.fail(`${email}: no access`)
    if (!(await outcome('/users/v1/generate_tokens', tokens.refresh_token)).token) t.fail(`${email}: no rotation`)
  }
  const login = await request(service, 'POST', '/users/v1/login', { payload: { email, password } })
  if (login.status !== 200) t.fail(`${email}: ${login.status} ${login.code}`)
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  const worker = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: 6 }, worker))
}
