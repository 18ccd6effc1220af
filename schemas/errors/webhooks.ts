/** Errors of webhooks. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    webhookErrors: typeof webhookErrors
  }
}

export const webhookErrors = {
  webhookInvalid: entry(
    'webhook-invalid',
    400,
    'A member of the webhook is invalid: its URL is not allowed, or a type of events does not exist.',
    'Correct the member that `details` names: https, http for this machine alone and in development, no private address but those of `WEBHOOK_INTERNAL_HOSTS`.',
  ),
  webhookDisabled: entry(
    'webhook-disabled',
    409,
    'The webhook is disabled, so nothing is sent to it.',
    'Enable it first.',
  ),
  webhookWithoutSecret: entry(
    'webhook-without-secret',
    409,
    'What this webhook gets is signed by a key of the service, not by a secret.',
    'Verify it with the published keys (`/.well-known/jwks.json`).',
  ),
  tooManyWebhooks: entry(
    'too-many-webhooks',
    409,
    'There is the maximum number of webhooks.',
    'Delete one that is no longer needed.',
  ),
}
