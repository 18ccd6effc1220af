import { NO_CLIENT } from '../../support/app.ts'
import { WEB } from '../../support/oauth-clients.ts'
import type { Owned } from '../../support/owned.ts'

export default {
  param: 'client_id',
  make: async app => (await app.oauthClients.create(WEB, { client: NO_CLIENT })).client.client_id,
} satisfies Owned
