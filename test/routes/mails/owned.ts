import { call } from '../../support/app.ts'
import { park } from '../../support/mailer.ts'
import type { Owned } from '../../support/owned.ts'

export default {
  param: 'mail_id',
  async make(app, token) {
    const { id, email } = (await call(app, 'GET', '/users/v1/me', { token })).json()
    return park(app, { user_id: id, recipient: email })
  },
} satisfies Owned
