/** Webhooks. */
import { Type } from '@sinclair/typebox'
import { seconds } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    webhooks: typeof webhooks
  }
}

export const webhooks = {
  WEBHOOK_INTERNAL_HOSTS: Type.String({
    default: '',
    description: 'Hosts of webhooks that may lead to a private address, such as `app.internal,10.0.0.7`',
  }),
  WEBHOOK_TIMEOUT_SECONDS: seconds(10, 1, 'How long a webhook may take to respond', 60),
  WEBHOOK_SECRET_OVERLAP_SECONDS: seconds(
    86_400,
    0,
    'How long the previous secret of a webhook signs, too, after a rotation',
  ),
}
