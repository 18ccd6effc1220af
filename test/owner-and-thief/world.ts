/** An owner's mailbox, a thief's mailbox, and what is known about the accounts behind them. */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { call, type LoggedIn, newEmail } from '../support/app.ts'
import { otpOf } from '../support/mfa.ts'
import { type Holding, keepTokens, logInWith, open, type Person, person, whoIs } from './holdings.ts'

/** They outlive a refusal, and a disabling. */
const LASTING: Holding['kind'][] = ['passkey', 'provider login']

/** Something was opened that must be closed. */
export class Opened extends Error {
  override name = 'Opened'
}

export class World {
  readonly app: FastifyInstance
  readonly admin: string
  readonly tick: () => void
  readonly mailboxes = { owner: newEmail(), thief: newEmail() }
  /** What a provider calls each of them. */
  readonly subjects = { owner: randomUUID(), thief: randomUUID() }
  readonly people = { owner: person('owner'), thief: person('thief') }
  /** Accounts whose mailbox and password the owner has proved to be his: closed to the thief. */
  readonly proved = new Set<number>()
  readonly disabled = new Set<number>()
  /** How often the thief was in an account, and how often what he held opened nothing. */
  readonly seen: Record<'opened' | 'refused' | 'proved' | 'disabled', number>
  #passwords = 0

  constructor(app: FastifyInstance, admin: string, tick: () => void, seen: World['seen']) {
    this.app = app
    this.admin = admin
    this.tick = tick
    this.seen = seen
  }

  newPassword({ name, passwords }: Person): string {
    const password = `${name === 'owner' ? 'Alderaan' : 'Mustafar'}${++this.#passwords}-1977`
    passwords.push(password)
    return password
  }

  /** The id of the account with the address of this mailbox. */
  async accountAt(mailbox: Person['name']): Promise<number | undefined> {
    const user = await this.app.db
      .selectFrom('users')
      .select('id')
      .where('email', '=', this.mailboxes[mailbox])
      .executeTakeFirst()
    return user?.id
  }

  /** The newest mailed token in a mailbox. */
  async newestLink(mailbox: Person['name']): Promise<string | undefined> {
    await this.app.mailer.idle()
    const mails = this.app.mailbox?.list(this.mailboxes[mailbox]) ?? []
    return mails.map(({ text }) => /[?&]token=([\w-]+)/.exec(text)?.[1]).find(token => token !== undefined)
  }

  /** A session of somebody that still works, whose user has authenticated again if possible. */
  async session(who: Person): Promise<Holding | undefined> {
    for (const holding of who.holdings.filter(({ kind }) => kind === 'access token').reverse()) {
      if ((await whoIs(this.app, holding.value)) !== undefined)
        return (await this.#reauthenticate(who, holding)) ?? holding
    }
    return undefined
  }

  async #reauthenticate(who: Person, { value: token, userId }: Holding): Promise<Holding | undefined> {
    const password = who.passwords.at(-1)
    for (const secret of [undefined, ...who.secrets]) {
      this.tick()
      const payload = { password, ...(secret && { otp: otpOf(secret) }) }
      const response = await call(this.app, 'POST', '/users/v1/reauthenticate', { token, payload })
      if (response.statusCode !== 200) continue
      keepTokens(who, { ...response.json<LoggedIn>(), user_id: userId })
      return who.holdings.at(-2)
    }
    return undefined
  }

  async setDisabled(userId: number, disabled: boolean): Promise<void> {
    const { statusCode, body } = await call(this.app, 'PATCH', `/users/v1/${userId}`, {
      token: this.admin,
      payload: { disabled },
    })
    if (statusCode !== 200) throw new Error(`not changed: ${body}`)
    if (!disabled) return void this.disabled.delete(userId)
    this.disabled.add(userId)
    this.seen.disabled++
    for (const holding of this.people.thief.holdings) {
      if (holding.userId === userId && !LASTING.includes(holding.kind)) holding.dead = true
    }
  }

  /** What was mailed or handed out for a disabled account is dead on arrival. */
  hold(who: Person, holding: Holding): void {
    who.holdings.push({ ...holding, dead: this.disabled.has(holding.userId) })
  }

  /** The thief tries everything he has. @throws Opened */
  async thiefTries(): Promise<void> {
    const { thief } = this.people
    for (const holding of thief.holdings.splice(0)) {
      const user = await open(this.app, thief, holding, this.newPassword(thief), this.tick)
      if (user !== undefined && holding.dead) throw new Opened(`a ${holding.kind} outlived the disabling of ${user}`)
      this.assertMayOpen(user, holding.kind)
      if (user !== undefined || LASTING.includes(holding.kind)) thief.holdings.push(holding)
    }
    for (const email of Object.values(this.mailboxes)) {
      for (const password of thief.passwords) {
        this.assertMayOpen(await logInWith(this.app, thief, email, password, this.tick), 'password')
      }
    }
  }

  private assertMayOpen(user: number | undefined, by: string): void {
    if (user === undefined) return void this.seen.refused++
    this.seen.opened++
    if (this.proved.has(user)) throw new Opened(`the thief's ${by} opens account ${user}, which its owner has proved`)
    if (this.disabled.has(user)) throw new Opened(`the thief's ${by} opens account ${user}, which is disabled`)
  }
}
