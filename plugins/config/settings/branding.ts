/** Looks of pages and mails. */
import { Type } from '@sinclair/typebox'

declare module '../schema.ts' {
  interface Topics {
    branding: typeof branding
  }
}

export const branding = {
  APP_NAME: Type.String({
    default: 'Holocron',
    minLength: 1,
    maxLength: 64,
    pattern: '^[^\\p{Cc}]*$',
    description: 'Name of the product, as users know it: in pages, mails, authenticator apps and passkeys',
  }),
  APP_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      description: 'Where "back to the application" leads, and where pages lead when nothing else is left to do',
    }),
  ),
  APP_LOGO: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s;,\'"]+$',
      description:
        'URL of an image that pages and mails show in place of the name, up to 40 pixels high; it should be legible on light and dark',
    }),
  ),
  APP_COLOR: Type.String({
    default: '#2f54c9',
    pattern: '^#[0-9a-fA-F]{6}$',
    description:
      'Color of buttons and links, as `#rrggbb`: dark enough for white text on it (WCAG 2.2 AA); dark pages use a lighter shade of it',
  }),
  TEMPLATES_DIR: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Folder whose files replace templates of the same path in `plugins/templates/`',
    }),
  ),
}
