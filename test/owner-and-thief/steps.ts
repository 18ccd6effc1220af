/** What owner, thief, administrator and mail scanners may do, in any order. A step that is impossible now does nothing. */
import { call } from '../support/app.ts'
import { authenticator } from '../support/authenticator.ts'
import { cookieIn, OWN_PAGE, setCookie } from '../support/cookies.ts'
import { identity, linkTo, sendEmail, signupToken } from '../support/linked-logins.ts'
import { otpOf, TOTP } from '../support/mfa.ts'
import { ORIGIN, PASSKEYS } from '../support/passkeys.ts'
import { type Holding, logInByProvider, logInWith, type Person } from './holdings.ts'
import type { World } from './world.ts'

export type Step = (world: World) => Promise<void>

type Name = Person['name']

const lastPassword = ({ passwords }: Person) => passwords.at(-1) ?? 'None1977'

/** Signs up with an address, whoever's it is. */
const signUp =
  (who: Name, mailbox: Name): Step =>
  async world => {
    const password = world.newPassword(world.people[who])
    const payload = { email: world.mailboxes[mailbox], password }
    const response = await call(world.app, 'POST', '/users/v1/signup', { payload })
    if (response.statusCode !== 200) world.people[who].passwords.pop()
  }

/** A scanner, or somebody who clicks on everything, opens the newest link by GET. */
const openLink =
  (mailbox: Name, headers: Record<string, string>): Step =>
  async world => {
    const token = await world.newestLink(mailbox)
    if (token) await call(world.app, 'GET', `/users/v1/email_verification?token=${token}`, { headers })
  }

const confirmLink =
  (mailbox: Name): Step =>
  async world => {
    const token = await world.newestLink(mailbox)
    if (token) await call(world.app, 'POST', '/users/v1/email_verification', { payload: { token } })
  }

/** The owner proves mailbox and password at once. */
const proveByLink: Step = async world => {
  const token = await world.newestLink('owner')
  if (!token) return
  for (const password of world.people.owner.passwords) {
    const payload = { token, password }
    const { statusCode } = await call(world.app, 'POST', '/users/v1/email_verification', { payload })
    const user = statusCode === 200 ? await world.accountAt('owner') : undefined
    if (user !== undefined) prove(world, user)
  }
}

const proveByReset: Step = async world => {
  const user = await world.accountAt('owner')
  const token = user && (await mailReset(world, 'owner'))
  if (!token) return
  const payload = { token, new_password: world.newPassword(world.people.owner) }
  const { statusCode } = await call(world.app, 'POST', '/users/v1/password_reset', { payload })
  if (statusCode === 200) prove(world, user)
}

function prove(world: World, user: number): void {
  world.proved.add(user)
  world.seen.proved++
}

async function mailReset(world: World, mailbox: Name): Promise<string | undefined> {
  await call(world.app, 'POST', '/users/v1/password_forgotten', { payload: { email: world.mailboxes[mailbox] } })
  return world.newestLink(mailbox)
}

const logIn =
  (who: Name, mailbox: Name): Step =>
  async world => {
    const person = world.people[who]
    await logInWith(world.app, person, world.mailboxes[mailbox], lastPassword(person), world.tick)
  }

const logInBrowser: Step = async world => {
  const { thief } = world.people
  const payload = { email: world.mailboxes.owner, password: lastPassword(thief) }
  const user = await world.accountAt('owner')
  const response = await call(world.app, 'POST', '/sessions/v1/', { payload, headers: OWN_PAGE })
  if (user === undefined || response.statusCode !== 200 || !setCookie(response)) return
  world.hold(thief, { kind: 'cookie', userId: user, value: cookieIn(response) })
}

/** Stops halfway through a login. */
const holdPendingLogin: Step = async world => {
  const { thief } = world.people
  const payload = { email: world.mailboxes.owner, password: lastPassword(thief) }
  const user = await world.accountAt('owner')
  const response = await call(world.app, 'POST', '/users/v1/login', { payload })
  const token = response.statusCode === 200 ? response.json<{ mfa_token?: string }>().mfa_token : undefined
  if (token && user) world.hold(thief, { kind: 'pending login', userId: user, value: token })
}

/** What somebody does in a session of theirs, if they have one. */
const inSession =
  (who: Name, act: (world: World, person: Person, session: Holding) => Promise<unknown>): Step =>
  async world => {
    const person = world.people[who]
    const session = await world.session(person)
    if (session) await act(world, person, session)
  }

const enrollTotp = (who: Name): Step =>
  inSession(who, async (world, person, session) => {
    const payload = { password: lastPassword(person) }
    const started = await call(world.app, 'POST', TOTP, { token: session.value, payload })
    if (started.statusCode !== 200) return
    const { secret } = started.json<{ secret: string }>()
    world.tick()
    const verified = await call(world.app, 'POST', `${TOTP}/verify`, {
      token: session.value,
      payload: { otp: otpOf(secret) },
    })
    if (verified.statusCode !== 200) return
    person.secrets.push(secret)
    person.recoveryCodes.push(...verified.json<{ recovery_codes: string[] }>().recovery_codes.slice(0, 2))
  })

const enrollPasskey = (who: Name): Step =>
  inSession(who, async (world, person, session) => {
    const payload = { password: lastPassword(person) }
    const options = await call(world.app, 'POST', `${PASSKEYS}/options`, { token: session.value, payload })
    if (options.statusCode !== 200) return
    const key = authenticator(ORIGIN)
    const credential = key.create(options.json())
    const { statusCode } = await call(world.app, 'POST', PASSKEYS, { token: session.value, payload: { credential } })
    if (statusCode === 200) world.hold(person, { kind: 'passkey', userId: session.userId, value: key.id, key })
  })

const changePassword = (who: Name): Step =>
  inSession(who, async (world, person, session) => {
    const old_password = lastPassword(person)
    const payload = { old_password, new_password: world.newPassword(person) }
    const { statusCode } = await call(world.app, 'PUT', '/users/v1/password', { token: session.value, payload })
    if (statusCode !== 200) person.passwords.pop()
  })

/** The thief asks to move the account of his session to an address, and keeps the link if it comes to him. */
const requestChange = (mailbox: Name): Step =>
  inSession('thief', async (world, thief, session) => {
    const payload = { email: world.mailboxes[mailbox], password: lastPassword(thief) }
    const { statusCode } = await call(world.app, 'POST', '/users/v1/email', { token: session.value, payload })
    const link = statusCode === 200 && mailbox === 'thief' ? await world.newestLink('thief') : undefined
    if (link) world.hold(thief, { kind: 'mailed link', userId: session.userId, value: link })
  })

const keepResetLink: Step = async world => {
  const user = await world.accountAt('thief')
  const link = await mailReset(world, 'thief')
  if (user && link) world.hold(world.people.thief, { kind: 'mailed link', userId: user, value: link })
}

const setDisabled =
  (mailbox: Name, disabled: boolean): Step =>
  async world => {
    const user = await world.accountAt(mailbox)
    if (user !== undefined && world.disabled.has(user) !== disabled) await world.setDisabled(user, disabled)
  }

const remove = (who: Name): Step =>
  inSession(who, async (world, person, session) => {
    const payload = { password: lastPassword(person) }
    await call(world.app, 'DELETE', `/users/v1/${session.userId}`, { token: session.value, payload })
  })

/** By a provider that has verified the mailbox of the same person. */
const logInByOwnProvider =
  (who: Name): Step =>
  async world => {
    const as = identity({ subject: world.subjects[who], email: world.mailboxes[who] })
    const user = await logInByProvider(world.app, world.people[who], as, world.tick)
    if (user === undefined) return
    // It may open another account that the identity was linked to before.
    if (who === 'owner' && user === (await world.accountAt('owner'))) await proveIfOwned(world, user)
    if (who === 'thief') holdProvider(world, user)
  }

/** The account counts as its owner's where mailbox and identity were proved together. */
async function proveIfOwned(world: World, user: number): Promise<void> {
  const proved = await world.app.db
    .selectFrom('users')
    .select('owner_proved_at')
    .where('id', '=', user)
    .executeTakeFirst()
  if (proved?.owner_proved_at) prove(world, user)
}

function holdProvider(world: World, user: number): void {
  const { thief } = world.people
  if (thief.holdings.some(({ kind }) => kind === 'provider login')) return
  thief.holdings.push({ kind: 'provider login', userId: user, value: world.subjects.thief })
}

/** The thief's provider names no address, and he gives that of somebody. */
const signUpByProvider =
  (mailbox: Name): Step =>
  async world => {
    const as = identity({ subject: world.subjects.thief })
    const token = await signupToken(world.app, as).catch(() => undefined)
    if (token === undefined) return
    await sendEmail(world.app, token, world.mailboxes[mailbox])
    const user = await world.accountAt(mailbox)
    if (user !== undefined) holdProvider(world, user)
  }

const linkProvider = (who: Name): Step =>
  inSession(who, async (world, _person, session) => {
    const linking = linkTo(world.app, { token: session.value }, identity({ subject: world.subjects[who] }))
    const linked = await linking.then(
      () => true,
      () => false,
    )
    if (linked && who === 'thief') holdProvider(world, session.userId)
  })

const unlinkProvider = (who: Name): Step =>
  inSession(who, async (world, person, { value: token }) => {
    const list = await call(world.app, 'GET', '/users/v1/login_methods', { token })
    if (list.statusCode !== 200) return
    const { results } = list.json<{ results: { id: string; provider: string }[] }>()
    const linked = results.find(({ provider }) => provider === 'github')
    const payload = { password: lastPassword(person) }
    if (linked) await call(world.app, 'DELETE', `/users/v1/login_methods/${linked.id}`, { token, payload })
  })

const API_CLIENT = { accept: '*/*', 'user-agent': 'curl/8.5.0' }
const SCANNER = { accept: '*/*', 'user-agent': 'Mozilla/5.0 (compatible; Barracuda Sentinel)' }

const all =
  (...steps: Step[]): Step =>
  async world => {
    for (const step of steps) await step(world)
  }

/** How a history begins: random steps alone would seldom get there. */
export const OPENINGS: Record<string, Step> = {
  'the thief has signed up with the address of the owner, and a program has opened the link': all(
    signUp('thief', 'owner'),
    openLink('owner', API_CLIENT),
    logIn('thief', 'owner'),
  ),
  'the thief has an account of his own': all(signUp('thief', 'thief'), confirmLink('thief'), logIn('thief', 'thief')),
  'the thief has signed up by a provider with the address of the owner, and a program has opened the link': all(
    signUpByProvider('owner'),
    openLink('owner', API_CLIENT),
    logInByOwnProvider('thief'),
  ),
  'the owner has signed up': all(signUp('owner', 'owner'), proveByLink, logIn('owner', 'owner')),
  'nobody has an account': all(),
}

export const STEPS: Record<string, Step> = {
  'the thief signs up with the address of the owner': signUp('thief', 'owner'),
  'the thief signs up with an address of his own': signUp('thief', 'thief'),
  'the owner signs up': signUp('owner', 'owner'),
  'the thief confirms his own address': confirmLink('thief'),
  'a program opens the newest link of the owner': openLink('owner', API_CLIENT),
  'a scanner opens the newest link of the owner': openLink('owner', SCANNER),
  'the owner confirms a link by accident': confirmLink('owner'),
  'the owner confirms a link with his password': proveByLink,
  'the owner resets the password': proveByReset,
  'the owner logs in': logIn('owner', 'owner'),
  'the thief logs in to the account of the owner': logIn('thief', 'owner'),
  'the thief logs in to his own account': logIn('thief', 'thief'),
  'the thief logs in by browser': logInBrowser,
  'the thief stops halfway through a login': holdPendingLogin,
  'the thief enrolls an authenticator app': enrollTotp('thief'),
  'the owner enrolls an authenticator app': enrollTotp('owner'),
  'the thief registers a passkey': enrollPasskey('thief'),
  'the owner registers a passkey': enrollPasskey('owner'),
  'the thief changes the password': changePassword('thief'),
  'the owner changes the password': changePassword('owner'),
  'the thief asks to move the account to his address': requestChange('thief'),
  'the thief asks to move the account to the address of the owner': requestChange('owner'),
  'the thief keeps a reset link': keepResetLink,
  'the administrator disables the account of the owner': setDisabled('owner', true),
  'the administrator enables the account of the owner': setDisabled('owner', false),
  'the administrator disables the account of the thief': setDisabled('thief', true),
  'the administrator enables the account of the thief': setDisabled('thief', false),
  'the owner deletes the account': remove('owner'),
  'the thief deletes the account': remove('thief'),
  'the owner logs in by a provider': logInByOwnProvider('owner'),
  'the thief logs in by a provider': logInByOwnProvider('thief'),
  'the thief signs up by a provider with the address of the owner': signUpByProvider('owner'),
  'the thief signs up by a provider with his own address': signUpByProvider('thief'),
  'the owner links a provider': linkProvider('owner'),
  'the thief links a provider': linkProvider('thief'),
  'the owner removes a provider': unlinkProvider('owner'),
  'the thief removes a provider': unlinkProvider('thief'),
  'the thief tries everything': world => world.thiefTries(),
}
