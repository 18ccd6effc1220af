/** A real SMTP server in the test's process, which misbehaves as scripted. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { Test } from './app.ts'

export interface ReceivedMail {
  /** The arguments of RCPT TO. */
  recipients: string[]
  raw: string
  email: Email
}

/** Each step may delay (a promise), reject (throw `reply(…)`) or `hangUp()`. */
export interface Script {
  connect?(): void | Promise<void>
  sender?(): void | Promise<void>
  recipient?(address: string, hangUp: () => void): void | Promise<void>
  /** The mail has arrived but is not acknowledged yet. */
  acknowledge?(mail: ReceivedMail, hangUp: () => void): void | Promise<void>
}

/** A rejecting SMTP reply: `throw reply(450, 'try later')`. */
export const reply = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })

type Callback = (error?: Error | null) => void

export class SmtpServer {
  script: Script = {}
  /** The mails that were acknowledged. */
  readonly mails: ReceivedMail[] = []
  /** Everything clients sent, byte for byte. */
  transcript = ''
  connections = 0
  #port = 0
  #sockets = new Map<number, Socket>()
  #waiting: (() => void)[] = []
  #server: SMTPServer | undefined

  get url(): string {
    return `smtp://127.0.0.1:${this.#port}`
  }

  /** Listens; after a `stop()` on the same port as before. */
  async start(): Promise<void> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 1,
      onConnect: (_session, callback) => run(callback, () => this.script.connect?.()),
      onMailFrom: (_address, _session, callback) => run(callback, () => this.script.sender?.()),
      onRcptTo: ({ address }, session, callback) =>
        run(callback, () => this.script.recipient?.(address, () => this.#hangUp(session))),
      onData: (stream, session, callback) =>
        run(callback, async () => {
          const raw = await text(stream)
          const recipients = session.envelope.rcptTo.map(recipient => recipient.address)
          const mail = { recipients, raw, email: await PostalMime.parse(raw) }
          await this.script.acknowledge?.(mail, () => this.#hangUp(session))
          this.mails.push(mail)
          for (const resolve of this.#waiting.splice(0)) resolve()
        }),
    })
    server.on('error', () => {})
    server.server.on('connection', socket => {
      this.connections++
      this.#sockets.set(socket.remotePort ?? 0, socket)
      socket.on('data', bytes => {
        this.transcript += bytes.toString('latin1')
      })
    })
    this.#server = server
    server.listen(this.#port, '127.0.0.1')
    await once(server.server, 'listening')
    this.#port = (server.server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    for (const socket of this.#sockets.values()) socket.destroy()
    await new Promise<void>(resolve => (server ? server.close(resolve) : resolve()))
  }

  /** Resolves when `count` mails have been acknowledged. */
  async received(count: number): Promise<ReceivedMail[]> {
    while (this.mails.length < count) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.mails
  }

  #hangUp(session: SMTPServerSession): never {
    this.#sockets.get(session.remotePort)?.destroy()
    throw new Error('hung up')
  }
}

function run(callback: Callback, step: () => void | Promise<void>): void {
  Promise.resolve()
    .then(step)
    .then(() => callback(), callback)
}

/** Starts a server that stops when the test ends. */
export async function startSmtp(t: Test): Promise<SmtpServer> {
  const smtp = new SmtpServer()
  await smtp.start()
  t.teardown(() => smtp.stop())
  return smtp
}
