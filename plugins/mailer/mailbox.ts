/** The development mailbox: mails stay in the memory of this process, readable at /dev/mailbox. */
import type { Mailbox as MailboxAnswer } from '#schemas/mailbox.ts'
import type { Message, Transport } from './transport.ts'

type MailboxMail = MailboxAnswer['mails'][number]

export interface Mailbox extends Transport {
  send(message: Message): Promise<void>
  /** Newest first, filtered by `recipient` if given. */
  list(recipient?: string): MailboxMail[]
  find(id: string): MailboxMail | undefined
}

const CAPACITY = 200

export function createMailbox(): Mailbox {
  const mails: MailboxMail[] = []

  return {
    async send(message) {
      mails.unshift({ ...message, sent_at: new Date().toISOString() })
      mails.length = Math.min(mails.length, CAPACITY)
    },
    list: recipient => mails.filter(mail => recipient === undefined || mail.to === recipient),
    find: id => mails.find(mail => mail.id === id),
    close() {},
  }
}
