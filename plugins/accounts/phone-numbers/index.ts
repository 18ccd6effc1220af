// app.phoneNumbers: the international form of phone numbers, kept beside what users typed.
import fp from 'fastify-plugin'
import type { UserUpdate } from '#schemas/users.ts'
import type { UserChange } from '#sql/users.ts'
import { loadE164, type ToE164 } from './e164.ts'

declare module 'fastify' {
  interface FastifyInstance {
    phoneNumbers: {
      /** The column that goes with the phone number of an update, if it has one. */
      columnsOf(update: Pick<UserUpdate, 'phone_number'>): Promise<Pick<UserChange, 'phone_e164'>>
    }
  }
}

export default fp(
  async app => {
    let loaded: Promise<ToE164> | undefined
    app.decorate('phoneNumbers', {
      async columnsOf({ phone_number }) {
        if (phone_number === undefined) return {}
        if (phone_number === null) return { phone_e164: null }
        loaded ??= loadE164(app.config.PHONE_REGION)
        return { phone_e164: (await loaded)(phone_number) }
      },
    })
  },
  { name: 'phone-numbers', dependencies: ['config'] },
)
