import { administrator, call } from '../support/app.ts'
import type { Owned } from '../support/owned.ts'
import { createWebhook, deliveriesOf, makeRoom } from '../support/webhooks.ts'

export default {
  param: 'delivery_id',
  async make(app) {
    await makeRoom(app)
    const { token } = await administrator(app)
    const webhook = await createWebhook(app, token, 'http://localhost:9/', { types: ['person.deleted'] })
    await call(app, 'POST', `/webhooks/v1/${webhook.id}/test`, { token })
    const [delivery] = await deliveriesOf(app, webhook)
    await call(app, 'PATCH', `/webhooks/v1/${webhook.id}`, { token, payload: { enabled: false } })
    return delivery?.id ?? ''
  },
} satisfies Owned
