import type { Content } from './templates.ts'

/** A mail ready to go out. */
export interface Message extends Content {
  /** The outbox row's id: the same whenever the mail is sent again. */
  id: string
  to: string
}

/** A way for mails to leave. */
export interface Transport {
  /**
   * Resolves once the mail has been taken over. When it throws, the mail may have left all the same (a lost acknowledgement).
   * @param signal ends the attempt
   * @throws {MailRefused} when this mail will never be taken
   */
  send(message: Message, signal: AbortSignal): Promise<void>
  close(): void
}

/** The mail was refused for good: trying again would only get the same answer. */
export class MailRefused extends Error {
  override name = 'MailRefused'
}
