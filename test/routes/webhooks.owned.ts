import { administrator } from '../support/app.ts'
import type { Owned } from '../support/owned.ts'
import { createWebhook, makeRoom } from '../support/webhooks.ts'

export default {
  param: 'webhook_id',
  async make(app) {
    await makeRoom(app)
    const { token } = await administrator(app)
    return (await createWebhook(app, token, 'http://localhost:9/', { enabled: false })).id
  },
} satisfies Owned
