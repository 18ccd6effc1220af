import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { build, call, codeOf, environment, logIn, newEmail, PASSWORD, verifiedUser } from '../../support/app.ts'

const FEW = { ACCOUNT_ATTEMPTS_MAX: '5', ADDRESS_ATTEMPTS_MAX: '20', TRUST_PROXY: '127.0.0.1' }
const WRONG = 'Wrong1234567'

type App = Awaited<ReturnType<typeof build>>

const tryLogin = (app: App, email: string, password: string, address = '198.51.100.1') =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password }, headers: { 'x-forwarded-for': address } })

const times = <T>(count: number, work: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => work(i))

t.test('a hundred parallel guesses at one account never exceed its budget (guessing)', async t => {
  const app = await build(t, FEW)
  const { email } = await verifiedUser(app)
  const answers = await Promise.all(times(100, i => tryLogin(app, email, WRONG, `198.51.100.${i}`)))
  const guesses = answers.filter(answer => answer.statusCode === 404)
  // The one beyond the free ones sets the first lock.
  t.ok(guesses.length <= 6, `${guesses.length} guesses were looked at`)
  const refused = answers.find(answer => answer.statusCode === 429)
  t.equal(refused && codeOf(refused), 'too-many-attempts')
  t.match(refused?.json().details, { limit: 'account' })
  t.ok(Number(refused?.headers['retry-after']) >= 1)
})

t.test(
  'threat: a full hashing queue, which a client can bring about, does not erase the failures before it',
  async t => {
    const app = await build(t, FEW)
    const { email } = await verifiedUser(app)
    const guess = () => tryLogin(app, email, WRONG).then(({ statusCode }) => statusCode)
    for (let i = 0; i < 4; i++) t.equal(await guess(), 404)
    const { verify } = app.passwords
    app.passwords.verify = async () => {
      throw errors.unavailable()
    }
    t.equal(await guess(), 503)
    app.passwords.verify = verify
    t.same([await guess(), await guess(), await guess()], [404, 404, 429])
  },
)

t.test('the right password is refused too while the account is locked for strangers (guessing)', async t => {
  const app = await build(t, FEW)
  const { email } = await verifiedUser(app)
  for (let i = 0; i < 7; i++) await tryLogin(app, email, WRONG, `198.51.100.${i}`)
  t.equal(codeOf(await tryLogin(app, email, PASSWORD, '203.0.113.9')), 'too-many-attempts')
})

t.test('strangers who lock an account lock out neither devices its user has used nor its sessions', async t => {
  const app = await build(t, FEW)
  const user = await verifiedUser(app)
  const home = '203.0.113.7'
  const session = (await tryLogin(app, user.email, PASSWORD, home)).json()
  for (let i = 0; i < 30; i++) await tryLogin(app, user.email, WRONG, `198.51.100.${i}`)
  t.equal((await tryLogin(app, user.email, PASSWORD, home)).statusCode, 200)
  t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { token: session.refresh_token })).statusCode, 200)
})

t.test('a device is recognized even if its proxy adds another port each time', async t => {
  const app = await build(t, FEW)
  const user = await verifiedUser(app)
  t.equal((await tryLogin(app, user.email, PASSWORD, '203.0.113.7:1000')).statusCode, 200)
  for (let i = 0; i < 30; i++) await tryLogin(app, user.email, WRONG, `198.51.100.${i}`)
  t.equal((await tryLogin(app, user.email, PASSWORD, '203.0.113.7:2000')).statusCode, 200)
})

t.test('one IP guessing at many accounts is stopped', async t => {
  const app = await build(t, FEW)
  const answers = []
  for (let i = 0; i < 40; i++) answers.push(await tryLogin(app, newEmail(), WRONG))
  t.equal(answers.filter(answer => answer.statusCode === 404).length, 21)
  const refused = answers.find(answer => answer.statusCode === 429)
  t.match(refused?.json(), { message: 'too-many-attempts', details: { limit: 'address' } })
})

t.test('an unknown e-mail is slowed down like a known one (enumeration)', async t => {
  const app = await build(t, FEW)
  const known = (await verifiedUser(app)).email
  const statuses = async (email: string, network: string) => {
    const answers = []
    for (let i = 0; i < 10; i++) answers.push((await tryLogin(app, email, WRONG, `${network}.${i}`)).statusCode)
    return answers
  }
  t.same(await statuses(newEmail(), '198.51.100'), await statuses(known, '192.0.2'))
})

t.test('a successful login refunds its attempts: users who know the password are never slowed down', async t => {
  const app = await build(t, FEW)
  const user = await verifiedUser(app)
  for (let i = 0; i < 30; i++) t.equal((await tryLogin(app, user.email, PASSWORD)).statusCode, 200)
})

t.test("a login of one account does not reset the IP's guesses at others", async t => {
  const app = await build(t, FEW)
  const own = await verifiedUser(app)
  const statuses = []
  for (let i = 0; i < 40; i++) {
    statuses.push((await tryLogin(app, newEmail(), WRONG)).statusCode)
    await tryLogin(app, own.email, PASSWORD)
  }
  t.ok(statuses.includes(429))
})

t.test('a password that confirms a change is throttled like a login', async t => {
  const app = await build(t, FEW)
  const { token, user_id } = await logIn(app)
  const codes = []
  // The budget of strangers, then that of a device known to be the user's.
  for (let i = 0; i < 14; i++) {
    codes.push(codeOf(await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: WRONG } })))
  }
  t.equal(codes[0], 'password-wrong')
  t.equal(codes.at(-1), 'too-many-attempts')
})

t.test('two instances share one budget, through Redis', { skip: !process.env.TEST_REDIS_URL }, async t => {
  const env = await environment(t, FEW)
  const [here, there] = [await build(t, env), await build(t, env)]
  const email = newEmail()
  const answers = []
  for (let i = 0; i < 12; i++) answers.push(await tryLogin(i % 2 ? here : there, email, WRONG, `198.51.100.${i}`))
  t.equal(answers.filter(answer => answer.statusCode === 404).length, 6)
})

t.test('without Redis a process counts on its own', { skip: !process.env.TEST_REDIS_URL }, async t => {
  const app = await build(t, { ...FEW, REDIS_URL: 'redis://127.0.0.1:1' })
  const email = newEmail()
  const answers = []
  for (let i = 0; i < 12; i++) answers.push(await tryLogin(app, email, WRONG, `198.51.100.${i}`))
  t.equal(answers.filter(answer => answer.statusCode === 404).length, 6)
})
