import type { MailContent } from './template.ts'

/** A mail ready to be sent. */
export interface Message extends MailContent {
  /** The id of the outbox row: the same at every attempt. */
  id: string
  to: string
}

export interface Transport {
  /**
   * Resolves once the mail has been accepted. A rejection does not prove that it was not: the acknowledgement may be what got lost.
   * @param signal ends the attempt
   * @throws {MailRejected} if this mail will never be accepted
   */
  send(message: Message, signal: AbortSignal): Promise<void>
  close(): void
}

/** A permanent failure: there is no point in another attempt. */
export class MailRejected extends Error {
  override name = 'MailRejected'
}
