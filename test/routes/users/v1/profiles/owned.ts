import { call } from '../../../../support/app.ts'
import type { Owned } from '../../../../support/owned.ts'

export default {
  param: 'user_id',
  async make(app, token) {
    return (await call(app, 'GET', '/users/v1/me', { token })).json().id
  },
} satisfies Owned
