import type { MailContent } from './template.ts'

/** A mail ready to be sent. */
export interface Message extends MailContent {
  /** The id of the outbox row: the same at every attempt. */
  id: string
  to: string
}

/** Where a delivery failed: which step of the conversation with the SMTP server. */
export type FailedStep = 'connection' | 'authentication' | 'sender' | 'recipient' | 'message'

export interface Transport {
  /**
   * Resolves once the mail has been accepted. A rejection does not prove that it was not: the acknowledgement may be what got lost.
   * @param signal ends the attempt
   * @throws {MailRejected} if this mail will never be accepted
   * @throws {DeliveryFailed} if it may be later
   */
  send(message: Message, signal: AbortSignal): Promise<void>
  /** Checks whether the server can be reached and accepts our credentials; it sends nothing. @throws {DeliveryFailed} */
  verify?(): Promise<void>
  close(): void
}

/** A permanent failure: there is no point in another attempt. */
export class MailRejected extends Error {
  override name = 'MailRejected'
}

/** A failure that another attempt may not meet. */
export class DeliveryFailed extends Error {
  override name = 'DeliveryFailed'
  readonly step: FailedStep
  /** It is about us and the server, and every mail will meet it until an operator fixes it. */
  readonly affectsAll: boolean

  constructor(message: string, step: FailedStep, affectsAll: boolean, options?: ErrorOptions) {
    super(message, options)
    this.step = step
    this.affectsAll = affectsAll
  }
}
