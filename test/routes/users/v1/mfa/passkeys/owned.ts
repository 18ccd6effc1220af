import { authenticator } from '../../../../../support/authenticator.ts'
import type { Owned } from '../../../../../support/owned.ts'
import { ORIGIN, register } from '../../../../../support/passkeys.ts'

export default {
  param: 'passkey_id',
  async make(app, token) {
    return (await register(app, token, authenticator(ORIGIN))).json().passkey.id
  },
} satisfies Owned
