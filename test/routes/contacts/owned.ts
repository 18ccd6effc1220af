import { call } from '../../support/app.ts'
import type { Owned } from '../../support/owned.ts'

export default {
  param: 'contact_id',
  async make(app, token) {
    return (await call(app, 'POST', '/contacts/v1/', { token, payload: { first_name: 'Leia' } })).json().id
  },
} satisfies Owned
