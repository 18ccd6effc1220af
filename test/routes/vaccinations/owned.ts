import type { Owned } from '../../support/owned.ts'
import { fillIn, register } from '../../support/vaccinations.ts'

export default {
  param: 'vaccination_id',
  async make(app, token) {
    await fillIn(app, token)
    return (await register(app, token)).id
  },
} satisfies Owned
