import { call } from '../../../support/app.ts'
import type { Owned } from '../../../support/owned.ts'

export default {
  param: 'session_id',
  async make(app, token) {
    return (await call(app, 'GET', '/users/v1/sessions', { token })).json().results[0].id
  },
} satisfies Owned
