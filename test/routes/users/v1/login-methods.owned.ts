import { transaction } from '#sql/connection/transaction.ts'
import { insertLinkedLogin, listLinkedLogins } from '#sql/linked-logins.ts'
import { call } from '../../../support/app.ts'
import { identity } from '../../../support/linked-logins.ts'
import type { Owned } from '../../../support/owned.ts'

export default {
  param: 'login_method_id',
  async make(app, token) {
    const { id } = (await call(app, 'GET', '/users/v1/me', { token })).json()
    await transaction(app.db, tx => insertLinkedLogin(tx, id, identity()))
    return (await listLinkedLogins(app.db, id)).at(-1)?.id ?? ''
  },
} satisfies Owned
