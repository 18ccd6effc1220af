/** Where pages may lead. */
import { Type } from '@sinclair/typebox'

declare module '../schema.ts' {
  interface Topics {
    pages: typeof pages
  }
}

export const pages = {
  REDIRECT_URLS: Type.String({
    default: '',
    pattern: '^$|^[^\\s,]+(\\s*,\\s*[^\\s,]+)*$',
    description:
      'URLs outside this service that `redirect_to` may lead to after signing in, separated by commas; each matches exactly as it is written, with its query',
  }),
}
