/** Error tracking. */
import { Type } from '@sinclair/typebox'

declare module '../schema.ts' {
  interface Topics {
    errorTracking: typeof errorTracking
  }
}

export const errorTracking = {
  ERROR_TRACKING_DSN: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Where unexpected errors are reported, by the protocol of Sentry, GlitchTip and Bugsink: `https://key@host/project`. Unset: nowhere',
    }),
  ),
  ERROR_TRACKING_ENVIRONMENT: Type.Optional(
    Type.String({
      pattern: '^[^\\s/]{1,64}$',
      description: 'What reports call this deployment, such as `staging`. Default: NODE_ENV',
    }),
  ),
}
