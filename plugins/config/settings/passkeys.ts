/** Where passkeys are valid. */
import { Type } from '@sinclair/typebox'

declare module '../schema.ts' {
  interface Topics {
    passkeys: typeof passkeys
  }
}

export const passkeys = {
  PASSKEY_RP_ID: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$',
      maxLength: 253,
      description:
        'The relying party of passkeys: the host of PUBLIC_URL or a domain above it, such as `example.com` for `https://accounts.example.com`. Changing it invalidates every passkey. Default: the host of PUBLIC_URL',
    }),
  ),
  PASSKEY_ORIGINS: Type.String({
    default: '',
    pattern:
      '^((https://[a-z0-9.-]+(:\\d+)?|http://localhost(:\\d+)?|android:apk-key-hash:[A-Za-z0-9_-]{43})(\\s*,\\s*(?!$)|$))*$',
    description:
      'Origins besides that of PUBLIC_URL at which passkeys may be used, compared verbatim: `https://app.example.com, android:apk-key-hash:…`. Empty: none',
  }),
}
